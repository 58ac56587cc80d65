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
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

// SetupGated sets the controller up once its CRD is there.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	o.Gate.Register(func() {
		if err := Setup(mgr, o); err != nil {
			panic(errors.Wrap(err, "cannot set up the NetworkInterface controller"))
		}
	}, v1alpha1.NetworkInterfaceGroupVersionKind)
	return nil
}

// Setup adds the controller to the manager.
func Setup(mgr ctrl.Manager, o options.Options) error {
	if err := managedresource.AddStateMetrics(mgr, o, &v1alpha1.NetworkInterfaceList{}); err != nil {
		return err
	}
	// An index lives as long as the cache, which the manager fills later.
	ctx := context.Background() //nolint:forbidigo // set-up has no context, and the index does not use it
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.NetworkInterface{}, IndexInstance, ByInstance); err != nil {
		return errors.Wrap(err, "cannot index NetworkInterfaces by instance")
	}
	b, err := managedresource.WatchProviderConfigs(mgr, ctrl.NewControllerManagedBy(mgr).
		Named(managed.ControllerName(v1alpha1.NetworkInterfaceKind)).
		WithOptions(managedresource.ControllerOptions(o)).
		For(&v1alpha1.NetworkInterface{}, builder.WithPredicates(managedresource.Changed())).
		Watches(&v1alpha1.NetworkInterface{}, deletedToWaiting(mgr.GetClient())).
		Watches(&v1alpha1.NetworkInterfaceAttachment{}, handler.EnqueueRequestsFromMapFunc(attachmentToNetworkInterfaces(mgr.GetClient())),
			builder.WithPredicates(attachmentMoved())), &v1alpha1.NetworkInterface{}, &v1alpha1.NetworkInterfaceList{})
	if err != nil {
		return err
	}
	return b.Complete(NewReconciler(mgr, o))
}

// NewReconciler returns what the controller does about one NetworkInterface.
func NewReconciler(mgr ctrl.Manager, o options.Options) reconcile.Reconciler {
	name := managed.ControllerName(v1alpha1.NetworkInterfaceKind)
	recorder := xpevent.NewAPIRecorder(managedresource.DedupEvents(mgr.GetEventRecorderFor(name)), o.EventFilterFunctions...) //nolint:staticcheck // crossplane-runtime v2.4 takes the recorder of the old events API

	opts := append(managedresource.Options(o, name, recorder),
		managed.WithTypedExternalConnector(managedresource.WithBackoff(&connector{
			kube:     mgr.GetClient(),
			uncached: mgr.GetAPIReader(),
			usage:    managedresource.NewUsageTracker(mgr.GetClient()),
			clients:  o.Clients,
			cluster:  o.Cluster,

			stopwatch: managedresource.NewStopwatch(time.Now),
		}, managedresource.NewBackoffTracker(), attached)),
		// Observe knows what EC2 may not show yet, and can tell it from what
		// is gone, which a grace period by the clock cannot.
		managed.WithCreationGracePeriod(0),
	)
	r := managed.NewReconciler(mgr, resource.ManagedKind(v1alpha1.NetworkInterfaceGroupVersionKind), opts...)
	return managedresource.WithRequeueFloor(r, v1alpha1.NetworkInterfaceKind)
}

// attached returns which attachment of the ENI has to end before it can be deleted, or
// an empty string.
func attached(mg *v1alpha1.NetworkInterface) string {
	a := mg.Status.AtProvider.Attachment
	if a == nil {
		return ""
	}
	return "the network interface is attached to instance " + a.InstanceID + " by attachment " + a.AttachmentID +
		": it is deleted once it is detached, by its NetworkInterfaceAttachment or by whoever attached it"
}
