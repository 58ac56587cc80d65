// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// A State is the state of a step.
type State string

// States of a step.
const (
	// Done is a step that is complete.
	Done State = "done"
	// Waiting is a step that a controller or an agent completes later.
	Waiting State = "waiting"
	// Failed is a step that needs a change by a user.
	Failed State = "failed"
	// Open is a step after the first step that is not done.
	Open State = "open"
)

// A Step is one step from the selector to the host.
type Step struct {
	Name     string   `json:"name"`
	State    State    `json:"state"`
	Evidence []string `json:"evidence,omitempty"`
	// Reason of the condition that is the evidence, and the kind of its object.
	Reason string `json:"reason,omitempty"`
	Kind   string `json:"kind,omitempty"`

	action string // what to do, unless the reason has advice
}

// An Explanation is the steps of one network interface, of a node without one, or of the capacity
// of a node.
type Explanation struct {
	// NodeENI is empty for the capacity of a node, and for network interfaces without a NodeENI.
	NodeENI string `json:"nodeEni,omitempty"`
	Node    string `json:"node,omitempty"`
	// Kind of the object with Namespace and Name, for network interfaces without a NodeENI.
	Kind string `json:"kind,omitempty"`
	// Namespace and Name of the NetworkInterface and its attachment, and ENI its id. Namespace is
	// empty for network interfaces of NodeENIs.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	ENI       string `json:"eni,omitempty"`

	Steps []Step `json:"steps"`
	// Action is what to do; empty if all steps are done.
	Action string `json:"action,omitempty"`

	child *fleet.Child // nil without a network interface
}

// Subjects are the subjects that can be explained.
const Subjects = "node/NAME, neni/NAME, eni/ID, eni/NAME, enia/NAME or hif/NAME"

// Of explains a subject: node/NAME, neni/NAME, eni/ID, or the name of one of a network interface's
// objects: eni/NAME, enia/NAME or hif/NAME, the first two also with a namespace: eni/NAMESPACE/NAME. Other
// spellings of the kinds are accepted, as kubectl does.
func Of(f *fleet.Fleet, subject string) ([]Explanation, error) {
	kind, name, ok := strings.Cut(subject, "/")
	if !ok || name == "" {
		return nil, errors.Errorf("cannot explain %q: use %s", subject, Subjects)
	}
	named := func(o client.Object) bool { return o.GetName() == name || o.GetNamespace()+"/"+o.GetName() == name }
	switch strings.ToLower(kind) {
	case "node", "nodes", "no":
		return ofNode(f, name)
	case "neni", "nodeeni", "nodeenis", "nodeenis.networking.k8s.aws", "nodeeni.networking.k8s.aws":
		return ofNodeENI(f, name)
	case "eni", "networkinterface", "networkinterfaces", "networkinterface.ec2.networking.k8s.aws", "networkinterfaces.ec2.networking.k8s.aws":
		return ofENI(f, "network interface", name, func(c *fleet.Child) bool { return c.ENI() == name || c.Name == name || c.Namespace+"/"+c.Name == name })
	case "enia", "networkinterfaceattachment", "networkinterfaceattachments", "networkinterfaceattachment.ec2.networking.k8s.aws", "networkinterfaceattachments.ec2.networking.k8s.aws":
		return ofENI(f, "NetworkInterfaceAttachment", name, func(c *fleet.Child) bool { return c.Attachment != nil && named(c.Attachment) })
	case "hif", "hostinterface", "hostinterfaces", "hostinterface.networking.k8s.aws", "hostinterfaces.networking.k8s.aws":
		return ofENI(f, "HostInterface", name, func(c *fleet.Child) bool { return c.Host != nil && c.Host.Name == name })
	default:
		return nil, errors.Errorf("cannot explain kind %q: use %s", kind, Subjects)
	}
}

// ofNode explains each NodeENI for a node.
func ofNode(f *fleet.Fleet, name string) ([]Explanation, error) {
	node := f.Node(name)
	standalone := childrenOn(f, "", name)
	if node == nil && len(standalone) == 0 && !slices.ContainsFunc(f.NodeENIs, func(n v1alpha1.NodeENI) bool { return len(childrenOn(f, n.Name, name)) > 0 }) {
		return nil, errors.Errorf("node %q does not exist, and has no network interfaces", name)
	}
	if len(f.NodeENIs) == 0 && len(standalone) == 0 {
		return nil, errors.New("there is no NodeENI: create one, see examples/nodeeni")
	}
	var out []Explanation
	for j := range f.NodeENIs {
		out = append(out, onNode(f, &f.NodeENIs[j], name)...)
	}
	for _, c := range standalone {
		out = append(out, ofStandalone(f, &c))
	}
	if node != nil {
		out = append(out, capacityOf(f, node)...)
	}
	return out, nil
}

// ofNodeENI explains a NodeENI for each node that it selects, or that has an ENI of it.
func ofNodeENI(f *fleet.Fleet, name string) ([]Explanation, error) {
	n := f.NodeENI(name)
	if n == nil {
		return nil, errors.Errorf("NodeENI %q does not exist: see kubectl get nodeeni", name)
	}
	nodes := f.Selected(n)
	for _, c := range f.Children(name) {
		nodes = append(nodes, c.Node)
	}
	slices.Sort(nodes)
	nodes = slices.DeleteFunc(slices.Compact(nodes), func(s string) bool { return s == "" })
	if len(nodes) == 0 {
		return []Explanation{without(f, n, "", unmatchedSteps(f, n)...)}, nil
	}
	var out []Explanation
	for _, node := range nodes {
		out = append(out, onNode(f, n, node)...)
	}
	return out, nil
}

// ofENI explains the network interfaces that match. Objects of several namespaces can have the same
// name.
func ofENI(f *fleet.Fleet, kind, name string, match func(*fleet.Child) bool) ([]Explanation, error) {
	var out []Explanation
	for i := range f.NodeENIs {
		n := &f.NodeENIs[i]
		for _, c := range f.Children(n.Name) {
			if match(&c) {
				out = append(out, ofChild(f, n, &c))
			}
		}
	}
	for _, c := range f.Standalone() {
		if match(&c) {
			out = append(out, ofStandalone(f, &c))
		}
	}
	if len(out) == 0 {
		return nil, errors.Errorf("%s %q does not exist: see kubectl get eni,enia -A, and kubectl get hif", kind, name)
	}
	return out, nil
}

// onNode explains a NodeENI for a node.
func onNode(f *fleet.Fleet, n *v1alpha1.NodeENI, node string) []Explanation {
	var out []Explanation
	for _, c := range childrenOn(f, n.Name, node) {
		out = append(out, ofChild(f, n, &c))
	}
	if len(out) > 0 {
		return out
	}
	o := f.Node(node)
	if o == nil {
		return nil
	}
	steps := []Step{selectorStep(n, o)}
	if eni.Selects(&n.Spec, o.Labels) {
		steps = append(steps, nodeStep(n, o), planStep(f, n, node))
	}
	return []Explanation{without(f, n, node, steps...)}
}

// without explains why a node has no network interface.
func without(f *fleet.Fleet, n *v1alpha1.NodeENI, node string, steps ...Step) Explanation {
	e := Explanation{NodeENI: n.Name, Node: node, Steps: steps}
	e.finish(f)
	return e
}

// ofChild explains a network interface.
func ofChild(f *fleet.Fleet, n *v1alpha1.NodeENI, c *fleet.Child) Explanation {
	e := Explanation{NodeENI: n.Name, Node: c.Node, Name: c.Name, ENI: c.ENI(), child: c}
	if c.Retained() {
		e.Steps = []Step{retainedStep(c)}
		if d := fleet.Deletion(n); d != "" {
			e.Steps[0].Evidence = append(e.Steps[0].Evidence, d)
		}
		return e
	}
	e.Steps = nodeSteps(f, n, c)
	if releasing(c) {
		e.Steps = append(e.Steps, releaseSteps(c)...)
		e.finish(f)
		return e
	}
	e.Steps = append(e.Steps, interfaceStep(c), attachmentStep(c), hostStep(c))
	e.Steps = append(e.Steps, elasticIPSteps(n, c)...)
	e.Steps = append(e.Steps, podSteps(n, c)...)
	e.nodeENISteps(n, c)
	e.finish(f)
	return e
}

// ofStandalone explains a network interface without a NodeENI. Its attachment, and its configuration on
// the host, are not required.
func ofStandalone(f *fleet.Fleet, c *fleet.Child) Explanation {
	e := Explanation{Node: c.Node, Kind: kindInterface, Namespace: c.Namespace, Name: c.Name, ENI: c.ENI(), child: c}
	if c.Interface != nil || !c.ByID() {
		e.Steps = append(e.Steps, interfaceStep(c))
	} else {
		e.Kind = kindAttachment
	}
	if c.Attachment != nil {
		e.Steps = append(e.Steps, attachmentStep(c))
	}
	if releasing(c) {
		slices.Reverse(e.Steps) // in the order of a release
	}
	if c.Host != nil || c.Attachment != nil && c.Attachment.Spec.Host != nil && !releasing(c) {
		e.Steps = append(e.Steps, hostStep(c))
	}
	e.Steps = append(e.Steps, elasticIPSteps(nil, c)...)
	e.Steps = append(e.Steps, podSteps(nil, c)...)
	e.finish(f)
	return e
}

// childrenOn returns the network interfaces of a NodeENI on a node.
func childrenOn(f *fleet.Fleet, nodeENI, node string) []fleet.Child {
	return slices.DeleteFunc(slices.Clone(f.Children(nodeENI)), func(c fleet.Child) bool { return c.Node != node })
}
