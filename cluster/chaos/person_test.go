package chaos

import (
	"context"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// runPerson acts as the person whom the provider asks for: it reads conditions, looks
// into EC2 itself, and confirms that an ENI was deleted if it was.
func (w *world) runPerson(ctx context.Context) {
	for ctx.Err() == nil {
		w.confirmDeleted(ctx)
		sleep(ctx, 300*time.Millisecond)
	}
}

func (w *world) confirmDeleted(ctx context.Context) {
	enis, attachments := &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	if w.kube.List(ctx, enis) != nil || w.kube.List(ctx, attachments) != nil {
		return // as in an outage of the API server
	}
	for i := range enis.Items {
		w.confirm(ctx, &enis.Items[i], meta.GetExternalName(&enis.Items[i]))
	}
	for i := range attachments.Items {
		w.confirm(ctx, &attachments.Items[i], attachments.Items[i].Status.AtProvider.NetworkInterfaceID)
	}
}

// confirm confirms the deletion of an ENI to an object that asks for it.
func (w *world) confirm(ctx context.Context, o managed, id string) {
	asks := strings.Contains(o.GetCondition(xpv2.TypeReady).Message, v1alpha1.AnnotationConfirmDeleted)
	n, ok := w.EC2.NetworkInterface(id)
	if id == "" || !asks || (ok && ec2emulator.Exists(n)) || o.GetAnnotations()[v1alpha1.AnnotationConfirmDeleted] == id {
		return
	}
	before, isObject := o.DeepCopyObject().(client.Object)
	if !isObject {
		return
	}
	meta.AddAnnotations(o, map[string]string{v1alpha1.AnnotationConfirmDeleted: id})
	_ = w.kube.Patch(ctx, o, client.MergeFrom(before)) // it is tried again
}
