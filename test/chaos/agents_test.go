// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// renewEvery is how often agents renew their Leases.
const renewEvery = time.Second

// agents is the state of the agents of all nodes. The clock of each node is off by up
// to twenty minutes in either direction.
type agents struct {
	offsets map[string]time.Duration // by node whose agent runs
	slow    map[string]bool          // nodes whose agents do not release interfaces yet
	unready map[string]bool          // nodes that are not Ready
	again   chan struct{}            // the fake agent lists all HostInterfaces again
}

func newAgents() agents {
	return agents{offsets: map[string]time.Duration{}, slow: map[string]bool{}, unready: map[string]bool{}, again: make(chan struct{}, 1)}
}

// clockOf returns the initial clock offset of a node.
func clockOf(node string) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(node))
	return time.Duration(int(h.Sum32()%2400)-1200) * time.Second
}

// runAgents runs the agents of all nodes, and restarts them after API server outages.
func (w *world) runAgents(ctx context.Context) {
	c := w.monitor.agentClient(w.kube)
	a := testbed.FakeAgent{Only: func(node string) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return !w.agents.slow[node]
	}}
	for ctx.Err() == nil {
		once, cancel := context.WithCancel(ctx)
		go func() {
			select {
			case <-once.Done():
			case <-w.agents.again:
				cancel()
			}
		}()
		_ = a.Run(once, c)
		cancel()
		sleep(ctx, 20*time.Millisecond)
	}
}

// renewLeases renews the Leases of all agents with the clocks of their nodes.
func (w *world) renewLeases(ctx context.Context) {
	for ; ctx.Err() == nil; sleep(ctx, renewEvery) {
		w.mu.Lock()
		var nodes []string
		offsets := map[string]time.Duration{}
		for n, o := range w.agents.offsets {
			nodes = append(nodes, n)
			offsets[n] = o
		}
		w.mu.Unlock()
		slices.Sort(nodes)
		for _, n := range nodes {
			l := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: v1alpha1.AgentLeaseName(n)}}
			before := l.DeepCopy()
			l.Spec.RenewTime = new(metav1.NewMicroTime(time.Now().Add(offsets[n])))
			if err := w.kube.Patch(ctx, l, client.MergeFrom(before)); kerrors.IsNotFound(err) {
				_ = testbed.RenewLease(ctx, w.kube, n, time.Now().Add(offsets[n]))
			}
		}
	}
}

func (w *world) setSlow(node string, slow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if slow {
		w.agents.slow[node] = true
		return
	}
	delete(w.agents.slow, node)
	select {
	case w.agents.again <- struct{}{}:
	default:
	}
}

func (w *world) setReady(ctx context.Context, node string, ready bool) error {
	status := corev1.ConditionTrue
	w.mu.Lock()
	delete(w.agents.unready, node)
	if !ready {
		status = corev1.ConditionUnknown
		w.agents.unready[node] = true
	}
	w.mu.Unlock()
	return w.eventually(ctx, "set the Ready condition of node "+node, func() error {
		return client.IgnoreNotFound(w.SetNodeReady(ctx, node, status))
	})
}

// resumeAgents makes all agents release interfaces and all nodes Ready.
func (w *world) resumeAgents(ctx context.Context) {
	w.mu.Lock()
	slow, unready := sorted(w.agents.slow), sorted(w.agents.unready)
	w.mu.Unlock()
	for _, n := range slow {
		w.setSlow(n, false)
	}
	for _, n := range unready {
		_ = w.setReady(ctx, n, true)
	}
}

// slowRelease delays the release of an interface by an agent that renews its Lease,
// mostly on a NotReady node. The provider must wait for the agent independently of
// the node's clock.
func (p *planner) slowRelease() bool {
	k, ok := p.child()
	if !ok {
		return false
	}
	name := p.m.expected()[k].node
	offset := time.Duration(p.IntN(2400)-1800) * time.Second
	ready := p.IntN(4) == 0
	p.add(step{what: fmt.Sprintf("the agent of node %s does not release yet, its clock is off by %s; Ready %t", name, offset, ready), do: func(ctx context.Context, w *world) error {
		w.mu.Lock()
		w.agents.offsets[name] = offset
		w.mu.Unlock()
		w.setSlow(name, true)
		if err := w.eventually(ctx, "renew the Lease of the agent of "+name, func() error {
			return testbed.RenewLease(ctx, w.kube, name, time.Now().Add(offset))
		}); err != nil {
			return err
		}
		return w.setReady(ctx, name, ready)
	}}, nil)
	if p.IntN(3) == 0 && len(p.m.nodeENIs) > 1 {
		p.deleteNodeENI()
	} else {
		n := p.m.nodes[name]
		p.add(step{
			what: "remove node " + name + " from its group",
			do:   func(ctx context.Context, w *world) error { return w.setGroup(ctx, name, "none") },
		}, func() { n.group = "none" })
	}
	if p.IntN(3) == 0 {
		p.kill()
	}
	p.jump()
	p.pause(time.Duration(500+p.IntN(2500)) * time.Millisecond)
	return true
}

// jump sets the clock of a node, with which its agent renews its Lease.
func (p *planner) jump() bool {
	name := pick(p.Rand, sorted(p.m.nodes))
	offset := time.Duration(p.IntN(2400)-1200) * time.Second
	p.add(step{what: fmt.Sprintf("the clock of node %s jumps to an offset of %s", name, offset), do: func(_ context.Context, w *world) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if _, ok := w.agents.offsets[name]; ok {
			w.agents.offsets[name] = offset
		}
		return nil
	}}, nil)
	return true
}

// skew changes the times of detach requests and of incomplete creates to times of a
// replica whose clock is off.
func (p *planner) skew() bool {
	offset := time.Duration(p.IntN(2400)-1200) * time.Second
	p.add(step{what: "the times of all detach requests and incomplete creates are off by " + offset.String(), do: func(ctx context.Context, w *world) error {
		w.skewCreates(ctx, -offset.Abs())
		l := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
		if w.kube.List(ctx, l) != nil {
			return nil //nolint:nilerr // nothing depends on it
		}
		for i := range l.Items {
			a := &l.Items[i]
			if at := a.Status.AtProvider.DetachRequestTime; at != nil {
				before := a.DeepCopy()
				a.Status.AtProvider.DetachRequestTime = &metav1.Time{Time: at.Add(offset)}
				_ = w.kube.Status().Patch(ctx, a, client.MergeFrom(before))
			}
		}
		return nil
	}}, nil)
	return true
}

// skewCreates changes the times of incomplete creates.
func (w *world) skewCreates(ctx context.Context, offset time.Duration) {
	for _, empty := range []func() client.ObjectList{networkInterfaces, attachments} {
		l := empty()
		if w.kube.List(ctx, l) != nil {
			return
		}
		for _, o := range objects(l) {
			if meta.ExternalCreateIncomplete(o) {
				w.annotate(ctx, o, meta.AnnotationKeyExternalCreatePending, meta.GetExternalCreatePending(o).Add(offset).Format(time.RFC3339))
			}
		}
	}
}
