// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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
	// probePeriod is the period of requests without effect.
	probePeriod = 30 * time.Second

	// stalledAfter is how long the loop may take for one request before the agent stops
	// renewing its Lease. No request takes that long: a step that blocks in the kernel
	// returns after pci.DefaultTimeout, waits for pods are requeues, and a lost request
	// to the API server fails within a minute and a half.
	stalledAfter = 2 * time.Minute

	// deadAfter is how long it may take before /healthz fails, and the kubelet restarts
	// the container.
	deadAfter = 2 * stalledAfter
)

// progress records when the loop last finished a request. A running leaseRenewer is no
// evidence that the loop is not blocked in the kernel. So the loop receives probes
// through its queue, and is stalled if it finishes neither a probe nor another request
// in time. Durations use the monotonic clock.
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

// probe returns a request of no HostInterface: it has a namespace, and HostInterfaces
// have none.
func probe() reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: Name, Name: "probe"}}
}

// probeLoop adds a probe per period, so that an idle loop makes progress.
func probeLoop(ctx context.Context, q queue) {
	wait.UntilWithContext(ctx, func(context.Context) { q.Add(probe()) }, probePeriod)
}
