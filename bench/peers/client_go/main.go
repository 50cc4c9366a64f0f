// The peer of the benchmarks: client-go's dynamic informer of CassandraClusters, its keys in client-go's work queue.
//
// It prints one JSON document per line. With -last it reports how fast the events up to that version came through,
// otherwise how long the first sync took and what it left in memory.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
)

var resource = schema.GroupVersionResource{Group: "db.orange.com", Version: "v2", Resource: "cassandraclusters"}

const (
	poll = time.Millisecond
	calm = time.Second // as long as we give ourselves until memory is looked at
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig; its current context counts")
	last := flag.String("last", "", "measure events up to this resource version")
	strip := flag.Bool("strip-managed-fields", false, "leave managedFields out of the cache")
	flag.Parse()
	peer := newPeer(*kubeconfig, *last, *strip)
	if *last == "" {
		peer.sync()
	} else {
		peer.events()
	}
}

type peer struct {
	informer   cache.SharedIndexInformer
	handled    cache.ResourceEventHandlerRegistration
	queue      workqueue.TypedRateLimitingInterface[string]
	requests   *requests
	last       string
	first, end time.Time
	count      int
	done       chan struct{}
}

func newPeer(kubeconfig, last string, strip bool) *peer {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	check(err)
	config.QPS = -1 // its own limit of five requests per second is no property of informers
	p := &peer{requests: &requests{}, last: last, done: make(chan struct{})}
	config.Wrap(p.requests.wrap)
	client, err := dynamic.NewForConfig(config)
	check(err)
	p.informer = dynamicinformer.NewDynamicSharedInformerFactory(client, 0).ForResource(resource).Informer()
	if strip {
		check(p.informer.SetTransform(withoutManagedFields))
	}
	p.queue = workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	p.handled, err = p.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    p.add,
		UpdateFunc: func(_, object any) { p.add(object) },
		DeleteFunc: p.add,
	})
	check(err)
	return p
}

func (p *peer) add(object any) {
	key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object)
	check(err)
	p.queue.Add(key)
	if p.last == "" {
		return
	}
	p.count++
	p.end = time.Now()
	if p.count == 1 {
		p.first = p.end
	}
	if seen, ok := object.(*unstructured.Unstructured); ok && seen.GetResourceVersion() == p.last {
		close(p.done)
	}
}

func (p *peer) sync() {
	before := resident()
	began := time.Now()
	go p.informer.Run(nil)
	for !p.handled.HasSynced() {
		time.Sleep(poll)
	}
	took := time.Since(began)
	time.Sleep(calm)
	after := resident()
	objects := len(p.informer.GetStore().ListKeys())
	debug.FreeOSMemory() // collects, and gives back what is free: the best that this runtime can do
	report(map[string]any{
		"seconds": took.Seconds(), "objects": objects, "queued": p.queue.Len(), "requests": p.requests.all(),
		"rss_before": before, "rss_calm": after, "rss_collected": resident(),
	})
}

func (p *peer) events() {
	go p.informer.Run(nil)
	<-p.done
	report(map[string]any{"seconds": p.end.Sub(p.first).Seconds(), "events": p.count, "queued": p.queue.Len()})
}

func withoutManagedFields(object any) (any, error) {
	if seen, ok := object.(*unstructured.Unstructured); ok {
		seen.SetManagedFields(nil)
	}
	return object, nil
}

// requests remembers what was asked for: whether the list was streamed or paged is for the reader of the figures.
type requests struct {
	lock sync.Mutex
	seen []string
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func (r *requests) wrap(inner http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		r.lock.Lock()
		r.seen = append(r.seen, request.URL.RawQuery)
		r.lock.Unlock()
		return inner.RoundTrip(request)
	})
}

func (r *requests) all() []string {
	r.lock.Lock()
	defer r.lock.Unlock()
	return append([]string(nil), r.seen...)
}

var rss = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident returns this process's resident memory in bytes.
func resident() int {
	status, err := os.ReadFile("/proc/self/status")
	check(err)
	found := rss.FindSubmatch(bytes.TrimSpace(status))
	if found == nil {
		log.Fatal("no VmRSS in /proc/self/status")
	}
	kilobytes, err := strconv.Atoi(string(found[1]))
	check(err)
	return kilobytes * 1024
}

func report(facts map[string]any) {
	line, err := json.Marshal(facts)
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
