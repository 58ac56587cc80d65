// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"slices"
	"strings"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/advice"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

const (
	actionProvider = "Check the provider's Deployment: kubectl get pods -A -l app.kubernetes.io/name=provider-aws-eni"
	actionAgent    = "Check that the agent's DaemonSet runs a pod on the node: kubectl get pods -A -o wide -l app.kubernetes.io/part-of=provider-aws-eni --field-selector spec.nodeName="
	actionWait     = "Wait. If it does not end, read the log of the provider: kubectl logs -n provider-aws-eni-system deployment/provider-aws-eni"
)

// finish marks the steps after the first step that is not done as open unless they are done, and sets what
// to do.
func (e *Explanation) finish(f *fleet.Fleet) {
	i := e.undone()
	if i < 0 {
		return
	}
	for j := i + 1; j < len(e.Steps); j++ {
		if e.Steps[j].State != Done {
			e.Steps[j].State, e.Steps[j].Evidence = Open, nil
		}
	}
	s := &e.Steps[i]
	e.Action = e.actionOf(s)
	if f.ProviderFailure != "" && s.ofProvider() {
		s.Evidence = append(s.Evidence, f.ProviderFailure)
		if s.State == Waiting {
			e.Action = actionProvider
		}
	}
}

// undone returns the index of the first step that is not done, or -1.
func (e *Explanation) undone() int {
	return slices.IndexFunc(e.Steps, func(s Step) bool { return s.State != Done })
}

// ofProvider reports whether the provider completes a step.
func (s *Step) ofProvider() bool {
	switch s.Name {
	case stepPlan, stepNodeENI, stepElasticIP, stepInterface:
		return true
	case stepAttachment, stepHost:
		return s.action == "" && s.Kind != kindHost
	default:
		return false
	}
}

// silent adds to a step why the agent on which it waits does not respond, if that is known.
func (s *Step) silent(c *fleet.Child) {
	if why := c.Silence(); why != "" {
		s.State, s.Evidence, s.action = Failed, append(s.Evidence, why), actionAgent+c.Node
	}
}

// actionOf returns what to do about the first step that is not done.
func (e *Explanation) actionOf(s *Step) string {
	if s.action != "" {
		return s.action
	}
	if a, ok := s.advice(); ok {
		return e.named(s, a.Action)
	}
	switch {
	case s.Name == stepSelector && e.Node == "":
		return "Label the nodes that are to get network interfaces, or change the selector of the NodeENI."
	case s.Name == stepSelector:
		return "Label the node, or change the selector of the NodeENI, if the node is to get its network interfaces."
	case s.Name == stepNode: // it does not exist
		return "Nothing, unless the node is to keep its network interfaces: then register it again before they are released."
	case s.Name == stepHost && s.Reason == "":
		return actionAgent + e.Node
	case s.State == Waiting:
		return actionWait
	default:
		return "Follow the message. See docs/troubleshooting.md."
	}
}

// advice returns the advice for the reason of a step. NotFound is the reason for any resource; the evidence
// states whether it is a security group.
func (s *Step) advice() (advice.Advice, bool) {
	reason := s.Reason
	if reason == string(v1alpha1.ReasonNotFound) && strings.Contains(strings.Join(s.Evidence, "; "), "security group ") {
		reason = string(v1alpha1.ReasonSecurityGroupNotFound)
	}
	return advice.Of(s.Kind, reason)
}

// named returns advice with the names of the objects of the network interface in its commands.
func (e *Explanation) named(s *Step, action string) string {
	if e.child == nil {
		return action
	}
	name := e.child.Name
	if s.Kind == kindAttachment && e.child.Attachment != nil {
		name = e.child.Attachment.Name
	}
	action = strings.ReplaceAll(action, "NAMESPACE NAME", e.child.Namespace+" "+name)
	if s.Kind == kindInterface && e.ENI != "" {
		action = strings.ReplaceAll(action, v1alpha1.AnnotationConfirmDeleted+"=ID", v1alpha1.AnnotationConfirmDeleted+"="+e.ENI)
	}
	return action
}

// nodeENISteps shows why a NodeENI is not ready, if the steps of its network interface are done: the provider
// cannot apply the spec, has not observed it, or reports the network interface as not ready.
func (e *Explanation) nodeENISteps(n *v1alpha1.NodeENI, c *fleet.Child) {
	if e.undone() >= 0 {
		return
	}
	object := objectNodeENI + n.Name
	s := Step{Name: stepNodeENI, State: Waiting, Kind: kindNodeENI}
	ready := fleet.FalseCondition(n, xpv2.TypeReady)
	switch p := fleet.SpecProblem(n); {
	case p != nil:
		s.Name, s.State, s.Reason = stepPlan, Failed, p.Reason
		s.Evidence = []string{"the network interface remains as it is: " + kept(n), p.Object + ": " + p.String()}
	case n.DeletionTimestamp != nil:
		s.Evidence = []string{"the provider has not begun to release the network interface"}
	case fleet.Unobserved(n):
		s.Evidence = []string{fmt.Sprintf("the provider has observed generation %d of %d of %s", n.Status.ObservedGeneration, n.Generation, object)}
	case c.Reported != "" && ready != nil:
		s.Reason = string(ready.Reason)
		s.Evidence = []string{fmt.Sprintf("%s: Ready is False, %s: %s", object, ready.Reason, c.Reported)}
	case ready != nil && n.Status.Truncated && fleet.Names(ready.Message, c.Node): // the status does not list all
		s.Reason = string(ready.Reason)
		s.Evidence = []string{fmt.Sprintf("%s: Ready is False, %s: %s", object, ready.Reason, ready.Message)}
	default:
		return
	}
	e.Steps = append(e.Steps, s)
}

// kept returns why a NodeENI keeps its network interfaces.
func kept(n *v1alpha1.NodeENI) string {
	if n.DeletionTimestamp != nil {
		return "the deletion of the NodeENI waits"
	}
	return "the spec is not applied"
}
