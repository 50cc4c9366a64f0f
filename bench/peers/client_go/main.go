// The peer of the benchmarks: client-go's dynamic informer of one kind, its keys in client-go's work queue.
//
// It prints one JSON document per line. With -last it reports how fast the events up to that version came through, with
// -count when each of them came, with -write it is not a reader but a writer; otherwise it reports how long the first
// sync took and what it left in memory.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
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

const (
	poll = time.Millisecond
	calm = time.Second // as long as we give ourselves until memory is looked at
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig; its current context counts")
	kind := flag.String("kind", "db.orange.com/v2/cassandraclusters", "group/version/plural, or version/plural")
	last := flag.String("last", "", "measure events up to this resource version")
	count := flag.Int("count", 0, "say when each version came, and be ready with so many objects")
	path := flag.String("write", "", "write to the objects of this path, with a place for a number in it")
	objects := flag.Int("objects", 1, "how many objects are written to")
	rate := flag.Int("rate", 1, "how many writes there are in a second")
	strip := flag.Bool("strip-managed-fields", false, "leave managedFields out of the cache")
	flag.Parse()
	if *path != "" {
		write(*kubeconfig, pace{*path, *objects, *count, *rate})
		return
	}
	peer := newPeer(*kubeconfig, *kind, *strip)
	switch {
	case *count > 0:
		peer.latency(*count)
	case *last != "":
		peer.events(*last)
	default:
		peer.sync()
	}
}

// resource reads how a kind is named on the command line.
func resource(kind string) schema.GroupVersionResource {
	slash := strings.LastIndex(kind, "/")
	version, err := schema.ParseGroupVersion(kind[:slash])
	check(err)
	return version.WithResource(kind[slash+1:])
}

type peer struct {
	informer cache.SharedIndexInformer
	handled  cache.ResourceEventHandlerRegistration
	queue    workqueue.TypedRateLimitingInterface[string]
	requests *requests
	seen     func(version string)
}

func newPeer(kubeconfig, kind string, strip bool) *peer {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	check(err)
	config.QPS = -1 // its own limit of five requests per second is no property of informers
	p := &peer{requests: &requests{}, seen: func(string) {}}
	config.Wrap(p.requests.wrap)
	client, err := dynamic.NewForConfig(config)
	check(err)
	p.informer = dynamicinformer.NewDynamicSharedInformerFactory(client, 0).ForResource(resource(kind)).Informer()
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
	if seen, ok := object.(*unstructured.Unstructured); ok {
		p.seen(seen.GetResourceVersion())
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

func (p *peer) events(last string) {
	var first, end time.Time
	count, done := 0, make(chan struct{})
	p.seen = func(version string) {
		count++
		end = time.Now()
		if count == 1 {
			first = end
		}
		if version == last {
			close(done)
		}
	}
	go p.informer.Run(nil)
	<-done
	report(map[string]any{"seconds": end.Sub(first).Seconds(), "events": count, "queued": p.queue.Len()})
}

// latency is ready with so many objects, and reports at the end of standard input.
func (p *peer) latency(objects int) {
	var lock sync.Mutex
	seen := map[string]int64{}
	p.seen = func(version string) {
		lock.Lock()
		defer lock.Unlock()
		seen[version] = time.Now().UnixNano()
		if len(seen) == objects {
			fmt.Println("ready")
		}
	}
	go p.informer.Run(nil)
	_, err := io.Copy(io.Discard, os.Stdin)
	check(err)
	lock.Lock()
	report(map[string]any{"arrivals": seen})
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
