// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// ConfigReference returns the provider config of a NodeENI.
func ConfigReference(n *v1alpha1.NodeENI) xpv2.ProviderConfigReference {
	if r := n.Spec.ProviderConfigReference; r != nil {
		return *r
	}
	return xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: "default"}
}

// Selects reports whether a NodeENI selects a node with the given labels: all labels of
// nodeSelector, and any of nodeSelectorTerms, must match. A NodeENI with neither selects
// no node.
func Selects(s *v1alpha1.NodeENISpec, labels map[string]string) bool {
	if len(s.NodeSelector) == 0 && len(s.NodeSelectorTerms) == 0 {
		return false
	}
	for k, v := range s.NodeSelector {
		if have, ok := labels[k]; !ok || have != v {
			return false
		}
	}
	if len(s.NodeSelectorTerms) == 0 {
		return true
	}
	for _, t := range s.NodeSelectorTerms {
		if termMatches(t, labels) {
			return true
		}
	}
	return false
}

func termMatches(t v1alpha1.NodeSelectorTerm, labels map[string]string) bool {
	for _, e := range t.MatchExpressions {
		if !expressionMatches(e, labels) {
			return false
		}
	}
	return len(t.MatchExpressions) > 0
}

func expressionMatches(e v1alpha1.NodeSelectorRequirement, labels map[string]string) bool {
	have, ok := labels[e.Key]
	in := false
	for _, v := range e.Values {
		in = in || v == have
	}
	switch e.Operator {
	case corev1.NodeSelectorOpIn:
		return ok && in
	case corev1.NodeSelectorOpNotIn:
		return !ok || !in
	case corev1.NodeSelectorOpExists:
		return ok
	case corev1.NodeSelectorOpDoesNotExist:
		return !ok
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
		return ok && len(e.Values) == 1 && compares(e.Operator, have, e.Values[0])
	default:
		return false
	}
}

func compares(op corev1.NodeSelectorOperator, have, want string) bool {
	h, err := strconv.ParseInt(have, 10, 64)
	if err != nil {
		return false
	}
	w, err := strconv.ParseInt(want, 10, 64)
	if err != nil {
		return false
	}
	if op == corev1.NodeSelectorOpGt {
		return h > w
	}
	return h < w
}
