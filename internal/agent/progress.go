package agent

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// probePeriod is how often the loop is given a request that does nothing.
	probePeriod = 30 * time.Second

	// stalledAfter is how long the loop may take for one request while the agent
	// still renews its Lease. No step takes that long: a step for which the kernel
	// waits returns after pci.DefaultPatience, pods are waited for by requeues, and
	// a request to an API server that is lost ends within a minute and a half.
	stalledAfter = 2 * time.Minute

	// deadAfter is how long it may take until /healthz fails, by which the kubelet
	// restarts the container.
	deadAfter = 2 * stalledAfter
)

// progress records when the loop last finished a request. A goroutine that renews
// a Lease proves nothing about the loop, which may be blocked in the kernel. So the
// loop gets a probe through its own queue, and counts as stalled if it finishes
// neither the probe nor anything else for too long. Durations are those of the
// monotonic clock.
type progress struct {
	mu   sync.Mutex
	last time.Time
}

func newProgress() *progress { return &progress{last: time.Now()} }

// record records that the loop finished a request.
func (p *progress) record() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// within reports whether the loop finished a request within d.
func (p *progress) within(d time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.last) <= d
}

// probe is a request that no HostInterface has: these belong to no namespace.
func probe() reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: Name, Name: "probe"}}
}

// probeLoop adds a probe from time to time, so that an idle loop makes progress.
func probeLoop(ctx context.Context, q queue) {
	wait.UntilWithContext(ctx, func(context.Context) { q.Add(probe()) }, probePeriod)
}
