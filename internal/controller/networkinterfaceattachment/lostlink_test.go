// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

// TestLostLinks verifies for how long the loss of a link is recent.
func TestLostLinks(t *testing.T) {
	clock := noon
	l := newLostLinks(func() time.Time { return clock })
	key := types.NamespacedName{Namespace: "ns", Name: "a"}
	l.note(key)
	clock = clock.Add(20 * time.Second)
	l.note(key)
	at, ok := l.recent(key)
	if !ok || !at.Equal(noon) {
		t.Errorf("\nThe first of several losses counts.\nlost at %s, %t", at, ok)
	}
	if got := l.requeueAfter(at); got != 20*time.Second {
		t.Errorf("\nEach observation is twice as long after the loss as the one before.\nrequeued after %s", got)
	}
	clock = clock.Add(10 * time.Second)
	if _, ok := l.recent(key); ok {
		t.Errorf("\nA loss is recent for %s.", lostLinkWindow)
	}
	if _, ok := l.recent(types.NamespacedName{Namespace: "ns", Name: "b"}); ok {
		t.Error("\nThe link of another attachment is not lost.")
	}
	l.note(types.NamespacedName{Namespace: "ns", Name: "b"})
	if len(l.lostAt) != 1 {
		t.Errorf("\nAn attachment is forgotten after the window.\n%v", l.lostAt)
	}
}

// TestHostHandler verifies which changes of a HostInterface are the loss of a link.
func TestHostHandler(t *testing.T) {
	host := func(uid string, ready xpv2.Condition) *networkingv1alpha1.HostInterface {
		h := &networkingv1alpha1.HostInterface{}
		h.UID = types.UID(uid)
		h.Spec.AttachmentRef = networkingv1alpha1.AttachmentReference{Namespace: "ns", Name: "a"}
		h.SetConditions(ready)
		return h
	}
	configured := networkingv1alpha1.Ready(networkingv1alpha1.ReasonConfigured, "")
	waiting := networkingv1alpha1.NotReady(networkingv1alpha1.ReasonWaitingForDevice, "")
	cases := map[string]struct {
		reason      string
		before, now *networkingv1alpha1.HostInterface
		want        bool
	}{
		"Lost":       {reason: "The host had the link.", before: host("1", configured), now: host("1", waiting), want: true},
		"New":        {reason: "The host has not had the link yet.", before: host("1", xpv2.Condition{Type: xpv2.TypeReady}), now: host("1", waiting)},
		"StillLost":  {reason: "The loss was reported before.", before: host("1", waiting), now: host("1", waiting)},
		"OtherCause": {reason: "The host has the link.", before: host("1", configured), now: host("1", networkingv1alpha1.NotReady(networkingv1alpha1.ReasonKernelRefused, ""))},
		"Replaced":   {reason: "Another object of the name has not had the link.", before: host("1", configured), now: host("2", waiting)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := hostHandler{handler.EnqueueRequestsFromMapFunc(managedresource.HostInterfaceToAttachment), newLostLinks(time.Now)}
			q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
			defer q.ShutDown()
			h.Update(t.Context(), event.UpdateEvent{ObjectOld: tc.before, ObjectNew: tc.now}, q)
			if _, got := h.lost.recent(types.NamespacedName{Namespace: "ns", Name: "a"}); got != tc.want || q.Len() != 1 {
				t.Errorf("\n%s\nlost: %t, want %t; %d requests, want 1", tc.reason, got, tc.want, q.Len())
			}
		})
	}
}
