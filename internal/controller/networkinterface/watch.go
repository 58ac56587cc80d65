package networkinterface

import (
	"context"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

// attachmentToNetworkInterface asks for the ENI that an attachment refers to:
// its state in EC2 changes with the attachment.
func attachmentToNetworkInterface(_ context.Context, o client.Object) []reconcile.Request {
	a, ok := o.(*v1alpha1.NetworkInterfaceAttachment)
	if !ok || a.Spec.ForProvider.InterfaceRef() == nil {
		return nil
	}
	ref := a.Spec.ForProvider.InterfaceRef()
	ns := ref.Namespace
	if ns == "" {
		ns = a.GetNamespace()
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: ns, Name: ref.Name}}}
}

// attachedStatus is what EC2 calls an attachment that stands.
const attachedStatus = string(ec2types.AttachmentStatusAttached)

// attachmentMoved passes the moments at which an attachment changes the ENI:
// it comes to stand in EC2, or it is gone, which is when a waiting delete of
// the ENI can go on.
func attachmentMoved() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		DeleteFunc:  func(event.DeleteEvent) bool { return true },
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*v1alpha1.NetworkInterfaceAttachment)
			if !ok {
				return false
			}
			after, ok := e.ObjectNew.(*v1alpha1.NetworkInterfaceAttachment)
			if !ok {
				return false
			}
			b, a := before.Status.AtProvider, after.Status.AtProvider
			was, is := b.Status == attachedStatus, a.Status == attachedStatus
			return was != is || (is && b.AttachmentID != a.AttachmentID) ||
				ptr.Deref(b.DeleteOnTermination, false) != ptr.Deref(a.DeleteOnTermination, false)
		},
	}
}
