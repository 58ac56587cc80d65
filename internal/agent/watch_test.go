// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

func TestAffected(t *testing.T) {
	r, _, _ := inMemory(t, hif("a", mac1, 1), hif("b", mac2, 2))
	r.reconcile("a", "b")
	cases := map[string]struct {
		reason string
		event  link.Event
		want   []string
	}{
		"All":          {reason: "After missed events every HostInterface is affected.", event: link.Event{Subject: link.SubjectAll}, want: []string{"a", "b"}},
		"Default":      {reason: "A default route may protect any link.", event: link.Event{Subject: link.SubjectDefault}, want: []string{"a", "b"}},
		"MAC":          {reason: "A new link affects the HostInterface with its MAC address.", event: link.Event{Subject: link.SubjectLink, LinkIndex: 9, MAC: mac2}, want: []string{"b"}},
		"Index":        {reason: "A link with a new MAC address affects the HostInterface that had it.", event: link.Event{Subject: link.SubjectLink, LinkIndex: 1, MAC: mac9}, want: []string{"a"}},
		"Address":      {reason: "An address affects the HostInterface of its link.", event: link.Event{Subject: link.SubjectAddress, LinkIndex: 1}, want: []string{"a"}},
		"Table":        {reason: "A rule affects the HostInterface of its table.", event: link.Event{Subject: link.SubjectTable, Table: 20002}, want: []string{"b"}},
		"OtherLink":    {reason: "A pod's link affects no HostInterface.", event: link.Event{Subject: link.SubjectLink, LinkIndex: 9, MAC: mac9}},
		"OtherAddress": {reason: "An address of a pod's link affects no HostInterface.", event: link.Event{Subject: link.SubjectAddress, LinkIndex: 9}},
		"OtherTable":   {reason: "A rule of a foreign table affects no HostInterface.", event: link.Event{Subject: link.SubjectTable, Table: 1}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, r.tracker.affected(tc.event)); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// failingWatcher fails once.
type failingWatcher struct{ tries chan struct{} }

func (f failingWatcher) Watch(ctx context.Context, tell func(link.Event)) error {
	select {
	case f.tries <- struct{}{}:
		return errors.New("connection reset")
	default:
		tell(link.Event{Subject: link.SubjectAll})
		<-ctx.Done()
		return nil
	}
}

func TestWatchNetlinkRestarts(t *testing.T) {
	m := newTracker()
	m.beginReconcile("a", desired.State{})
	q := newQueue(newLimiter())
	defer q.ShutDown()
	go watchNetlink(t.Context(), failingWatcher{tries: make(chan struct{}, 1)}, q, m)
	if got, _ := q.Get(); got != request("a") {
		t.Errorf("A new watch affects all HostInterfaces: %v", got)
	}
}

// TestHostInterfaceEvents checks which events of the cache are enqueued.
func TestHostInterfaceEvents(t *testing.T) {
	a := hif("a", mac1, 1)
	other := func(change func(*v1alpha1.HostInterface)) *v1alpha1.HostInterface {
		hi := a.DeepCopy()
		change(hi)
		return hi
	}
	cases := map[string]struct {
		reason string
		tell   func(toolscache.ResourceEventHandler)
		want   []string
	}{
		"New": {reason: "A new HostInterface is enqueued.", tell: func(h toolscache.ResourceEventHandler) { h.OnAdd(a, true) }, want: []string{"a"}},
		"ChangedSpec": {reason: "A HostInterface with a changed spec is enqueued.", tell: func(h toolscache.ResourceEventHandler) {
			h.OnUpdate(a, other(func(hi *v1alpha1.HostInterface) { hi.Generation++ }))
		}, want: []string{"a"}},
		"Deleted": {reason: "A HostInterface that is being deleted is enqueued.", tell: func(h toolscache.ResourceEventHandler) {
			h.OnUpdate(a, other(func(hi *v1alpha1.HostInterface) { hi.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} }))
		}, want: []string{"a"}},
		"Finalizers": {reason: "A HostInterface whose finalizers were changed is enqueued.", tell: func(h toolscache.ResourceEventHandler) {
			h.OnUpdate(a, other(func(hi *v1alpha1.HostInterface) { hi.Finalizers = nil }))
		}, want: []string{"a"}},
		"OtherFinalizers": {reason: "A replaced finalizer is a change.", tell: func(h toolscache.ResourceEventHandler) {
			h.OnUpdate(a, other(func(hi *v1alpha1.HostInterface) { hi.Finalizers = []string{"example.org/other"} }))
		}, want: []string{"a"}},
		"FinalizersSorted": {reason: "The order of finalizers is not a change.", tell: func(h toolscache.ResourceEventHandler) {
			two := func(names ...string) func(*v1alpha1.HostInterface) {
				return func(hi *v1alpha1.HostInterface) { hi.Finalizers = names }
			}
			h.OnUpdate(other(two("a", "b")), other(two("b", "a")))
		}},
		"Unknown": {reason: "An update of an unknown type is enqueued.", tell: func(h toolscache.ResourceEventHandler) {
			h.OnUpdate(toolscache.ExplicitKey("a"), a)
		}, want: []string{"a"}},
		"Replaced": {reason: "A HostInterface that replaced another one of its name is enqueued.", tell: func(h toolscache.ResourceEventHandler) {
			h.OnUpdate(a, other(func(hi *v1alpha1.HostInterface) { hi.UID = "uid-2" }))
		}, want: []string{"a"}},
		"Status": {reason: "A change of the status is not enqueued.", tell: func(h toolscache.ResourceEventHandler) {
			h.OnUpdate(a, other(func(hi *v1alpha1.HostInterface) { hi.ResourceVersion, hi.Status.InterfaceName = "2", "eth1" }))
		}},
		"DeletedObject": {reason: "A deletion enqueues all: others may wait for the link or its names.", tell: func(h toolscache.ResourceEventHandler) { h.OnDelete(a) }, want: []string{"a", "b"}},
		"Missed": {reason: "A missed deletion enqueues all.", tell: func(h toolscache.ResourceEventHandler) {
			h.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "a", Obj: a})
		}, want: []string{"a", "b"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newTracker()
			m.beginReconcile("b", desired.State{})
			q := newQueue(newLimiter())
			tc.tell(hostInterfaceEvents(q, m))
			q.ShutDown()
			var got []string
			for r, down := q.Get(); !down; r, down = q.Get() {
				got = append(got, r.Name)
				q.Done(r)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
