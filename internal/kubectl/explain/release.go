// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// releasing reports whether a network interface is being released. A HostInterface that only is being deleted
// itself is created again.
func releasing(c *fleet.Child) bool {
	return c.Releasing() && (c.Attachment == nil || c.Attachment.DeletionTimestamp != nil || c.Interface != nil && c.Interface.DeletionTimestamp != nil)
}

// nodeSteps shows the node of a network interface of a NodeENI.
func nodeSteps(f *fleet.Fleet, n *v1alpha1.NodeENI, c *fleet.Child) []Step {
	var out []Step
	node := f.Node(c.Node)
	switch {
	case node != nil:
		out = []Step{selectorStep(n, node), nodeStep(n, node)}
	case c.Node != "":
		out = []Step{missingNodeStep(n, c)}
	}
	if releasing(c) { // in any case: the node is not the cause that the release does not end
		for i := range out {
			if out[i].State != Done {
				out[i].State, out[i].Evidence = Done, append(out[i].Evidence, "the network interface is being released")
			}
		}
		return out
	}
	if node != nil && !eni.Selects(&n.Spec, node.Labels) {
		deselected(f, n, node.Name, &out[0])
	}
	return out
}

// deselected adds to the step of the selector why a node that the NodeENI does not select still has a network
// interface.
func deselected(f *fleet.Fleet, n *v1alpha1.NodeENI, node string, s *Step) {
	c, p := f.Held(n, node), fleet.SpecProblem(n)
	switch {
	case c != nil:
		s.holds(objectNodeENI+n.Name+": Ready is False, "+string(c.Reason)+": "+c.Message, string(c.Reason))
	case p != nil:
		s.holds(p.Object+": "+p.String(), p.Reason)
	default:
		s.Evidence = append(s.Evidence, "the provider releases the network interface, from at most spec.rollout.maxUnavailable nodes at a time")
		s.action = "Wait. If the node is to keep its network interfaces, label it, or change the selector of the NodeENI."
	}
}

// holds adds to the step of the selector why the NodeENI releases nothing, with the advice for the reason.
func (s *Step) holds(evidence, reason string) {
	s.Evidence, s.action = append(s.Evidence, evidence), ""
	held := Step{Kind: kindNodeENI, Reason: reason}
	if a, ok := held.advice(); ok {
		s.action = a.Action
	}
}

// releaseSteps shows the release of a network interface, in its order.
func releaseSteps(c *fleet.Child) []Step {
	var out []Step
	switch {
	case c.Attachment != nil:
		out = append(out, attachmentStep(c))
	case c.Host != nil:
		out = append(out, hostStep(c))
	}
	if c.Interface != nil {
		out = append(out, interfaceStep(c))
	}
	if c.Attachment != nil && c.Attachment.DeletionTimestamp == nil { // otherwise the attachment's step shows the host
		out = append(out, hostStep(c))
	}
	return out
}
