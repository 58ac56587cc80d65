// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"context"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/placement"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// networkInterfaceID returns the id of the ENI to attach, or "" if it does not exist yet,
// and whether it has written the selected NetworkInterface to the spec.
func (e *external) networkInterfaceID(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (string, bool, error) {
	p := &mg.Spec.ForProvider
	if p.NetworkInterfaceID != nil {
		return *p.NetworkInterfaceID, false, nil
	}
	late := p.NetworkInterfaceRef == nil && p.NetworkInterfaceIDRef != nil
	p.NetworkInterfaceRef, p.NetworkInterfaceSelector = p.InterfaceRef(), p.InterfaceSelector()
	if err := ownNamespace(mg); err != nil {
		if meta.WasDeleted(mg) {
			return mg.Status.AtProvider.NetworkInterfaceID, false, nil
		}
		return "", false, err
	}
	if p.NetworkInterfaceRef == nil && p.NetworkInterfaceSelector != nil && !meta.WasDeleted(mg) {
		chosen, err := e.choose(ctx, mg)
		if err != nil || chosen == nil {
			return "", false, err
		}
		p.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: chosen.GetName(), Policy: p.NetworkInterfaceSelector.Policy}
		late = true
	}
	if p.NetworkInterfaceRef == nil {
		return mg.Status.AtProvider.NetworkInterfaceID, late, nil
	}
	ni := &v1alpha1.NetworkInterface{}
	err := e.kube.Get(ctx, refKey(mg), ni)
	if kerrors.IsNotFound(err) {
		// While being deleted, use the last known id.
		if meta.WasDeleted(mg) {
			return mg.Status.AtProvider.NetworkInterfaceID, late, nil
		}
		return "", late, nil
	}
	if err != nil {
		return "", late, errors.Wrapf(err, "cannot get NetworkInterface %q", refKey(mg))
	}
	return meta.GetExternalName(ni), late, nil
}

// ownNamespace returns an error if the attachment refers to a NetworkInterface in another
// namespace: RBAC rules of one namespace must not allow access to ENIs of another.
func ownNamespace(mg *v1alpha1.NetworkInterfaceAttachment) error {
	p := mg.Spec.ForProvider
	field, ns := "", ""
	switch {
	case p.NetworkInterfaceRef != nil && p.NetworkInterfaceRef.Namespace != "":
		field, ns = "networkInterfaceRef", p.NetworkInterfaceRef.Namespace
	case p.NetworkInterfaceSelector != nil && p.NetworkInterfaceSelector.Namespace != "":
		field, ns = "networkInterfaceSelector", p.NetworkInterfaceSelector.Namespace
	}
	if ns == "" || ns == mg.GetNamespace() {
		return nil
	}
	return awserr.NewUnresolved("spec.forProvider." + field + ".namespace is " + ns + ": only NetworkInterfaces of the attachment's own namespace, " + mg.GetNamespace() +
		", can be attached; leave the field out, and create the attachment in namespace " + ns)
}

// choose returns the NetworkInterface that matches the selector, the first by name if
// several do.
func (e *external) choose(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (*v1alpha1.NetworkInterface, error) {
	l := &v1alpha1.NetworkInterfaceList{}
	if err := e.kube.List(ctx, l, client.InNamespace(mg.GetNamespace())); err != nil {
		return nil, errors.Wrap(err, "cannot list NetworkInterfaces")
	}
	matching := slices.DeleteFunc(l.Items, func(n v1alpha1.NetworkInterface) bool { return !matches(mg, &n) })
	if len(matching) == 0 {
		return nil, nil
	}
	slices.SortFunc(matching, func(a, b v1alpha1.NetworkInterface) int { return strings.Compare(a.GetName(), b.GetName()) })
	return &matching[0], nil
}

// A target is the instance to attach to.
type target struct {
	instance ec2.Instance
	node     string
	// waiting is the reason why the instance is not known, or "".
	waiting string
}

// String returns the target's name for messages.
func (t target) String() string {
	switch {
	case t.instance.ID != "" && t.node != "":
		return "instance " + t.instance.ID + " (node " + t.node + ")"
	case t.instance.ID != "":
		return "instance " + t.instance.ID
	default:
		return "node " + t.node
	}
}

// resolveTarget finds the instance. If the instance is not known, the target has the
// reason: this is a state to wait in, not an error.
func (e *external) resolveTarget(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (target, error) {
	p := mg.Spec.ForProvider
	t := target{node: ptr.Deref(p.NodeName, "")}
	id := ptr.Deref(p.InstanceID, "")
	if t.node != "" {
		n := &corev1.Node{}
		err := e.kube.Get(ctx, types.NamespacedName{Name: t.node}, n)
		switch {
		case kerrors.IsNotFound(err):
			t.waiting = "node " + t.node + " does not exist"
		case err != nil:
			return t, errors.Wrapf(err, "cannot get node %q", t.node)
		case n.Spec.ProviderID == "":
			t.waiting = "node " + t.node + " has no spec.providerID yet; the cloud controller manager sets it"
		default:
			if id = eni.InstanceID(n.Spec.ProviderID); id == "" {
				t.waiting = "node " + t.node + " is not an EC2 instance: its providerID is " + n.Spec.ProviderID
			}
			// Another instance has the node's name now. This object was created for the
			// previous instance, and is about to be deleted with it.
			if made := mg.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]; id != "" && made != "" && made != id {
				t.waiting, id = "node "+t.node+" is instance "+id+" now, not "+made+", for which this object was created", ""
			}
		}
	}
	if id == "" {
		// A deleted Node has no providerID; the annotation has the instance id.
		t.instance.ID = mg.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]
		return t, nil
	}
	t.instance.ID = id
	// An attached ENI does not require the instance.
	if a := e.seen.Attachment; meta.WasDeleted(mg) || (a != nil && a.Status != ec2types.AttachmentStatusDetached) {
		return t, nil
	}
	inst, err := e.ec2.Instance(ctx, id)
	if err != nil {
		return t, err
	}
	if inst.ID == "" {
		t.waiting = "instance " + id + " does not exist in region " + e.ec2.Region
	}
	inst.ID = id
	t.instance = inst
	return t, nil
}

// ours reports whether this object created or adopted an attachment: its id is recorded or
// imported, an interrupted create of this object must have created it or, if a
// NetworkInterface of this namespace owns the ENI, it is to the desired instance.
func (e *external) ours(mg *v1alpha1.NetworkInterfaceAttachment, a *ec2types.NetworkInterfaceAttachment) bool {
	name := meta.GetExternalName(mg)
	if name != "" && name == ptr.Deref(a.AttachmentId, "") {
		return true
	}
	instance := ptr.Deref(a.InstanceId, "")
	switch {
	case e.target.instance.ID != "" && instance != e.target.instance.ID:
		return false
	case e.target.instance.ID == "" && mg.Status.AtProvider.InstanceID != "" && instance != mg.Status.AtProvider.InstanceID:
		return false
	case name == ptr.Deref(e.seen.NetworkInterfaceId, ""):
		return true // imported by the ENI's id
	}
	known := e.target.instance.ID != "" || mg.Status.AtProvider.InstanceID != ""
	// CheckOwner has shown that the ENI belongs to no object of another namespace.
	uid := eniview.Tags(e.seen.TagSet)[eni.TagUID]
	owned := mg.Spec.ForProvider.NetworkInterfaceRef != nil || (uid != "" && (uid == e.actor.UID || e.actor.Owner.Lives))
	return managedresource.CreateInterrupted(mg) || (owned && known)
}

// occupants returns the other ENIs on the instance.
func (e *external) occupants(ctx context.Context, consistency ec2.Consistency) ([]eni.Occupant, error) {
	there, err := placement.AttachedInterfaces(ctx, e.ec2, e.target.instance.ID, consistency)
	return slices.DeleteFunc(there, func(o eni.Occupant) bool {
		return o.NetworkInterfaceID == ptr.Deref(e.seen.NetworkInterfaceId, "") || e.released[o.NetworkInterfaceID]
	}), err
}

// slot returns a free device index on the instance, and the other ENIs there. A cached
// view may show the desired index as free, since EC2 checks it on attach; that it is
// taken must be confirmed by EC2.
func (e *external) slot(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (eni.Slot, []eni.Occupant, error) {
	var s eni.Slot
	var there []eni.Occupant
	for _, consistency := range []ec2.Consistency{ec2.Cached, ec2.Fresh} {
		var err error
		if there, err = e.occupants(ctx, consistency); err != nil {
			return eni.Slot{}, nil, err
		}
		if s, err = e.freeSlot(ctx, mg, there); err != nil {
			return eni.Slot{}, nil, err
		}
		if !s.Full && s.Taken == "" && s.DeviceIndex == defaultIndex(mg) {
			break
		}
	}
	return s, there, nil
}

// defaultIndex returns the device index of an attachment if no other ENI has it.
func defaultIndex(mg *v1alpha1.NetworkInterfaceAttachment) int32 {
	p := mg.Spec.ForProvider
	return ptr.Deref(p.DeviceIndex, max(1, ptr.Deref(p.MinDeviceIndex, 1)))
}

func (e *external) freeSlot(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, there []eni.Occupant) (eni.Slot, error) {
	limits, err := placement.Limits(ctx, e.ec2, e.kube, e.reserves, e.target.instance.Type, e.target.node)
	if err != nil {
		return eni.Slot{}, err
	}
	p := mg.Spec.ForProvider
	pinned, preferred := p.DeviceIndex, int32(0)
	if p.MinDeviceIndex != nil {
		// The recorded index is a preference: use the lowest free one.
		pinned, preferred = nil, ptr.Deref(p.DeviceIndex, 0)
	}
	r := eni.SlotRequest{NetworkCardIndex: ptr.Deref(p.NetworkCardIndex, 0), Pinned: pinned, Preferred: preferred, Lowest: ptr.Deref(p.MinDeviceIndex, 1)}
	if pinned == nil {
		if err := e.competitors(ctx, mg, there, &r); err != nil {
			return eni.Slot{}, err
		}
	}
	return eni.FindSlot(there, limits, r), nil
}
