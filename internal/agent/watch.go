// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/wait"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// resubscribePeriod is the delay before netlink events are watched again after an error.
const resubscribePeriod = time.Second

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// watchNetlink enqueues the HostInterfaces that are affected by netlink events until the
// context is done. The queue deduplicates names, so many events cause one reconcile.
func watchNetlink(ctx context.Context, w link.Watcher, q queue, m *tracker) {
	handle := func(e link.Event) { enqueue(q, m.affected(e)...) }
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		// The first event of a new watch is link.SubjectAll, which covers missed events.
		if err := w.Watch(ctx, handle); err != nil {
			log.FromContext(ctx).Error(err, "cannot watch netlink events, retrying")
		}
	}, resubscribePeriod)
}

// hostInterfaceEvents enqueues changed HostInterfaces. A deletion enqueues all others:
// they may wait for its link or its names.
func hostInterfaceEvents(q queue, m *tracker) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { enqueue(q, namesOf(o)...) },
		UpdateFunc: func(was, is any) {
			if needsReconcile(was, is) {
				enqueue(q, namesOf(is)...)
			}
		},
		DeleteFunc: func(o any) {
			enqueue(q, namesOf(o)...)
			enqueue(q, m.affected(link.Event{Subject: link.SubjectAll})...)
		},
	}
}

// namesOf returns the name of an object of the cache, or of a tombstone.
func namesOf(o any) []string {
	key, err := toolscache.DeletionHandlingObjectToName(o)
	if err != nil {
		return nil
	}
	return []string{key.Name}
}

// needsReconcile reports whether an update requires a reconcile. A change of the status
// does not.
func needsReconcile(was, is any) bool {
	a, ok := was.(*v1alpha1.HostInterface)
	b, too := is.(*v1alpha1.HostInterface)
	return !ok || !too ||
		a.UID != b.UID || a.Generation != b.Generation ||
		!a.DeletionTimestamp.Equal(b.DeletionTimestamp) ||
		!sets.New(a.Finalizers...).Equal(sets.New(b.Finalizers...))
}

func enqueue(q queue, names ...string) {
	for _, n := range names {
		q.Add(request(n))
	}
}

func request(name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Name: name}}
}
