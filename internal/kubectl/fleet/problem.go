// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// objectInterface precedes the name of a NetworkInterface.
const objectInterface = "networkinterface/"

// A Problem is why a network interface is not ready: the first false condition of its objects,
// in the order in which the controllers work.
type Problem struct {
	// Object is the kind and name of the object with the condition, such as
	// networkinterface/NAME.
	Object string
	Reason string
	// Message states the cause, and what to do where that is known.
	Message string
}

// String returns the reason and the message.
func (p Problem) String() string {
	if p.Reason == "" || p.Message == "" {
		return cmp.Or(p.Reason, p.Message)
	}
	return p.Reason + ": " + p.Message
}

// Problem returns why the network interface is not ready, or nil. An object that waits for a provider that
// does not run has this as the cause.
func (c *Child) Problem() *Problem {
	p := c.problem()
	switch {
	case c.ProviderFailure == "":
	case p == nil && c.unobserved():
		p = &Problem{Object: objectInterface + c.Name, Message: c.ProviderFailure}
	case p != nil && !strings.HasPrefix(p.Object, "hostinterface/"):
		p.Message = sentence(p.Message, c.ProviderFailure)
	}
	return p
}

// unobserved reports whether the provider has not applied the present spec of an object.
func (c *Child) unobserved() bool {
	return c.Interface != nil && older(c.Interface, c.Interface.Generation) || c.Attachment != nil && older(c.Attachment, c.Attachment.Generation)
}

// older reports whether the provider has last applied an earlier generation of an object.
func older(o Conditioned, generation int64) bool {
	observed := o.GetCondition(xpv2.TypeSynced).ObservedGeneration
	return observed != 0 && observed < generation
}

// sentence joins the texts that are not empty.
func sentence(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "; ")
}

// problem returns the cause that the objects have, or nil.
func (c *Child) problem() *Problem {
	ready := []xpv2.ConditionType{xpv2.TypeSynced, xpv2.TypeReady}
	switch {
	case c.Retained():
		return nil
	case c.Releasing():
		return c.releaseProblem()
	case c.Interface == nil && !c.ByID():
		return &Problem{Object: objectInterface + c.Name, Message: "the NetworkInterface does not exist"}
	}
	if c.Interface != nil {
		if p := falseCondition(objectInterface+c.Name, c.Interface, ready...); p != nil {
			return p
		}
	}
	if c.Attachment == nil && c.NodeENI == "" {
		return nil // it need not be attached
	}
	if c.Attachment == nil {
		return &Problem{Object: "networkinterfaceattachment/" + c.Name, Message: "the NetworkInterfaceAttachment does not exist"}
	}
	// The attachment waits for its host: the HostInterface has the cause.
	p := falseCondition("networkinterfaceattachment/"+c.Attachment.Name, c.Attachment, ready...)
	if p != nil && p.Reason != string(v1alpha1.ReasonWaitingForHost) {
		return p
	}
	switch {
	case c.Host == nil && c.Attached() && !c.NeedsHost():
		return p
	case c.Host == nil && c.Attached():
		return &Problem{Object: "hostinterface", Message: sentence("the HostInterface does not exist yet", c.Silence())}
	case c.Host == nil:
		return p
	}
	return c.hostProblem()
}

// hostProblem returns why the host has not configured the interface, or nil.
func (c *Child) hostProblem() *Problem {
	object := "hostinterface/" + c.Host.Name
	if p := c.silent(); p != nil {
		return p
	}
	if p := falseCondition(object, c.Host, xpv2.TypeReady, v1alpha1.TypeOffered, v1alpha1.TypeResourceAdvertised); p != nil {
		return p
	}
	switch {
	case c.Host.GetCondition(xpv2.TypeReady).Status != corev1.ConditionTrue:
		return &Problem{Object: object, Message: "the agent on the node has not responded: check that its DaemonSet runs a pod there"}
	case c.Host.Status.ObservedGeneration != c.Host.Generation:
		return &Problem{Object: object, Message: fmt.Sprintf("the agent has not applied generation %d yet, but %d", c.Host.Generation, c.Host.Status.ObservedGeneration)}
	default:
		return nil
	}
}

// silent returns that the agent on which the interface waits does not respond, with what it has written last, or
// nil.
func (c *Child) silent() *Problem {
	silence := c.Silence()
	if silence == "" {
		return nil
	}
	object := "hostinterface/" + c.Host.Name
	if p := falseCondition(object, c.Host, xpv2.TypeReady); p != nil {
		silence += "; last state: " + p.String()
	}
	return &Problem{Object: object, Message: silence}
}

// releaseProblem returns for what the release waits.
func (c *Child) releaseProblem() *Problem {
	if c.Host != nil {
		if p := c.silent(); p != nil {
			return p
		}
		if p := falseCondition("hostinterface/"+c.Host.Name, c.Host, xpv2.TypeReady); p != nil {
			return p
		}
	}
	if c.Attachment != nil {
		if p := falseCondition("networkinterfaceattachment/"+c.Attachment.Name, c.Attachment, xpv2.TypeSynced, xpv2.TypeReady); p != nil {
			return p
		}
	}
	if c.Interface != nil {
		if p := falseCondition(objectInterface+c.Name, c.Interface, xpv2.TypeSynced, xpv2.TypeReady); p != nil {
			return p
		}
	}
	return &Problem{Object: objectInterface + c.Name, Reason: "Deleting"}
}

// Conditioned is an object with conditions.
type Conditioned interface {
	GetCondition(t xpv2.ConditionType) xpv2.Condition
}

// FalseCondition returns the first condition of the types that is False, or nil. Crossplane's condition of
// a paused object has no message; the returned one has.
func FalseCondition(o Conditioned, types ...xpv2.ConditionType) *xpv2.Condition {
	for _, t := range types {
		c := o.GetCondition(t)
		if c.Status != corev1.ConditionFalse {
			continue
		}
		if c.Reason == xpv2.ReasonReconcilePaused && c.Message == "" {
			c.Message = v1alpha1.PausedMessage
		}
		return &c
	}
	return nil
}

// falseCondition returns the first false condition of an object as a problem, or nil.
func falseCondition(object string, o Conditioned, types ...xpv2.ConditionType) *Problem {
	c := FalseCondition(o, types...)
	if c == nil {
		return nil
	}
	return &Problem{Object: object, Reason: string(Class(o, c)), Message: c.Message}
}

// Class returns the reason of a false condition. ReconcileError is any error: Ready has its class, unless it
// only has the state of the object.
func Class(o Conditioned, c *xpv2.Condition) xpv2.ConditionReason {
	ready := o.GetCondition(xpv2.TypeReady)
	if c.Reason != xpv2.ReasonReconcileError || ready.Status != corev1.ConditionFalse {
		return c.Reason
	}
	switch ready.Reason {
	case "", xpv2.ReasonCreating, xpv2.ReasonDeleting, xpv2.ReasonUnavailable, v1alpha1.ReasonProgressing, v1alpha1.ReasonWaitingForHost:
		return c.Reason
	default:
		return ready.Reason
	}
}

// ofChildren is in the message of a NodeENI that only summarizes the errors of its network interfaces.
const ofChildren = " network interfaces are not Synced; "

// SpecProblem returns a false condition of a NodeENI that its ENIs do not show, or nil: the provider
// cannot apply the spec, and keeps the ENIs as they are.
func SpecProblem(n *v1alpha1.NodeENI) *Problem {
	object := "nodeeni/" + n.Name
	if p := falseCondition(object, n, xpv2.TypeSynced); p != nil && !strings.Contains(p.Message, ofChildren) {
		return p
	}
	if p := falseCondition(object, n, v1alpha1.TypeSubnetsUsable); p != nil && p.Reason != string(v1alpha1.ReasonSubnetInOtherZone) {
		return p
	}
	return nil
}

// PlanConditions returns the conditions of a NodeENI by which a selected node can be without an ENI, in
// the order in which they are the cause. That a subnet is in the zone of no node is not the cause if
// another condition is False.
func PlanConditions(n *v1alpha1.NodeENI) []xpv2.ConditionType {
	if n.GetCondition(v1alpha1.TypeSubnetsUsable).Reason == v1alpha1.ReasonSubnetInOtherZone {
		return []xpv2.ConditionType{xpv2.TypeSynced, v1alpha1.TypeNodesUsable, v1alpha1.TypeSubnetsUsable, xpv2.TypeReady}
	}
	return []xpv2.ConditionType{xpv2.TypeSynced, v1alpha1.TypeSubnetsUsable, v1alpha1.TypeNodesUsable, xpv2.TypeReady}
}

// WithoutNode returns what happens to the ENIs of a deleted node, or "" if the NodeENI does not state it.
func WithoutNode(n *v1alpha1.NodeENI, node string) string {
	for _, a := range n.Status.Attachments {
		if a.NodeID == node && a.Message != "" {
			return a.Message
		}
	}
	return ""
}
