// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A Child is one network interface of a NodeENI: the objects for it, of which any can be nil.
type Child struct {
	// NodeENI and Node are names. NodeENI is empty for objects without one, and Node for a retained
	// ENI and for an instance that the attachment specifies.
	NodeENI, Node string
	// Namespace and Name of the NetworkInterface and the NetworkInterfaceAttachment. Without a
	// NodeENI, Name is the name of the NetworkInterface, if the attachment refers to one.
	Namespace, Name string

	Interface  *ec2v1alpha1.NetworkInterface
	Attachment *ec2v1alpha1.NetworkInterfaceAttachment
	Host       *v1alpha1.HostInterface

	// Reported is why the ENI is not ready, in the status of its NodeENI.
	Reported string
	// AgentFailure and ProviderFailure are why the agent of the node and the provider do not respond, or empty.
	AgentFailure, ProviderFailure string
}

// join returns the children of objects.
func join(interfaces []ec2v1alpha1.NetworkInterface, attachments []ec2v1alpha1.NetworkInterfaceAttachment, hosts []v1alpha1.HostInterface) []*Child {
	j := joiner{byInterface: map[types.NamespacedName]*Child{}, byAttachment: map[types.NamespacedName]*Child{}}
	for i := range interfaces {
		o := &interfaces[i]
		c := j.add(o.Namespace, o.Name, o)
		c.Interface, j.byInterface[client.ObjectKeyFromObject(o)] = o, c
	}
	for i := range attachments {
		o := &attachments[i]
		c := j.attached(o)
		c.Attachment, j.byAttachment[client.ObjectKeyFromObject(o)] = o, c
		c.Node = cmp.Or(ptr.Deref(o.Spec.ForProvider.NodeName, ""), c.Node)
	}
	for i := range hosts {
		o := &hosts[i]
		ref := o.Spec.AttachmentRef
		c := j.byAttachment[types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}]
		if c == nil {
			c = j.byInterface[types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}]
		}
		if c == nil {
			c = j.add(ref.Namespace, ref.Name, o)
		}
		c.Host, c.Node = o, o.Spec.NodeName
	}
	for _, c := range j.all {
		if c.Retained() {
			c.Node = ""
		}
	}
	return j.all
}

// A joiner joins objects to children.
type joiner struct {
	all                       []*Child
	byInterface, byAttachment map[types.NamespacedName]*Child
}

// add adds a child.
func (j *joiner) add(namespace, name string, o client.Object) *Child {
	c := &Child{Namespace: namespace, Name: name, NodeENI: o.GetLabels()[v1alpha1.LabelNodeENI], Node: o.GetLabels()[v1alpha1.LabelNode]}
	j.all = append(j.all, c)
	return c
}

// attached returns the child of an attachment: the NetworkInterface with its name, or to which it
// refers. A second attachment of a NetworkInterface is a child of its own.
func (j *joiner) attached(o *ec2v1alpha1.NetworkInterfaceAttachment) *Child {
	name := o.Name
	if ref := o.Spec.ForProvider.InterfaceRef(); ref != nil && o.Labels[v1alpha1.LabelNodeENI] == "" {
		name = ref.Name
	}
	c := j.byInterface[types.NamespacedName{Namespace: o.Namespace, Name: name}]
	switch {
	case c == nil:
		return j.add(o.Namespace, name, o)
	case c.Attachment != nil:
		second := j.add(o.Namespace, name, o)
		second.Interface = c.Interface
		return second
	default:
		return c
	}
}

// Retained reports whether the ENI is kept without a node.
func (c *Child) Retained() bool {
	return c.Interface != nil && c.Attachment == nil && c.Host == nil && c.Interface.Annotations[v1alpha1.AnnotationRetainedSince] != ""
}

// ENI returns the id of the ENI, or "".
func (c *Child) ENI() string {
	switch {
	case c.Interface != nil:
		return cmp.Or(c.Interface.Status.AtProvider.ID, meta.GetExternalName(c.Interface))
	case c.Attachment != nil:
		return c.Attachment.Status.AtProvider.NetworkInterfaceID
	case c.Host != nil:
		return c.Host.Spec.NetworkInterfaceID
	default:
		return ""
	}
}

// Subnet returns the id of the subnet, or "".
func (c *Child) Subnet() string {
	if c.Interface == nil {
		return ""
	}
	return string(ptr.Deref(c.Interface.Spec.ForProvider.SubnetID, ""))
}

// DeviceIndex returns the device index, or 0 if the ENI has none.
func (c *Child) DeviceIndex() int32 {
	if c.Attachment == nil {
		return 0
	}
	return ptr.Deref(c.Attachment.Status.AtProvider.DeviceIndex, 0)
}

// Link returns the name of the link on the host, or "".
func (c *Child) Link() string {
	if c.Host == nil {
		return ""
	}
	return c.Host.Status.InterfaceName
}

// Attached reports whether EC2 has attached the ENI.
func (c *Child) Attached() bool {
	return c.Attachment != nil && c.Attachment.Status.AtProvider.Status == "attached"
}

// ByID reports whether the attachment names the ENI by its id: no NetworkInterface is required.
func (c *Child) ByID() bool {
	return c.Attachment != nil && c.Attachment.Spec.ForProvider.NetworkInterfaceID != nil
}

// NeedsHost reports whether a host configures the interface.
func (c *Child) NeedsHost() bool {
	return c.NodeENI != "" || c.Host != nil || c.Attachment != nil && c.Attachment.Spec.Host != nil
}

// Ready reports whether the ENI is attached, and its host has configured the present spec. An ENI without a
// NodeENI need not be attached, and no host needs to configure it, unless its objects require this.
func (c *Child) Ready() bool {
	if c.NodeENI == "" && !c.NeedsHost() {
		return !c.Releasing() && c.Problem() == nil && (c.Attachment == nil || c.Attached()) && c.ENI() != ""
	}
	return c.Attached() && c.Host != nil && !c.Releasing() &&
		c.Host.GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue && c.Host.Status.ObservedGeneration == c.Host.Generation
}

// Releasing reports whether the ENI is being released from its node.
func (c *Child) Releasing() bool {
	return c.Attachment != nil && c.Attachment.DeletionTimestamp != nil || c.Host != nil && c.Host.DeletionTimestamp != nil ||
		c.Interface != nil && c.Interface.DeletionTimestamp != nil
}

// Releases reports whether the host releases the interface: its HostInterface exists, and is being deleted
// or belongs to an attachment that is.
func (c *Child) Releases() bool {
	return c.Host != nil && (c.Host.DeletionTimestamp != nil || c.Attachment != nil && c.Attachment.DeletionTimestamp != nil)
}

// Silence returns why the agent does not respond if the interface waits for it, or "": it is to apply the
// HostInterface or to release the interface, or the attached ENI has no HostInterface.
func (c *Child) Silence() string {
	h := c.Host
	if h == nil && c.Attached() && c.NeedsHost() && c.Attachment.DeletionTimestamp == nil || c.Releases() ||
		h != nil && (h.Status.ObservedGeneration != h.Generation || h.GetCondition(xpv2.TypeReady).Status == corev1.ConditionUnknown) {
		return c.AgentFailure
	}
	return ""
}

// State returns the state of the ENI in a word.
func (c *Child) State() string {
	switch {
	case c.Retained():
		return "retained"
	case c.Releasing():
		return "releasing"
	case c.Ready() && c.Attachment != nil:
		return "ready"
	case c.Attached():
		return "attached"
	case c.ENI() != "":
		return c.stateInEC2()
	default:
		return "creating"
	}
}

// stateInEC2 returns the state of an ENI that its attachment has not attached. An ENI without a NodeENI may be
// attached by another client, or not exist.
func (c *Child) stateInEC2() string {
	if c.NodeENI != "" || c.Interface == nil {
		return "available"
	}
	o := &c.Interface.Status.AtProvider
	missing := []xpv2.ConditionReason{v1alpha1.ReasonMissingInEC2, v1alpha1.ReasonManyMissingInEC2, v1alpha1.ReasonCreateNotAllowed, v1alpha1.ReasonNotFound}
	switch ready := FalseCondition(c.Interface, xpv2.TypeReady); {
	case ready != nil && slices.Contains(missing, ready.Reason):
		return "missing"
	case o.ID == "":
		return "unknown"
	default:
		return cmp.Or(o.Status, "available")
	}
}
