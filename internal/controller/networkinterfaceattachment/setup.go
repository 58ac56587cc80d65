// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpevent "github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

// SetupName is the name of the controller in options.SetUp.
const SetupName = "NetworkInterfaceAttachment controller"

// SetupGated sets the controller up once its CRDs are established.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	o.SetupGated(SetupName, func() error { return Setup(mgr, o) },
		v1alpha1.NetworkInterfaceAttachmentGroupVersionKind, v1alpha1.NetworkInterfaceGroupVersionKind, networkingv1alpha1.HostInterfaceGroupVersionKind,
		networkingv1alpha1.ClusterProviderConfigGroupVersionKind, networkingv1alpha1.ProviderConfigGroupVersionKind)
	return nil
}

// Setup adds the controller to the manager.
func Setup(mgr ctrl.Manager, o options.Options) error {
	if err := managedresource.AddStateMetrics(mgr, o, &v1alpha1.NetworkInterfaceAttachmentList{}); err != nil {
		return err
	}
	if err := index(mgr); err != nil {
		return err
	}
	lost := newLostLinks(time.Now)
	b, err := managedresource.WatchProviderConfigs(mgr, ctrl.NewControllerManagedBy(mgr).
		Named(managed.ControllerName(v1alpha1.NetworkInterfaceAttachmentKind)).
		WithOptions(managedresource.FairControllerOptions(mgr, o, v1alpha1.NetworkInterfaceAttachmentKind, &v1alpha1.NetworkInterfaceAttachment{}, regionOf)).
		For(&v1alpha1.NetworkInterfaceAttachment{}, builder.WithPredicates(managedresource.Changed())).
		Watches(&v1alpha1.NetworkInterface{}, handler.EnqueueRequestsFromMapFunc(networkInterfaceToAttachments(mgr.GetClient())),
			builder.WithPredicates(networkInterfaceChanged())).
		Watches(&v1alpha1.NetworkInterfaceAttachment{}, handler.EnqueueRequestsFromMapFunc(attachmentToWaiting(mgr.GetClient())),
			builder.WithPredicates(attachmentEnded())).
		Watches(&networkingv1alpha1.HostInterface{}, hostHandler{handler.EnqueueRequestsFromMapFunc(managedresource.HostInterfaceToAttachment), lost},
			builder.WithPredicates(hostReadinessChanged())).
		Watches(&corev1.Node{}, handler.EnqueueRequestsFromMapFunc(nodeToAttachments(mgr.GetClient())),
			builder.WithPredicates(instanceChanged())), &v1alpha1.NetworkInterfaceAttachment{}, &v1alpha1.NetworkInterfaceAttachmentList{})
	if err != nil {
		return err
	}
	return b.Complete(newReconciler(mgr, o, lost))
}

// NewReconciler returns the reconciler of NetworkInterfaceAttachments, without the watches of Setup.
func NewReconciler(mgr ctrl.Manager, o options.Options) reconcile.Reconciler {
	return newReconciler(mgr, o, newLostLinks(time.Now))
}

func newReconciler(mgr ctrl.Manager, o options.Options, lost *lostLinks) reconcile.Reconciler {
	name := managed.ControllerName(v1alpha1.NetworkInterfaceAttachmentKind)
	recorder := xpevent.NewAPIRecorder(managedresource.DedupEvents(mgr.GetEventRecorderFor(name)), o.EventFilterFunctions...) //nolint:staticcheck // crossplane-runtime v2.4 takes the recorder of the old events API

	c := &connector{
		kube:        mgr.GetClient(),
		uncached:    mgr.GetAPIReader(),
		cluster:     o.Cluster,
		reserves:    o.ReservedENIs,
		namespace:   o.Namespace,
		stopwatch:   managedresource.NewStopwatch(time.Now),
		usage:       managedresource.NewUsageTracker(mgr.GetClient(), mgr.GetAPIReader()),
		clients:     o.Clients,
		detachRetry: o.DetachRetryPeriod,
		attached:    newAttachSeconds(),
		lost:        lost,
	}
	opts := append(managedresource.Options(o, name, recorder),
		managed.WithFinalizer(managedresource.NewFinalizer(mgr.GetClient())),
		managed.WithTypedExternalConnector(managedresource.WithBackoff(
			managedresource.WithTracing(c, o.Tracer, o.Namespace, v1alpha1.NetworkInterfaceAttachmentKind), managedresource.NewBackoffTracker(o.Timings), func(*v1alpha1.NetworkInterfaceAttachment) string { return "" })),
		// Attachments are found by their ENI. Responses about an ENI are consistent, so
		// that a detached ENI does not delay the next create.
		managed.WithCreationGracePeriod(0),
	)
	r := managed.NewReconciler(mgr, resource.ManagedKind(v1alpha1.NetworkInterfaceAttachmentGroupVersionKind), opts...)
	return managedresource.WithRequeueFloor(r, v1alpha1.NetworkInterfaceAttachmentKind)
}

func regionOf(mg *v1alpha1.NetworkInterfaceAttachment) *string { return mg.Spec.ForProvider.Region }
