// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

const (
	// occupiedPoll is the poll interval while an instance has no free device index or ENI
	// slot.
	occupiedPoll = time.Minute

	// The rate limiter requeues one object with exponential backoff from firstRetry to
	// Timings.MaxRetry.
	firstRetry = 250 * time.Millisecond

	// The rate limiter's bucket for all objects of a controller, in case all fail at the
	// same time.
	retriesPerSecond = 50
	retriesBurst     = 500
)

// Options returns the reconciler options of both managed resources' controllers.
func Options(o options.Options, name string, recorder xpevent.Recorder) []managed.ReconcilerOption {
	opts := []managed.ReconcilerOption{
		managed.WithLogger(o.Logger.WithValues("controller", name)),
		managed.WithRecorder(recorder),
		managed.WithPollInterval(o.PollInterval),
		managed.WithPollIntervalHook(pollHook(o.PollJitter, o.Timings)),
		// The client token, the ownership tag and Observe's search for it make Create
		// idempotent: an interrupted create is found or repeated, never doubled.
		managed.WithDeterministicExternalName(true),
		// EC2 assigns the external name; the default initializer would set the object's name.
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

// pollHook polls a resource in a transient state often, and adds jitter otherwise.
func pollHook(jitter time.Duration, t timings.Timings) managed.PollIntervalHook {
	return func(mg resource.Managed, d time.Duration) time.Duration {
		switch mg.GetCondition(xpv2.TypeReady).Reason {
		case xpv2.ReasonCreating, xpv2.ReasonDeleting, networkingv1alpha1.ReasonWaitingForDetach:
			return min(t.TransitPoll, d)
		case networkingv1alpha1.ReasonWaitingForInstance:
			return min(t.InstancePoll, d)
		case networkingv1alpha1.ReasonDeviceIndexTaken, networkingv1alpha1.ReasonInstanceENILimit:
			return min(occupiedPoll, d)
		default:
			return d + time.Duration((rand.Float64()-0.5)*2*float64(min(jitter, d/2))) //nolint:gosec // spreads load, guards nothing
		}
	}
}

// ControllerOptions returns the options of the controllers.
func ControllerOptions(o options.Options) controller.Options {
	co := o.ForControllerRuntime()
	co.RateLimiter = workqueue.NewTypedMaxOfRateLimiter(
		workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, o.Timings.MaxRetry),
		&workqueue.TypedBucketRateLimiter[reconcile.Request]{Limiter: rate.NewLimiter(retriesPerSecond, retriesBurst)},
	)
	return co
}

// Changed passes changes of the desired state, and of the finalizers of an object being
// deleted: when another controller removes its finalizer, the deletion continues at
// once, whatever the backoff.
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

// CreateAttempted reports whether a create of the resource was ever attempted. Then an
// external resource may exist although the object has no external name.
func CreateAttempted(mg resource.Managed) bool {
	return !meta.GetExternalCreatePending(mg).IsZero()
}
