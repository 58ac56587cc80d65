// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"context"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

const (
	// lostLinkWindow is how long after the loss of a link an attachment is observed without the
	// cache. EC2 completes a detach within seconds; later the poll detects it.
	lostLinkWindow = 30 * time.Second

	// lostLinkPoll is the first interval between these observations. Each is twice as long as
	// the one before.
	lostLinkPoll = time.Second
)

// lostLinks records whose hosts have lost the link of a configured interface. The likely cause is
// that another client has detached or deleted the ENI, which the cached description of the
// ENI does not show yet, and the next poll may be minutes away.
type lostLinks struct {
	now func() time.Time

	mu     sync.Mutex
	lostAt map[types.NamespacedName]time.Time
}

func newLostLinks(now func() time.Time) *lostLinks {
	return &lostLinks{now: now, lostAt: map[types.NamespacedName]time.Time{}}
}

// note records the loss of a link. A further loss within the window does not extend it: a host that
// repeatedly loses and finds its link does not disable the cache.
func (l *lostLinks) note(attachment types.NamespacedName) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	maps.DeleteFunc(l.lostAt, func(_ types.NamespacedName, at time.Time) bool { return now.Sub(at) >= lostLinkWindow })
	if _, ok := l.lostAt[attachment]; !ok {
		l.lostAt[attachment] = now
	}
}

// recent returns when the link of an attachment was lost, if this is within the window.
func (l *lostLinks) recent(attachment types.NamespacedName) (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.lostAt[attachment]
	return at, ok && l.now().Sub(at) < lostLinkWindow
}

// requeueAfter returns the interval until the next observation of an attachment whose link was
// lost at a time, and which EC2 still returns as attached.
func (l *lostLinks) requeueAfter(lostAt time.Time) time.Duration {
	return max(l.now().Sub(lostAt), lostLinkPoll)
}

// linkLost reports whether a host had configured an interface, and does not find its link any more.
func linkLost(before, after *networkingv1alpha1.HostInterface) bool {
	b, a := before.Status.GetCondition(xpv2.TypeReady), after.Status.GetCondition(xpv2.TypeReady)
	return b.Status == corev1.ConditionTrue && a.Status == corev1.ConditionFalse && a.Reason == networkingv1alpha1.ReasonWaitingForDevice &&
		before.GetUID() == after.GetUID()
}

// A hostHandler enqueues the attachments of HostInterfaces, and records lost links.
type hostHandler struct {
	handler.EventHandler

	lost *lostLinks
}

// Update implements handler.EventHandler.
func (h hostHandler) Update(ctx context.Context, e event.UpdateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	before, ok := e.ObjectOld.(*networkingv1alpha1.HostInterface)
	if after, is := e.ObjectNew.(*networkingv1alpha1.HostInterface); ok && is && linkLost(before, after) {
		for _, r := range managedresource.HostInterfaceToAttachment(ctx, after) {
			h.lost.note(r.NamespacedName)
		}
	}
	h.EventHandler.Update(ctx, e, q)
}
