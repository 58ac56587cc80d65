// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/hostinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterfaceattachment"
	"github.com/nodeeni/provider-aws-eni/internal/controller/nodeeni"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

const (
	controllerName = "nodeeniplan"

	// defaultTTL is the default of spec.ttlSecondsAfterFinished, in seconds.
	defaultTTL = 600

	// setUpPoll is how often a plan checks whether the other controllers are set up: they
	// are when their CRDs are established.
	setUpPoll = 500 * time.Millisecond

	// throttledPoll is the shortest requeue delay of a plan that EC2's request rate delays.
	throttledPoll = 2 * time.Second
)

// A Reconciler computes NodeENIPlans, and deletes them after their TTL.
type Reconciler struct {
	client client.Client
	plan   func(ctx context.Context, spec *v1alpha1.NodeENIPlanSpec) (*v1alpha1.NodeENIPlanStatus, error)
	now    func() time.Time
	// ready reports whether the controllers whose indexes a plan uses are set up.
	ready func() bool
}

// SetupGated sets the controller up once its CRDs are established.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	o.SetupGated("NodeENIPlan controller", func() error { return Setup(mgr, o) },
		v1alpha1.NodeENIPlanGroupVersionKind, v1alpha1.NodeENIGroupVersionKind)
	return nil
}

// Setup adds the controller to the manager. It uses the indexes of the NodeENI,
// NetworkInterface and NetworkInterfaceAttachment controllers.
func Setup(mgr ctrl.Manager, o options.Options) error {
	p := newPlanner(mgr.GetClient(), mgr.GetAPIReader(), o)
	r := &Reconciler{client: mgr.GetClient(), plan: p.plan, now: time.Now, ready: func() bool {
		return o.SetUp == nil || o.SetUp.Complete(nodeeni.SetupName, networkinterface.SetupName, networkinterfaceattachment.SetupName, hostinterface.SetupName)
	}}
	return ctrl.NewControllerManagedBy(mgr).
		Named(controllerName).
		WithOptions(managedresource.ControllerOptions(o)).
		For(&v1alpha1.NodeENIPlan{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(r)
}

// Reconcile computes a plan, or deletes it.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	p := &v1alpha1.NodeENIPlan{}
	if err := r.client.Get(ctx, req.NamespacedName, p); err != nil {
		return reconcile.Result{}, errors.Wrap(client.IgnoreNotFound(err), "cannot get NodeENIPlan")
	}
	if p.GetDeletionTimestamp() != nil {
		return reconcile.Result{}, nil
	}
	if p.Status.CompletionTime == nil && !r.ready() {
		return reconcile.Result{RequeueAfter: setUpPoll}, nil
	}
	if p.Status.CompletionTime == nil || p.Status.ObservedGeneration != p.GetGeneration() {
		return r.compute(ctx, p)
	}
	left := ttl(p) - r.now().Sub(p.Status.CompletionTime.Time)
	if left > 0 {
		return reconcile.Result{RequeueAfter: left}, nil
	}
	err := r.client.Delete(ctx, p, client.Preconditions{UID: new(p.GetUID())})
	return reconcile.Result{}, errors.Wrap(client.IgnoreNotFound(err), "cannot delete NodeENIPlan")
}

// compute computes a plan and writes its status. An error is part of the result: the plan is
// not computed again, unless EC2's request rate delays it.
func (r *Reconciler) compute(ctx context.Context, p *v1alpha1.NodeENIPlan) (reconcile.Result, error) {
	status, err := r.plan(ctx, &p.Spec)
	switch {
	case err == nil:
		p.Status = *status
		p.SetConditions(v1alpha1.Planned())
	case errors.Is(err, context.Canceled):
		return reconcile.Result{}, err
	case awserr.Classify(err).Class == awserr.ClassThrottled:
		after, _ := awserr.RetryAfter(err)
		return reconcile.Result{RequeueAfter: max(after, throttledPoll)}, nil
	default:
		p.SetConditions(v1alpha1.NotPlanned(awserr.ForCondition(err).Error()))
	}
	p.Status.ObservedGeneration = p.GetGeneration()
	p.Status.CompletionTime = new(metav1.NewTime(r.now()))
	if err := r.client.Status().Update(ctx, p); err != nil {
		return errors.SilentlyRequeueOnConflict(reconcile.Result{}, errors.Wrap(client.IgnoreNotFound(err), "cannot write the status of NodeENIPlan"))
	}
	return reconcile.Result{RequeueAfter: ttl(p)}, nil
}

func ttl(p *v1alpha1.NodeENIPlan) time.Duration {
	return time.Duration(ptr.Deref(p.Spec.TTLSecondsAfterFinished, defaultTTL)) * time.Second
}
