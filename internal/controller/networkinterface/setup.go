// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpevent "github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

// SetupName is the name of the controller in options.SetUp.
const SetupName = "NetworkInterface controller"

// SetupGated sets the controller up once its CRDs are established.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	o.SetupGated(SetupName, func() error { return Setup(mgr, o) },
		v1alpha1.NetworkInterfaceGroupVersionKind, v1alpha1.NetworkInterfaceAttachmentGroupVersionKind,
		networkingv1alpha1.ClusterProviderConfigGroupVersionKind, networkingv1alpha1.ProviderConfigGroupVersionKind)
	return nil
}

// Setup adds the controller to the manager.
func Setup(mgr ctrl.Manager, o options.Options) error {
	if err := managedresource.AddStateMetrics(mgr, o, &v1alpha1.NetworkInterfaceList{}); err != nil {
		return err
	}
	// The index exists as long as the cache, which the manager fills later.
	ctx := context.Background() //nolint:forbidigo // set-up has no context, and the index does not use it
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.NetworkInterface{}, IndexInstance, ByInstance); err != nil {
		return errors.Wrap(err, "cannot index NetworkInterfaces by instance")
	}
	b, err := managedresource.WatchProviderConfigs(mgr, ctrl.NewControllerManagedBy(mgr).
		Named(managed.ControllerName(v1alpha1.NetworkInterfaceKind)).
		WithOptions(managedresource.FairControllerOptions(mgr, o, v1alpha1.NetworkInterfaceKind, &v1alpha1.NetworkInterface{}, regionOf)).
		For(&v1alpha1.NetworkInterface{}, builder.WithPredicates(managedresource.Changed())).
		Watches(&v1alpha1.NetworkInterface{}, deletedToWaiting(mgr.GetClient())).
		Watches(&v1alpha1.NetworkInterfaceAttachment{}, handler.EnqueueRequestsFromMapFunc(attachmentToNetworkInterfaces(mgr.GetClient())),
			builder.WithPredicates(attachmentMoved())), &v1alpha1.NetworkInterface{}, &v1alpha1.NetworkInterfaceList{})
	if err != nil {
		return err
	}
	return b.Complete(NewReconciler(mgr, o))
}

// NewReconciler returns the reconciler of NetworkInterfaces.
func NewReconciler(mgr ctrl.Manager, o options.Options) reconcile.Reconciler {
	name := managed.ControllerName(v1alpha1.NetworkInterfaceKind)
	recorder := xpevent.NewAPIRecorder(managedresource.DedupEvents(mgr.GetEventRecorderFor(name)), o.EventFilterFunctions...) //nolint:staticcheck // crossplane-runtime v2.4 takes the recorder of the old events API

	c := &connector{
		kube:     mgr.GetClient(),
		uncached: mgr.GetAPIReader(),
		usage:    managedresource.NewUsageTracker(mgr.GetClient(), mgr.GetAPIReader()),
		clients:  o.Clients,
		cluster:  o.Cluster,
		reserves: o.ReservedENIs,

		namespace: o.Namespace,
		stopwatch: managedresource.NewStopwatch(time.Now),
		creations: newCreations(),
	}
	opts := append(managedresource.Options(o, name, recorder),
		managed.WithFinalizer(&finalizer{Finalizer: managedresource.NewFinalizer(mgr.GetClient()), connector: c}),
		managed.WithTypedExternalConnector(managedresource.WithBackoff(
			managedresource.WithTracing(c, o.Tracer, o.Namespace, v1alpha1.NetworkInterfaceKind), managedresource.NewBackoffTracker(o.Timings), attached)),
		// Observe distinguishes an ENI that EC2 does not return yet from a deleted one,
		// which a grace period cannot.
		managed.WithCreationGracePeriod(0),
	)
	r := managed.NewReconciler(mgr, resource.ManagedKind(v1alpha1.NetworkInterfaceGroupVersionKind), opts...)
	return managedresource.WithRequeueFloor(r, v1alpha1.NetworkInterfaceKind)
}

func regionOf(mg *v1alpha1.NetworkInterface) *string { return mg.Spec.ForProvider.Region }

// attached returns a message that names the attachment that blocks the ENI's deletion, or
// "".
func attached(mg *v1alpha1.NetworkInterface) string {
	a := mg.Status.AtProvider.Attachment
	if a == nil {
		return ""
	}
	return "the network interface is attached to instance " + a.InstanceID + " by attachment " + a.AttachmentID +
		": it is deleted once it is detached, by its NetworkInterfaceAttachment, or by the user or controller that attached it"
}
