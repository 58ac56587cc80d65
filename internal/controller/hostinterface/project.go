package hostinterface

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
)

// Name returns the name of the HostInterface of an attachment. A namespace has
// no dot, so no two attachments share one.
func Name(namespace, name string) string {
	full := namespace + "." + name
	if len(full) <= maxName {
		return full
	}
	sum := sha256.Sum256([]byte(full))
	return strings.TrimRight(full[:maxName-11], "-.") + "-" + hex.EncodeToString(sum[:])[:10]
}

// maxName is the longest name of a Kubernetes object.
const maxName = 253

// wanted says whether the node should prepare the interface: it is asked to,
// and the object is not on its way out.
func wanted(a *ec2v1alpha1.NetworkInterfaceAttachment) bool {
	return a.Spec.Host != nil && !meta.WasDeleted(a)
}

// attached says whether there is an interface to prepare.
func attached(a *ec2v1alpha1.NetworkInterfaceAttachment) bool {
	o := a.Status.AtProvider
	return o.Status == "attached" && o.MACAddress != "" && ptr.Deref(o.DeviceIndex, 0) > 0
}

// project returns the HostInterface of an attachment on a node, with the addresses
// that EC2 assigned to the ENI.
func project(a *ec2v1alpha1.NetworkInterfaceAttachment, node string, l *link) *v1alpha1.HostInterface {
	n := l.eni
	h := &v1alpha1.HostInterface{
		ObjectMeta: metav1.ObjectMeta{
			Name:   Name(a.GetNamespace(), a.GetName()),
			Labels: map[string]string{v1alpha1.LabelNode: node},
			// Only the node's agent knows when nothing is left to undo.
			Finalizers: []string{v1alpha1.FinalizerAgent},
		},
		Spec: v1alpha1.HostInterfaceSpec{
			NodeName:           node,
			AttachmentRef:      v1alpha1.AttachmentReference{Namespace: a.GetNamespace(), Name: a.GetName(), UID: string(a.GetUID())},
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
			Config:             *a.Spec.Host.DeepCopy(),
		},
	}
	if n := a.GetLabels()[v1alpha1.LabelNodeENI]; n != "" {
		h.Labels[v1alpha1.LabelNodeENI] = n
	}
	// A label's value is shorter than a node's name may be.
	if len(node) > 63 {
		delete(h.Labels, v1alpha1.LabelNode)
	}
	return h
}
