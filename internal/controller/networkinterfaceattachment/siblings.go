package networkinterfaceattachment

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// siblings returns the ENIs that the NodeENI of an attachment gives the same node, and
// that have no device index yet. The NodeENI has written down how many there are, as
// their objects may not exist yet.
func (e *external) siblings(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, there []eni.Occupant) ([]eni.Sibling, error) {
	first, last, ok := deviceIndexes(mg)
	if !ok || first == last {
		return nil, nil
	}
	l := &v1alpha1.NetworkInterfaceAttachmentList{}
	if err := e.kube.List(ctx, l, client.InNamespace(mg.GetNamespace()), client.MatchingFields{indexNode: ptr.Deref(mg.Spec.ForProvider.NodeName, "")}); err != nil {
		return nil, errors.Wrap(err, "cannot list the attachments of the node")
	}
	mine := ptr.Deref(mg.Spec.ForProvider.MinDeviceIndex, 1)
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
		if on || a.Spec.ForProvider.DeviceIndex != nil {
			placed[ptr.Deref(a.Spec.ForProvider.MinDeviceIndex, 1)] = true
		}
	}
	var out []eni.Sibling
	for index := first; index <= last; index++ {
		if !placed[index] {
			out = append(out, eni.Sibling{DeviceIndex: index})
		}
	}
	return out, nil
}

// isOn reports whether the ENI of an attachment is on the instance. The attachment may
// not have recorded it yet.
func (e *external) isOn(ctx context.Context, a *v1alpha1.NetworkInterfaceAttachment, there []eni.Occupant) (bool, error) {
	if a.Spec.ForProvider.NetworkInterfaceRef == nil {
		return false, nil
	}
	n := &v1alpha1.NetworkInterface{}
	if err := e.kube.Get(ctx, refKey(a), n); client.IgnoreNotFound(err) != nil {
		return false, errors.Wrapf(err, "cannot get NetworkInterface %q", a.Spec.ForProvider.NetworkInterfaceRef.Name)
	}
	id := meta.GetExternalName(n)
	return id != "" && slices.ContainsFunc(there, func(o eni.Occupant) bool { return o.NetworkInterfaceID == id }), nil
}

// deviceIndexes returns the first and the last of the device indexes that the NodeENI's
// ENIs on the node get if nobody has them.
func deviceIndexes(mg *v1alpha1.NetworkInterfaceAttachment) (first, last int32, ok bool) {
	from, to, ok := strings.Cut(mg.GetAnnotations()[networkingv1alpha1.AnnotationDeviceIndexes], "-")
	if !ok {
		return 0, 0, false
	}
	f, err := strconv.ParseInt(from, 10, 32)
	if err != nil {
		return 0, 0, false
	}
	t, err := strconv.ParseInt(to, 10, 32)
	if err != nil || t < f || t-f > maxSiblings {
		return 0, 0, false
	}
	return int32(f), int32(t), true
}

// maxSiblings bounds what is read of an annotation: no instance has more ENIs.
const maxSiblings = 128
