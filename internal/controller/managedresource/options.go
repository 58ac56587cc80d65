package managedresource

import (
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpevent "github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/feature"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

const (
	// transitPoll is how often a resource on its way between two states is
	// looked at. EC2 attaches within a few seconds and tells nobody.
	transitPoll = time.Second

	// instancePoll is how often an instance that cannot take an ENI yet is
	// looked at, and occupiedPoll one that has no place for it.
	instancePoll = 5 * time.Second
	occupiedPoll = time.Minute

	// Retries of one object wait from firstRetry, doubled each time, to
	// lastRetry.
	firstRetry = 250 * time.Millisecond
	lastRetry  = time.Minute

	// Retries of all objects of a controller together, for the day when all
	// fail at once.
	retriesPerSecond = 50
	retriesBurst     = 500
)

// Options returns the reconciler options of both managed resources.
func Options(o options.Options, name string, recorder xpevent.Recorder) []managed.ReconcilerOption {
	opts := []managed.ReconcilerOption{
		managed.WithLogger(o.Logger.WithValues("controller", name)),
		managed.WithRecorder(recorder),
		managed.WithPollInterval(o.PollInterval),
		managed.WithPollIntervalHook(pollHook(o.PollJitter)),
		// Earned by the client token, the ownership tag and Observe's search
		// for it: an interrupted create is found or repeated, never doubled.
		managed.WithDeterministicExternalName(true),
		// The name comes from EC2: an object's own name is no external name.
		managed.WithInitializers(),
	}
	if o.Features != nil && o.Features.Enabled(feature.EnableBetaManagementPolicies) {
		opts = append(opts, managed.WithManagementPolicies())
	}
	if o.MetricOptions != nil && o.MetricOptions.MRMetrics != nil {
		opts = append(opts, managed.WithMetricRecorder(o.MetricOptions.MRMetrics))
	}
	if o.ChangeLogOptions != nil {
		opts = append(opts, managed.WithChangeLogger(o.ChangeLogOptions.ChangeLogger))
	}
	return opts
}

// pollHook looks often at a resource in transit, and otherwise spreads polls.
func pollHook(jitter time.Duration) managed.PollIntervalHook {
	return func(mg resource.Managed, d time.Duration) time.Duration {
		switch mg.GetCondition(xpv2.TypeReady).Reason {
		case xpv2.ReasonCreating, xpv2.ReasonDeleting, networkingv1alpha1.ReasonWaitingForDetach:
			return min(transitPoll, d)
		case networkingv1alpha1.ReasonWaitingForInstance:
			return min(instancePoll, d)
		case networkingv1alpha1.ReasonDeviceIndexTaken, networkingv1alpha1.ReasonInstanceENILimit:
			return min(occupiedPoll, d)
		default:
			return d + time.Duration((rand.Float64()-0.5)*2*float64(min(jitter, d/2))) //nolint:gosec // spreads load, guards nothing
		}
	}
}

// ControllerOptions returns how both controllers are queued.
func ControllerOptions(o options.Options) controller.Options {
	co := o.ForControllerRuntime()
	co.RateLimiter = workqueue.NewTypedMaxOfRateLimiter(
		workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		&workqueue.TypedBucketRateLimiter[reconcile.Request]{Limiter: rate.NewLimiter(retriesPerSecond, retriesBurst)},
	)
	return co
}

// Changed passes changes of the wanted state, and of the finalizers: deleting
// waits until other controllers have let go, and must not wait for a backoff
// once they have.
func Changed() predicate.Predicate {
	return predicate.Or(resource.DesiredStateChanged(), predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return true },
		DeleteFunc:  func(event.DeleteEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectNew.GetDeletionTimestamp() != nil &&
				(e.ObjectOld.GetDeletionTimestamp() == nil || !slices.Equal(e.ObjectOld.GetFinalizers(), e.ObjectNew.GetFinalizers()))
		},
	})
}

// CreateAttempted says that a create has been tried for the resource at some
// time, so that something may exist that its external name does not say.
func CreateAttempted(mg resource.Managed) bool {
	return !meta.GetExternalCreatePending(mg).IsZero()
}

// Allows says whether a resource's management policies let a step be taken.
func Allows(mg resource.Managed, step xpv2.ManagementAction) bool {
	p := mg.GetManagementPolicies()
	return len(p) == 0 || slices.Contains(p, xpv2.ManagementActionAll) || slices.Contains(p, step)
}
