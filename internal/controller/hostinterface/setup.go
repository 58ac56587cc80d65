// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpevent "github.com/crossplane/crossplane-runtime/v2/pkg/event"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const controllerName = "hostinterface"

// indexInstance indexes nodes by their instance.
const indexInstance = "spec.providerID.instance"

// indexPlace indexes attachments by node and by instance. With thousands of nodes, a list
// of all attachments for each node would take minutes.
const indexPlace = "status.atProvider.place"

// SetupName is the name of the controller in options.SetUp.
const SetupName = "HostInterface controller"

// SetupGated sets the controller up once its CRDs are established.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	o.SetupGated(SetupName, func() error { return Setup(mgr, o) },
		v1alpha1.HostInterfaceGroupVersionKind, ec2v1alpha1.NetworkInterfaceAttachmentGroupVersionKind)
	return nil
}

// Setup adds the controller to the manager.
func Setup(mgr ctrl.Manager, o options.Options) error {
	ctx := context.Background() //nolint:forbidigo // set-up has no context, and the index does not use it
	if err := mgr.GetFieldIndexer().IndexField(ctx, &corev1.Node{}, indexInstance, func(o client.Object) []string {
		n, ok := o.(*corev1.Node)
		if !ok {
			return nil
		}
		return []string{eni.InstanceID(n.Spec.ProviderID)}
	}); err != nil {
		return errors.Wrap(err, "cannot index nodes by instance")
	}
	if err := mgr.GetFieldIndexer().IndexField(ctx, &ec2v1alpha1.NetworkInterfaceAttachment{}, indexPlace, placesOf); err != nil {
		return errors.Wrap(err, "cannot index attachments by place")
	}
	w := managedresource.NewStopwatch(time.Now)
	r := &Reconciler{
		client:    mgr.GetClient(),
		uncached:  mgr.GetAPIReader(),
		cloud:     ec2Cloud{clients: o.Clients, cached: mgr.GetClient(), uncached: mgr.GetAPIReader(), cluster: o.Cluster},
		namespace: o.Namespace,
		timings:   o.Timings,
		silence:   o.AgentSilence,
		grace:     o.NodeGracePeriod,
		stopwatch: w,
		leases:    managedresource.NewAgentLeases(mgr.GetAPIReader(), o.Namespace, w),
		tracer:    o.Tracer,
		log:       o.Logger.WithValues("controller", controllerName),
		record:    xpevent.NewAPIRecorder(managedresource.DedupEvents(mgr.GetEventRecorderFor(controllerName)), o.EventFilterFunctions...), //nolint:staticcheck // crossplane-runtime v2.4 takes the recorder of the old events API
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named(controllerName).
		WithOptions(managedresource.ControllerOptions(o)).
		For(&ec2v1alpha1.NetworkInterfaceAttachment{}, builder.WithPredicates(attachmentChanged())).
		Watches(&v1alpha1.HostInterface{}, handler.EnqueueRequestsFromMapFunc(managedresource.HostInterfaceToAttachment),
			builder.WithPredicates(hostInterfaceChanged())).
		Watches(&corev1.Node{}, handler.EnqueueRequestsFromMapFunc(nodeToAttachments(mgr.GetClient())),
			builder.WithPredicates(nodeChanged())).
		Complete(r)
}
