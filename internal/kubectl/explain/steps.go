// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/advice"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// Kinds of the objects in evidence.
const (
	kindNodeENI    = "NodeENI"
	kindInterface  = "NetworkInterface"
	kindAttachment = "NetworkInterfaceAttachment"
	kindHost       = "HostInterface"
)

// objectNodeENI precedes the name of a NodeENI in evidence.
const objectNodeENI = "nodeeni/"

// Names of the steps.
const (
	stepSelector   = "selector"
	stepNode       = "node"
	stepPlan       = "plan"
	stepInterface  = "network interface"
	stepAttachment = "attachment"
	stepHost       = "host"
	stepElasticIP  = "elastic IP"
	stepPods       = "pods"
	stepNodeENI    = "nodeeni"
)

// selectorStep compares the labels of a node with the selector.
func selectorStep(n *v1alpha1.NodeENI, node *corev1.Node) Step {
	s := Step{Name: stepSelector, State: Done, Evidence: []string{selector(n)}}
	switch {
	case !eni.Selects(&n.Spec, node.Labels):
		s.State = Failed
		s.Evidence = append(s.Evidence, mismatches(n, node)...)
	case node.DeletionTimestamp != nil:
		s.State, s.Evidence = Waiting, append(s.Evidence, "the node is being deleted")
	}
	if d := fleet.Deletion(n); d != "" {
		s.Evidence = append(s.Evidence, d)
		s.action = "Nothing: the NodeENI is being deleted."
	}
	return s
}

// unmatchedStep states that no node matches the selector, and why not the node that matches best.
func unmatchedStep(f *fleet.Fleet, n *v1alpha1.NodeENI) Step {
	s := Step{Name: stepSelector, State: Failed, Evidence: []string{selector(n), "no node of the cluster matches"}}
	var nearest *corev1.Node
	for i := range f.Nodes {
		if node := &f.Nodes[i]; nearest == nil || distance(n, node) < distance(n, nearest) {
			nearest = node
		}
	}
	if nearest != nil && len(n.Spec.NodeSelector) > 0 {
		s.Evidence = append(s.Evidence, "the nearest is node "+nearest.Name+": "+strings.Join(mismatches(n, nearest), "; "))
	}
	return s
}

// unmatchedSteps explains a NodeENI without nodes and network interfaces. A NodeENI that is being deleted needs
// no node.
func unmatchedSteps(f *fleet.Fleet, n *v1alpha1.NodeENI) []Step {
	if d := fleet.Deletion(n); d != "" {
		return []Step{{Name: stepSelector, State: Done, Evidence: []string{selector(n), d}}, planStep(f, n, "")}
	}
	return []Step{unmatchedStep(f, n)}
}

// distance returns how far the labels of a node are from nodeSelector. A label that the node does not have
// counts more than one with another value.
func distance(n *v1alpha1.NodeENI, node *corev1.Node) int {
	d := 0
	for key, want := range n.Spec.NodeSelector {
		switch have, ok := node.Labels[key]; {
		case !ok:
			d += 3
		case have != want:
			d += 2
		}
	}
	return d
}

// mismatches states which labels of a node differ from the selector.
func mismatches(n *v1alpha1.NodeENI, node *corev1.Node) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(n.Spec.NodeSelector)) {
		want := n.Spec.NodeSelector[key]
		if have, ok := node.Labels[key]; !ok {
			out = append(out, fmt.Sprintf("the node has no label %s, which must be %q", key, want))
		} else if want != have {
			out = append(out, fmt.Sprintf("label %s of the node is %q, not %q", key, have, want))
		}
	}
	if len(out) == 0 {
		out = append(out, "no term of nodeSelectorTerms matches the labels of the node")
	}
	return out
}

// selector describes the selector of a NodeENI.
func selector(n *v1alpha1.NodeENI) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(n.Spec.NodeSelector)) {
		parts = append(parts, key+"="+n.Spec.NodeSelector[key])
	}
	if len(n.Spec.NodeSelectorTerms) > 0 {
		parts = append(parts, fmt.Sprintf("one of %d nodeSelectorTerms", len(n.Spec.NodeSelectorTerms)))
	}
	return "nodeSelector " + strings.Join(parts, ", ")
}

// nodeStep shows the instance and the zone of a node.
func nodeStep(n *v1alpha1.NodeENI, node *corev1.Node) Step {
	s := Step{Name: stepNode, State: Done, Kind: kindNodeENI}
	id, zone := eni.InstanceID(node.Spec.ProviderID), node.Labels[corev1.LabelTopologyZone]
	switch {
	case node.Spec.ProviderID == "":
		s.State, s.Reason = Waiting, string(v1alpha1.ReasonWaitingForProviderID)
		s.Evidence = []string{"spec.providerID of the node is empty"}
		return s
	case id == "":
		s.State, s.Reason = Failed, string(v1alpha1.ReasonNotEC2Instance)
		s.Evidence = []string{"spec.providerID is " + node.Spec.ProviderID}
		return s
	}
	s.Evidence = []string{"instance " + id + " of type " + or(node.Labels[corev1.LabelInstanceTypeStable], "unknown") + " in zone " + or(zone, "unknown")}
	if r := eni.Region(node.Spec.ProviderID, node.Labels); r != "" && n.Status.Region != "" && r != n.Status.Region {
		s.State, s.Reason = Failed, string(v1alpha1.ReasonNodeInOtherRegion)
		s.Evidence = append(s.Evidence, "the node is in region "+r+", the NodeENI in "+n.Status.Region)
	}
	if why := fleet.NotReady(node); why != "" {
		s.Evidence = append(s.Evidence, "! "+why)
	}
	return s
}

// missingNodeStep shows what happens to the ENI of a deleted node.
func missingNodeStep(n *v1alpha1.NodeENI, c *fleet.Child) Step {
	s := Step{Name: stepNode, State: Waiting, Evidence: []string{"node " + c.Node + " does not exist"}}
	if m := fleet.WithoutNode(n, c.Node); m != "" {
		s.Evidence = append(s.Evidence, m)
	}
	return s
}

// planStep shows why a selected node has no network interface: the first false condition of
// the NodeENI that concerns the node. That a subnet is in the zone of no node is not the cause.
func planStep(f *fleet.Fleet, n *v1alpha1.NodeENI, node string) Step {
	s := Step{Name: stepPlan, State: Waiting, Kind: kindNodeENI, Evidence: []string{"the node has no network interface yet"}}
	if n.DeletionTimestamp != nil {
		s.Evidence = []string{"no network interface is left"}
	}
	switch c := f.PlanProblem(n, node); {
	case c != nil:
		s.accuse(n, objectNodeENI+n.Name, c)
	case n.Status.ObservedGeneration == 0:
		s.Evidence = append(s.Evidence, "the provider has not observed the NodeENI: check its Deployment")
	default:
		s.Evidence = append(s.Evidence, "no condition of the NodeENI is False")
	}
	return s
}

// blame makes the first false condition of an object the evidence of a step, and reports
// whether there is one.
func (s *Step) blame(o fleet.Conditioned, object string, types ...xpv2.ConditionType) bool {
	c := fleet.FalseCondition(o, types...)
	if c == nil {
		return false
	}
	s.accuse(o, object, c)
	return true
}

// accuse makes a false condition of an object the evidence of a step.
func (s *Step) accuse(o fleet.Conditioned, object string, c *xpv2.Condition) {
	s.State, s.Reason = Failed, string(c.Reason)
	if c.Reason == xpv2.ReasonCreating || c.Reason == xpv2.ReasonDeleting {
		s.State = Waiting
	}
	s.Evidence = append(s.Evidence, strings.TrimSuffix(fmt.Sprintf("%s: %s is False, %s: %s", object, c.Type, c.Reason, c.Message), ": "))
	if class := fleet.Class(o, c); class != c.Reason {
		if _, ok := advice.Of(s.Kind, string(class)); ok {
			s.Reason = string(class)
		}
	}
}

// interfaceStep shows the NetworkInterface.
func interfaceStep(c *fleet.Child) Step {
	s := Step{Name: stepInterface, State: Done, Kind: kindInterface}
	if c.Interface == nil {
		s.State, s.Evidence = Waiting, []string{"networkinterface/" + c.Name + " does not exist"}
		if c.NodeENI == "" && c.Attachment != nil {
			s.State = Failed
			s.action = "Create NetworkInterface " + c.Name + " in namespace " + c.Namespace + ", unless another controller such as a Composition creates it. Or delete the attachment: kubectl delete enia -n " + c.Namespace + " " + c.Attachment.Name
		}
		return s
	}
	object := "networkinterface/" + c.Name
	s.Evidence = []string{fmt.Sprintf("%s is %s in subnet %s", object, or(c.ENI(), "not created"), or(c.Subnet(), "unknown"))}
	switch {
	case s.blame(c.Interface, object, xpv2.TypeSynced):
	case s.blame(c.Interface, object, xpv2.TypeReady):
	case c.Interface.DeletionTimestamp != nil:
		s.State, s.Reason = Waiting, string(xpv2.ReasonDeleting)
		s.Evidence = append(s.Evidence, "it is being deleted")
	case c.Interface.GetCondition(xpv2.TypeReady).Status != corev1.ConditionTrue:
		s.State, s.Evidence = Waiting, append(s.Evidence, "the provider has not observed it yet")
	}
	s.deletes(c.Interface)
	if ready := c.Interface.GetCondition(xpv2.TypeReady); c.Attachment == nil && ready.Reason == xpv2.ReasonDeleting && ready.Message == "" {
		s.action = actionWait // it is not attached
	}
	if c.Interface.DeletionTimestamp != nil && c.Attachment != nil && c.Attachment.DeletionTimestamp == nil {
		s.Evidence = append(s.Evidence, "networkinterfaceattachment/"+c.Attachment.Name+" attaches it, and is not being deleted")
	}
	return s
}

// attachmentStep shows the NetworkInterfaceAttachment.
func attachmentStep(c *fleet.Child) Step {
	s := Step{Name: stepAttachment, State: Done, Kind: kindAttachment}
	a := c.Attachment
	if a == nil {
		s.State, s.Evidence = Waiting, []string{"networkinterfaceattachment/" + c.Name + " does not exist"}
		return s
	}
	object := "networkinterfaceattachment/" + a.Name
	s.Evidence = []string{fmt.Sprintf("%s is %s", object, or(a.Status.AtProvider.Status, "not attached"))}
	if c.Attached() {
		s.Evidence[0] += fmt.Sprintf(" to instance %s at device index %d", a.Status.AtProvider.InstanceID, c.DeviceIndex())
	}
	waitsForHost := a.GetCondition(xpv2.TypeReady).Reason == v1alpha1.ReasonWaitingForHost
	switch {
	case s.blame(a, object, xpv2.TypeSynced):
	case !waitsForHost && !deleting(a) && s.blame(a, object, xpv2.TypeReady):
	case c.NodeENI == "" && waitsForHost && c.Host == nil && s.blame(a, object, v1alpha1.TypeHostReady): // such as NoNode
		if c.Node != "" {
			s.silent(c)
		}
	case a.DeletionTimestamp != nil:
		s.State, s.Reason = Waiting, "Deleting"
		s.Evidence = append(s.Evidence, "it is being deleted: the host releases the link first")
		if c.Host == nil {
			s.Evidence[len(s.Evidence)-1] = "it is being deleted, and the host has no HostInterface of it: EC2 detaches the network interface"
		}
		if ready := a.GetCondition(xpv2.TypeReady); ready.Message != "" {
			s.Evidence = append(s.Evidence, ready.Message)
		}
		if c.Host != nil && s.blame(c.Host, "hostinterface/"+c.Host.Name, xpv2.TypeReady) {
			s.Kind = kindHost
		}
		s.silent(c)
	case !c.Attached():
		s.State, s.Evidence = Waiting, append(s.Evidence, "EC2 has not attached it yet")
	}
	s.deletes(a)
	return s
}

// deletes adds to a step that its object is being deleted, if the evidence is an error by which the deletion waits.
func (s *Step) deletes(o interface {
	fleet.Conditioned
	GetDeletionTimestamp() *metav1.Time
},
) {
	if o.GetDeletionTimestamp() != nil && o.GetCondition(xpv2.TypeSynced).Status == corev1.ConditionFalse {
		s.Evidence = append(s.Evidence, "it is being deleted since "+o.GetDeletionTimestamp().UTC().Format(time.RFC3339))
	}
}

// deleting reports whether an object is being deleted, and nothing else is the reason that it is not
// ready.
func deleting(o interface {
	fleet.Conditioned
	GetDeletionTimestamp() *metav1.Time
},
) bool {
	return o.GetDeletionTimestamp() != nil && o.GetCondition(xpv2.TypeReady).Reason == xpv2.ReasonDeleting
}

// hostStep shows the HostInterface.
func hostStep(c *fleet.Child) Step {
	s := Step{Name: stepHost, State: Done, Kind: kindHost}
	h := c.Host
	if h == nil {
		s.State, s.Kind, s.Evidence = Waiting, kindAttachment, []string{"the HostInterface does not exist yet"} // the provider creates it
		s.silent(c)
		return s
	}
	object := "hostinterface/" + h.Name
	switch {
	case h.GetCondition(xpv2.TypeReady).Reason == v1alpha1.ReasonWaitingForDevice, h.Status.InterfaceName+h.Status.PCIAddress == "":
		s.Evidence = []string{object + " is for MAC address " + h.Spec.MACAddress}
	case h.Status.InterfaceName != "":
		s.Evidence = []string{object + " has the link " + h.Status.InterfaceName}
	default:
		s.Evidence = []string{object + " has the device " + h.Status.PCIAddress}
	}
	switch {
	case s.blame(h, object, xpv2.TypeReady):
	case h.GetCondition(xpv2.TypeReady).Status != corev1.ConditionTrue:
		s.State, s.Evidence = Waiting, append(s.Evidence, "the agent on the node has not responded")
	case h.DeletionTimestamp != nil:
		s.State, s.Evidence = Waiting, append(s.Evidence, "it is being deleted: the agent releases the link, then the provider creates it again while the network interface is attached")
	case h.Status.ObservedGeneration != h.Generation:
		s.State, s.Evidence = Waiting, append(s.Evidence, fmt.Sprintf("the agent has applied generation %d of %d", h.Status.ObservedGeneration, h.Generation))
	}
	s.silent(c)
	return s
}

// podSteps shows what pods need, if the NodeENI has a network or resources for pods.
func podSteps(n *v1alpha1.NodeENI, c *fleet.Child) []Step {
	s := Step{Name: stepPods, State: Done, Kind: kindHost}
	if c.Host == nil {
		return nil
	}
	object := "hostinterface/" + c.Host.Name
	for _, t := range []xpv2.ConditionType{v1alpha1.TypeOffered, v1alpha1.TypeUserspaceUsable, v1alpha1.TypeResourceAdvertised} {
		if cond := c.Host.GetCondition(t); cond.Status == corev1.ConditionTrue {
			s.Evidence = append(s.Evidence, fmt.Sprintf("%s is True", t))
		}
	}
	blamed := s.blame(c.Host, object, v1alpha1.TypeOffered, v1alpha1.TypeUserspaceUsable, v1alpha1.TypeResourceAdvertised)
	if n != nil && n.Spec.Network != nil && !blamed {
		s.Kind = kindNodeENI
		if !s.blame(n, objectNodeENI+n.Name, v1alpha1.TypeNetworkDefined) {
			s.Evidence = append(s.Evidence, "NetworkDefined is True")
		}
	}
	if len(s.Evidence) == 0 {
		return nil
	}
	return []Step{s}
}

// elasticIPSteps shows the Elastic IP, if the NodeENI has a pool of Elastic IPs, or the NetworkInterface
// without a NodeENI has one in its spec.
func elasticIPSteps(n *v1alpha1.NodeENI, c *fleet.Child) []Step {
	switch {
	case c.Interface == nil, n != nil && n.Spec.ElasticIP == nil:
		return nil
	case n == nil && c.Interface.Spec.ForProvider.ElasticIPAllocationID == nil:
		return nil
	}
	s := Step{Name: stepElasticIP, State: Done, Kind: kindInterface}
	if ip := c.Interface.Status.AtProvider.ElasticIP; ip != nil {
		s.Evidence = []string{fmt.Sprintf("%s (%s)", ip.PublicIP, ip.AllocationID)}
	}
	if s.blame(c.Interface, "networkinterface/"+c.Name, v1alpha1.TypeElasticIPAssociated) || len(s.Evidence) > 0 {
		return []Step{s}
	}
	s.Evidence = []string{"the network interface has no Elastic IP"}
	if n == nil {
		s.State = Waiting
		return []Step{s}
	}
	if s.Kind = kindNodeENI; !s.blame(n, objectNodeENI+n.Name, v1alpha1.TypeElasticIPsAssigned) {
		s.State = Waiting
	}
	return []Step{s}
}

// retainedStep shows an ENI without a node.
func retainedStep(c *fleet.Child) Step {
	return Step{Name: stepInterface, State: Done, Kind: kindInterface, Evidence: []string{
		fmt.Sprintf("networkinterface/%s is %s, retained without a node since %s", c.Name, c.ENI(), c.Interface.Annotations[v1alpha1.AnnotationRetainedSince]),
		"the next node that needs a network interface in subnet " + c.Subnet() + " takes it over",
	}}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
