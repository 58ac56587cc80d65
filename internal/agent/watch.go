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

// resubscribePeriod is how long the agent waits before it listens to the kernel
// again, after that failed.
const resubscribePeriod = time.Second

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// watchNetlink brings the kernel's news to the HostInterfaces that it concerns,
// until the context is done. Many events about one of them become one reconcile,
// as the queue holds a name once only.
func watchNetlink(ctx context.Context, w link.Watcher, q queue, m *tracker) {
	tell := func(e link.Event) { enqueue(q, m.affected(e)...) }
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		// What was missed meanwhile is made good by the first event of the
		// next try, which says to look at everything.
		if err := w.Watch(ctx, tell); err != nil {
			log.FromContext(ctx).Error(err, "cannot listen to the kernel, trying again")
		}
	}, resubscribePeriod)
}

// hostInterfaceEvents brings the API server's news to the HostInterfaces that it concerns.
// One that goes concerns all others: they may have waited for its link or its
// names.
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

// namesOf names what the cache has told of, be it the mark that it has missed a
// deletion.
func namesOf(o any) []string {
	key, err := toolscache.DeletionHandlingObjectToName(o)
	if err != nil {
		return nil
	}
	return []string{key.Name}
}

// needsReconcile says whether the agent must act on a change. Its own status is not part
// of it.
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
