package agent

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// resubscribePeriod is how long the agent waits before it listens to the kernel
// again, after that failed.
const resubscribePeriod = time.Second

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// kernelNews brings the kernel's news to the HostInterfaces that it concerns.
// Many events about one of them become one reconcile, as the queue holds a name
// once only.
func kernelNews(w link.Watcher, m *memory) source.Source {
	return source.Func(func(ctx context.Context, q queue) error {
		tell := func(e link.Event) {
			for _, name := range m.concerns(e) {
				q.Add(request(name))
			}
		}
		go wait.UntilWithContext(ctx, func(ctx context.Context) {
			// What was missed meanwhile is made good by the first event of the
			// next try, which says to look at everything.
			if err := w.Watch(ctx, tell); err != nil {
				ctrl.LoggerFrom(ctx).Error(err, "cannot listen to the kernel, trying again")
			}
		}, resubscribePeriod)
		return nil
	})
}

// beginning asks once for a look at what concerns no HostInterface.
func beginning() source.Source {
	return source.Func(func(_ context.Context, q queue) error {
		q.Add(request(""))
		return nil
	})
}

// changed lets through what the agent must act on. Its own status is not part
// of it.
func changed() predicate.Predicate {
	return predicate.Or(predicate.GenerationChangedPredicate{}, predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			return !e.ObjectOld.GetDeletionTimestamp().Equal(e.ObjectNew.GetDeletionTimestamp()) ||
				!sets.New(e.ObjectOld.GetFinalizers()...).Equal(sets.New(e.ObjectNew.GetFinalizers()...))
		},
	})
}

// itselfAndHeirs enqueues a HostInterface, and when it goes every other, as one
// of them may have waited for its link or its names.
func itselfAndHeirs(m *memory) handler.EventHandler {
	itself := &handler.EnqueueRequestForObject{}
	return handler.Funcs{
		CreateFunc: itself.Create,
		UpdateFunc: itself.Update,
		DeleteFunc: func(_ context.Context, e event.TypedDeleteEvent[client.Object], q queue) {
			q.Add(request(e.Object.GetName()))
			for _, name := range m.concerns(link.Event{Subject: link.SubjectAll}) {
				q.Add(request(name))
			}
		},
	}
}

func request(name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Name: name}}
}
