// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"encoding/json"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// wanted reports whether the node should configure the interface: the attachment has a host
// configuration and is not being deleted.
func wanted(a *ec2v1alpha1.NetworkInterfaceAttachment) bool {
	return a.Spec.Host != nil && !meta.WasDeleted(a)
}

// attached reports whether the interface is attached.
func attached(a *ec2v1alpha1.NetworkInterfaceAttachment) bool {
	o := a.Status.AtProvider
	return o.Status == "attached" && o.MACAddress != "" && ptr.Deref(o.DeviceIndex, 0) > 0
}

// withhold removes from the HostInterface of an attachment outside the provider's namespace
// what a tenant may not set: the extended resource of a node, which could advertise the node
// as ready for the NodeENI of another owner, the device to take over, which could be the
// device of another owner, a link that stays configured, and a trace, which could be of another
// owner.
func withhold(h *v1alpha1.HostInterface, namespace string) *v1alpha1.HostInterface {
	if h.Spec.AttachmentRef.Namespace != namespace {
		h.Spec.Config.Readiness, h.Spec.TakeOver, h.Spec.Leave = nil, nil, false
		delete(h.Annotations, v1alpha1.AnnotationTraceParent)
	}
	return h
}

// takeOver returns the device to take over of an attachment, or nil without a valid
// annotation.
func takeOver(a *ec2v1alpha1.NetworkInterfaceAttachment) *v1alpha1.TakeOver {
	out := &v1alpha1.TakeOver{}
	if json.Unmarshal([]byte(a.GetAnnotations()[v1alpha1.AnnotationTakeOver]), out) != nil || out.BootID == "" {
		return nil
	}
	return out
}

// project returns the HostInterface of an attachment on a node, with the ENI's addresses.
func project(a *ec2v1alpha1.NetworkInterfaceAttachment, node string, l *link) *v1alpha1.HostInterface {
	n := l.eni
	h := &v1alpha1.HostInterface{
		ObjectMeta: metav1.ObjectMeta{
			Name:   v1alpha1.HostInterfaceName(a.GetNamespace(), a.GetName()),
			Labels: map[string]string{v1alpha1.LabelNode: node},
			// Only the node's agent knows when the host is released.
			Finalizers: []string{v1alpha1.FinalizerAgent},
		},
		Spec: v1alpha1.HostInterfaceSpec{
			NodeName:           node,
			AttachmentRef:      v1alpha1.AttachmentReference{Namespace: a.GetNamespace(), Name: a.GetName(), UID: string(a.GetUID())},
			InstanceID:         ptr.Deref(n.Attachment.InstanceId, ""),
			NetworkInterfaceID: ptr.Deref(n.NetworkInterfaceId, ""),
			MACAddress:         strings.ToLower(ptr.Deref(n.MacAddress, "")),
			DeviceIndex:        ptr.Deref(n.Attachment.DeviceIndex, 0),
			NetworkCardIndex:   ptr.Deref(n.Attachment.NetworkCardIndex, 0),
			SubnetCIDR:         l.subnet.CIDR,
			SubnetIPv6CIDRs:    slices.Clone(l.subnet.IPv6CIDRs),
			PrivateIPs:         eniview.PrivateIPs(n),
			IPv6Addresses:      eniview.IPv6Addresses(n),
			IPv4Prefixes:       eniview.IPv4Prefixes(n),
			IPv6Prefixes:       eniview.IPv6Prefixes(n),
			TakeOver:           takeOver(a),
			Leave:              a.GetAnnotations()[v1alpha1.AnnotationLeaveHost] == "true",
			Config:             *a.Spec.Host.DeepCopy(),
		},
	}
	if n := a.GetLabels()[v1alpha1.LabelNodeENI]; n != "" {
		h.Labels[v1alpha1.LabelNodeENI] = n
		if c := metav1.GetControllerOf(a); c != nil && c.Kind == v1alpha1.NodeENIKind && c.Name == n {
			h.Annotations = map[string]string{v1alpha1.AnnotationNodeENIUID: string(c.UID)}
		}
	}
	if t := tracing.ParentOf(a); t != "" {
		if h.Annotations == nil {
			h.Annotations = map[string]string{}
		}
		h.Annotations[v1alpha1.AnnotationTraceParent] = t
	}
	// A label value is limited to 63 characters, a node name is not.
	if len(node) > 63 {
		delete(h.Labels, v1alpha1.LabelNode)
	}
	return h
}
