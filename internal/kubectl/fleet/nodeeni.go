// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// more matches the end of a list that names only its first items.
var more = regexp.MustCompile(` and \d+ more`)

// WithoutENI returns why a node that a NodeENI selects has no ENI: the first false condition of the NodeENI
// that concerns the node.
func (f *Fleet) WithoutENI(n *v1alpha1.NodeENI, node string) string {
	c := f.PlanProblem(n, node)
	switch {
	case c != nil:
		return sentence(strings.TrimSuffix(string(c.Reason)+": "+c.Message, ": "), f.ProviderFailure)
	case f.ProviderFailure != "":
		return f.ProviderFailure
	case n.Status.ObservedGeneration == 0:
		return "the provider has not observed the NodeENI: check its Deployment, and that its CRDs are installed"
	default:
		return "no ENI yet"
	}
}

// PlanProblem returns the first false condition of a NodeENI by which a node can be without an ENI, or nil. Of
// the nodes in a message it keeps only the node.
func (f *Fleet) PlanProblem(n *v1alpha1.NodeENI, node string) *xpv2.Condition {
	for _, t := range PlanConditions(n) {
		c := FalseCondition(n, t)
		if c == nil || !f.concerns(n, c, node) {
			continue
		}
		if c.Reason == n.GetCondition(v1alpha1.TypeNodesUsable).Reason {
			c.Message = narrow(c.Message, node)
		}
		return c
	}
	return nil
}

// concerns reports whether a false condition of a NodeENI can concern a node: its message does not only name
// other nodes.
func (f *Fleet) concerns(n *v1alpha1.NodeENI, c *xpv2.Condition, node string) bool {
	o := f.Node(node)
	if c.Reason == v1alpha1.ReasonRolloutHeld && o != nil {
		return !eni.Selects(&n.Spec, o.Labels)
	}
	if node == "" || Names(c.Message, node) || more.MatchString(c.Message) {
		return true
	}
	return !slices.ContainsFunc(words(c.Message), func(word string) bool { return f.Node(word) != nil })
}

// words returns the words of a message that can be names of nodes.
func words(message string) []string {
	out := strings.FieldsFunc(message, func(r rune) bool {
		return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
	for i := range out {
		out[i] = strings.Trim(out[i], "-.")
	}
	return out
}

// Names reports whether a message names a node.
func Names(message, node string) bool { return slices.Contains(words(message), node) }

// narrow keeps of a list of nodes in a message the items that name the node.
func narrow(message, node string) string {
	head, rest, ok := strings.Cut(message, ": ")
	if !ok || !Names(rest, node) {
		return message
	}
	list, tail, _ := strings.Cut(rest, "; ")
	items := slices.DeleteFunc(strings.Split(list, ", "), func(item string) bool { return !Names(item, node) })
	if len(items) == 0 {
		return message
	}
	return sentence(head+": "+more.ReplaceAllString(strings.Join(items, ", "), ""), tail)
}

// Held returns the condition of a held rollout if it concerns a node with ENIs: the NodeENI does not select
// the node. Otherwise it returns nil.
func (f *Fleet) Held(n *v1alpha1.NodeENI, node string) *xpv2.Condition {
	c := FalseCondition(n, xpv2.TypeReady)
	if o := f.Node(node); c == nil || c.Reason != v1alpha1.ReasonRolloutHeld || o == nil || eni.Selects(&n.Spec, o.Labels) {
		return nil
	}
	return c
}

// Deletion returns that a NodeENI is being deleted, or "".
func Deletion(n *v1alpha1.NodeENI) string {
	if n.DeletionTimestamp == nil {
		return ""
	}
	return "the NodeENI is being deleted since " + n.DeletionTimestamp.UTC().Format(time.RFC3339)
}

// NotReady returns that a node is not ready, or "".
func NotReady(node *corev1.Node) string {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
			return "node " + node.Name + " is NotReady since " + c.LastTransitionTime.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

// Unobserved reports whether the provider has not observed the present spec of a NodeENI.
func Unobserved(n *v1alpha1.NodeENI) bool { return n.Status.ObservedGeneration < n.Generation }
