package networkinterfaceattachment

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// siblings returns the device indexes that other ENIs of an attachment's NodeENI would
// get on the node, and that are not placed yet. The NodeENI records how many there are,
// as their objects may not exist yet.
func (e *external) siblings(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, there []eni.Occupant) ([]int32, error) {
	mine, first, last, ok := deviceIndexes(mg)
	if !ok || last-first >= maxSiblings {
		return nil, nil
	}
	l := &v1alpha1.NetworkInterfaceAttachmentList{}
	if err := e.kube.List(ctx, l, client.InNamespace(mg.GetNamespace()), client.MatchingFields{indexNode: ptr.Deref(mg.Spec.ForProvider.NodeName, "")}); err != nil {
		return nil, errors.Wrap(err, "cannot list the attachments of the node")
	}
	placed := map[int32]bool{mine: true}
	for i := range l.Items {
		a := &l.Items[i]
		if a.GetUID() == mg.GetUID() || meta.WasDeleted(a) || a.GetLabels()[networkingv1alpha1.LabelNodeENI] != mg.GetLabels()[networkingv1alpha1.LabelNodeENI] {
			continue
		}
		on, err := e.isOn(ctx, a, there)
		if err != nil {
			return nil, err
		}
		if its, _, _, ok := deviceIndexes(a); ok && (on || a.Spec.ForProvider.DeviceIndex != nil) {
			placed[its] = true
		}
	}
	var out []int32
	for index := first; index <= last; index++ {
		if !placed[index] {
			out = append(out, index)
		}
	}
	return out, nil
}

// isOn reports whether the ENI of an attachment is on the instance. The attachment may
// not have recorded it yet.
func (e *external) isOn(ctx context.Context, a *v1alpha1.NetworkInterfaceAttachment, there []eni.Occupant) (bool, error) {
	if a.Spec.ForProvider.InterfaceRef() == nil {
		return false, nil
	}
	n := &v1alpha1.NetworkInterface{}
	if err := e.kube.Get(ctx, refKey(a), n); client.IgnoreNotFound(err) != nil {
		return false, errors.Wrapf(err, "cannot get NetworkInterface %q", a.Spec.ForProvider.InterfaceRef().Name)
	}
	id := meta.GetExternalName(n)
	return id != "" && slices.ContainsFunc(there, func(o eni.Occupant) bool { return o.NetworkInterfaceID == id }), nil
}

// deviceIndexes returns the device index that an attachment would get, and the first and
// the last of those of its NodeENI's ENIs on the node, if all of them were free.
func deviceIndexes(a *v1alpha1.NetworkInterfaceAttachment) (its, first, last int32, ok bool) {
	n, err := fmt.Sscanf(a.GetAnnotations()[networkingv1alpha1.AnnotationDeviceIndexes], "%d of %d-%d", &its, &first, &last)
	return its, first, last, err == nil && n == 3
}

// maxSiblings bounds what is read of an annotation: no instance has more ENIs.
const maxSiblings = 128
