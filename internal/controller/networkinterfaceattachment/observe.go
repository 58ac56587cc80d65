// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// observation returns the observed state of the attachment, and the attributes of its ENI
// that the host needs. A subnet that cannot be described is omitted without an error: the
// next reconcile reads it again.
func (e *external) observation(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) v1alpha1.NetworkInterfaceAttachmentObservation {
	n := e.seen
	o := v1alpha1.NetworkInterfaceAttachmentObservation{
		NetworkInterfaceID: ptr.Deref(n.NetworkInterfaceId, ""),
		NodeName:           ptr.Deref(mg.Spec.ForProvider.NodeName, ""),
		MACAddress:         strings.ToLower(ptr.Deref(n.MacAddress, "")),
		PrivateIPs:         eniview.PrivateIPs(n),
		IPv6Addresses:      eniview.IPv6Addresses(n),
		IPv4Prefixes:       eniview.IPv4Prefixes(n),
		IPv6Prefixes:       eniview.IPv6Prefixes(n),
		SubnetID:           ptr.Deref(n.SubnetId, ""),
		SubnetCIDR:         mg.Status.AtProvider.SubnetCIDR,
		SubnetIPv6CIDRs:    mg.Status.AtProvider.SubnetIPv6CIDRs,
		AccountID:          mg.Status.AtProvider.AccountID,
		Region:             mg.Status.AtProvider.Region,
		AppliedFields:      mg.Status.AtProvider.AppliedFields,
	}
	if s, err := e.ec2.Subnet(ctx, o.SubnetID); err == nil && s != nil {
		o.SubnetCIDR, o.SubnetIPv6CIDRs = s.CIDR, s.IPv6CIDRs
	}
	if a := n.Attachment; a != nil && a.Status != ec2types.AttachmentStatusDetached {
		o.AttachmentID = ptr.Deref(a.AttachmentId, "")
		o.InstanceID = ptr.Deref(a.InstanceId, "")
		o.DeviceIndex = a.DeviceIndex
		o.NetworkCardIndex = a.NetworkCardIndex
		o.Status = string(a.Status)
		o.DeleteOnTermination = a.DeleteOnTermination
		if a.AttachTime != nil {
			o.AttachTime = &metav1.Time{Time: a.AttachTime.UTC().Truncate(time.Second)} // the API server's precision
		}
	}
	return o
}

// connectionDetails returns the connection details of an attachment, for use by the
// software of the instance.
func connectionDetails(mg *v1alpha1.NetworkInterfaceAttachment) managed.ConnectionDetails {
	o := mg.Status.AtProvider
	d := managed.ConnectionDetails{}
	for k, v := range map[string]string{
		"attachmentId": o.AttachmentID, "networkInterfaceId": o.NetworkInterfaceID, "instanceId": o.InstanceID,
		"macAddress": o.MACAddress, "subnetCidr": o.SubnetCIDR, "privateIps": strings.Join(o.PrivateIPs, ","),
	} {
		if v != "" {
			d[k] = []byte(v)
		}
	}
	if len(o.PrivateIPs) > 0 {
		d["privateIp"] = []byte(o.PrivateIPs[0])
	}
	if o.DeviceIndex != nil {
		d["deviceIndex"] = []byte(strconv.Itoa(int(*o.DeviceIndex)))
	}
	return d
}

// readiness returns Available once the ENI is attached at the desired index.
func readiness(mg *v1alpha1.NetworkInterfaceAttachment, a *ec2types.NetworkInterfaceAttachment) xpv2.Condition {
	p := mg.Spec.ForProvider
	switch {
	case a.Status == ec2types.AttachmentStatusAttaching:
		return xpv2.Creating()
	case a.Status == ec2types.AttachmentStatusDetaching:
		return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonWaitingForDetach, "the network interface is being detached")
	case p.DeviceIndex != nil && p.MinDeviceIndex == nil && a.DeviceIndex != nil && *p.DeviceIndex != *a.DeviceIndex:
		return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonDeviceIndexDiffers,
			fmt.Sprintf("the network interface is attached at device index %d, not %d as pinned; EC2 cannot move it: delete this object and create it again to detach and attach it", *a.DeviceIndex, *p.DeviceIndex))
	default:
		return xpv2.Available()
	}
}

// lateInitialize writes to the spec what an imported attachment lacks: the instance, the
// ENI and the device index.
func lateInitialize(mg *v1alpha1.NetworkInterfaceAttachment, a *ec2types.NetworkInterfaceAttachment, id string) bool {
	p := &mg.Spec.ForProvider
	changed := a.DeviceIndex != nil && lateInitializeIndex(p, *a.DeviceIndex)
	if p.InstanceID == nil && p.NodeName == nil && ptr.Deref(a.InstanceId, "") != "" {
		p.InstanceID = a.InstanceId
		changed = true
	}
	if p.NetworkInterfaceID == nil && p.InterfaceRef() == nil && p.InterfaceSelector() == nil && id != "" {
		p.NetworkInterfaceID = &id
		changed = true
	}
	return changed
}

// lateInitializeIndex sets the device index of the attachment if the spec pins none, and
// records this, so that another index may be used after a detach. It reports whether the
// spec has changed.
func lateInitializeIndex(p *v1alpha1.NetworkInterfaceAttachmentParameters, index int32) bool {
	if p.DeviceIndex != nil && p.MinDeviceIndex == nil {
		return false
	}
	changed := false
	if p.MinDeviceIndex == nil {
		p.MinDeviceIndex = new(int32(1))
		changed = true
	}
	if index >= *p.MinDeviceIndex && (p.DeviceIndex == nil || *p.DeviceIndex != index) {
		p.DeviceIndex = &index
		changed = true
	}
	return changed
}

// fieldDeleteOnTermination is the name of the field in status.atProvider.appliedFields.
const fieldDeleteOnTermination = "deleteOnTermination"

// deleteOnTermination returns the desired value: from the spec, or the default if the
// field was applied and then removed. It is nil if the field was never set.
func deleteOnTermination(mg *v1alpha1.NetworkInterfaceAttachment) *bool {
	want := mg.Spec.ForProvider.DeleteOnTermination
	if want == nil && slices.Contains(mg.Status.AtProvider.AppliedFields, fieldDeleteOnTermination) {
		want = new(false)
	}
	return want
}

// deleteOnTerminationDrifts reports whether deleteOnTermination of an attached ENI differs
// from the desired value. EC2 can change it only while the ENI is attached.
func deleteOnTerminationDrifts(mg *v1alpha1.NetworkInterfaceAttachment, a *ec2types.NetworkInterfaceAttachment) bool {
	want := deleteOnTermination(mg)
	return want != nil && a.Status == ec2types.AttachmentStatusAttached && *want != ptr.Deref(a.DeleteOnTermination, false)
}

// recordApplied records in the status which fields are applied. A field that is removed
// from the spec is recorded until the attachment has its default.
func recordApplied(mg *v1alpha1.NetworkInterfaceAttachment, a *ec2types.NetworkInterfaceAttachment) {
	at := &mg.Status.AtProvider
	switch {
	case mg.Spec.ForProvider.DeleteOnTermination != nil:
		at.AppliedFields = []string{fieldDeleteOnTermination}
	case a.Status == ec2types.AttachmentStatusAttached && !deleteOnTerminationDrifts(mg, a):
		at.AppliedFields = nil
	}
}

// cannotAttach returns the condition if the ENI cannot be attached now.
func (e *external) cannotAttach() (xpv2.Condition, bool) {
	n, t := e.seen, e.target
	id := ptr.Deref(n.NetworkInterfaceId, "")
	zone := ptr.Deref(n.AvailabilityZone, "")
	not := func(r xpv2.ConditionReason, format string, args ...any) (xpv2.Condition, bool) {
		return networkingv1alpha1.NotReady(r, fmt.Sprintf(format, args...)), true
	}
	switch {
	case t.waiting != "":
		return not(networkingv1alpha1.ReasonWaitingForInstance, "%s", t.waiting)
	case t.instance.ID == "":
		return not(networkingv1alpha1.ReasonWaitingForInstance, "neither instanceId nor nodeName is set in spec.forProvider: set one to attach the network interface")
	case t.instance.Terminated():
		return not(networkingv1alpha1.ReasonInstanceGone, "instance %s is %s: delete this object, or name another instance in a new one", t.instance.ID, t.instance.State)
	case !t.instance.Attachable():
		return not(networkingv1alpha1.ReasonWaitingForInstance, "instance %s is %s; EC2 attaches to running and stopped ones", t.instance.ID, t.instance.State)
	case zone != "" && t.instance.AvailabilityZone != "" && zone != t.instance.AvailabilityZone:
		return not(networkingv1alpha1.ReasonInstanceInOtherZone, "network interface %s is in zone %s but instance %s is in zone %s; EC2 attaches only within a zone: use a subnet of zone %s",
			id, zone, t.instance.ID, t.instance.AvailabilityZone, t.instance.AvailabilityZone)
	}
	return xpv2.Condition{}, false
}

// noSlot returns the condition if the instance has no free device index.
func noSlot(mg *v1alpha1.NetworkInterfaceAttachment, t target, s eni.Slot) (xpv2.Condition, bool) {
	switch {
	case s.Full:
		return managedresource.InstanceFull(s, t.String(), t.instance.Type, ptr.Deref(mg.Spec.ForProvider.NetworkCardIndex, 0), ""), true
	case s.Taken != "":
		return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonDeviceIndexTaken,
			fmt.Sprintf("device index %d of %s is taken by %s: detach that, or delete this object and create it with minDeviceIndex, to take the next free one", ptr.Deref(mg.Spec.ForProvider.DeviceIndex, 0), t, s.Taken)), true
	}
	return xpv2.Condition{}, false
}

// A detachState is the progress of a detach.
type detachState struct {
	status ec2types.AttachmentStatus
	// requested and forced are true if EC2 accepted a detach, and a forced one.
	requested, forced bool
	// elapsed is the time since a detach was first requested.
	elapsed time.Duration
	// retry is the interval at which a detach without effect is requested again.
	retry time.Duration
}

// detachDecision decides whether to request a detach now, and whether to force it. A
// detach in progress is not repeated; a detach without effect is repeated after s.retry.
func detachDecision(p *networkingv1alpha1.DetachPolicy, s detachState) (request, force bool) {
	if s.forced {
		return false, false // the policy allows one forced detach
	}
	if p != nil && p.Mode == v1alpha1.DetachForceAfter && p.After != nil && s.requested && s.elapsed >= p.After.Duration {
		return true, true
	}
	if s.status == ec2types.AttachmentStatusDetaching {
		return false, false
	}
	return !s.requested || s.elapsed >= s.retry, false
}
