package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const writers = 8

// pace is how a writer writes: to objects whose paths have a number in them, one after the other and again from the
// first, so many times in all and in a second.
type pace struct {
	path                 string
	objects, count, rate int
}

// write changes a label at that pace, each time at an instant of its own, and reports how many seconds that took.
func write(kubeconfig string, p pace) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	check(err)
	client, err := rest.HTTPClientFor(config)
	check(err)
	began, numbers := time.Now(), make(chan int)
	var group sync.WaitGroup
	for range writers {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range numbers {
				patch(client, config.Host+fmt.Sprintf(p.path, number%p.objects), number)
			}
		}()
	}
	for number := range p.count {
		time.Sleep(time.Until(began.Add(time.Duration(number) * time.Second / time.Duration(p.rate))))
		numbers <- number
	}
	close(numbers)
	group.Wait()
	report(map[string]any{"seconds": time.Since(began).Seconds()})
}

func patch(client *http.Client, url string, number int) {
	body := fmt.Sprintf(`{"metadata":{"labels":{"change":"%d"}}}`, number)
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPatch, url, strings.NewReader(body))
	check(err)
	request.Header.Set("Content-Type", "application/merge-patch+json")
	answer, err := client.Do(request)
	check(err)
	defer answer.Body.Close()
	var said bytes.Buffer
	_, err = io.Copy(&said, answer.Body)
	check(err)
	if answer.StatusCode != http.StatusOK {
		log.Fatalf("PATCH %s: %s: %s", url, answer.Status, said.String())
	}
}
