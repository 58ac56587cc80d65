// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestSelects(t *testing.T) {
	labels := map[string]string{"ng": "multi-eni", "generation": "5", "empty": ""}
	term := func(key string, op corev1.NodeSelectorOperator, values ...string) v1alpha1.NodeSelectorTerm {
		return v1alpha1.NodeSelectorTerm{MatchExpressions: []v1alpha1.NodeSelectorRequirement{{Key: key, Operator: op, Values: values}}}
	}
	terms := func(ts ...v1alpha1.NodeSelectorTerm) v1alpha1.NodeENISpec {
		return v1alpha1.NodeENISpec{NodeSelectorTerms: ts}
	}

	cases := map[string]struct {
		reason string
		args   v1alpha1.NodeENISpec
		want   bool
	}{
		"Nothing": {
			reason: "A NodeENI without a selector selects no node.",
			want:   false,
		},
		"EmptySelector": {
			reason: "An empty nodeSelector selects no node, not every node.",
			args:   v1alpha1.NodeENISpec{NodeSelector: map[string]string{}},
			want:   false,
		},
		"Selector": {
			reason: "A node with the label is selected.",
			args:   v1alpha1.NodeENISpec{NodeSelector: map[string]string{"ng": "multi-eni"}},
			want:   true,
		},
		"OtherValue": {
			reason: "A node with another value of the label is not selected.",
			args:   v1alpha1.NodeENISpec{NodeSelector: map[string]string{"ng": "other"}},
			want:   false,
		},
		"AllLabels": {
			reason: "All labels of nodeSelector must match.",
			args:   v1alpha1.NodeENISpec{NodeSelector: map[string]string{"ng": "multi-eni", "zone": ""}},
			want:   false,
		},
		"EmptyValue": {
			reason: "A label with an empty value is a label.",
			args:   v1alpha1.NodeENISpec{NodeSelector: map[string]string{"empty": ""}},
			want:   true,
		},
		"AbsentIsNotEmpty": {
			reason: "An absent label does not match an empty value.",
			args:   v1alpha1.NodeENISpec{NodeSelector: map[string]string{"absent": ""}},
			want:   false,
		},
		"SelectorAndTerms": {
			reason: "If both are set, both must match.",
			args: v1alpha1.NodeENISpec{
				NodeSelector:      map[string]string{"ng": "multi-eni"},
				NodeSelectorTerms: []v1alpha1.NodeSelectorTerm{term("ng", corev1.NodeSelectorOpDoesNotExist)},
			},
			want: false,
		},
		"AnyTerm": {
			reason: "One of several terms must match.",
			args:   terms(term("absent", corev1.NodeSelectorOpExists), term("ng", corev1.NodeSelectorOpExists)),
			want:   true,
		},
		"AllExpressions": {
			reason: "All expressions of a term must match.",
			args: terms(v1alpha1.NodeSelectorTerm{MatchExpressions: []v1alpha1.NodeSelectorRequirement{
				{Key: "ng", Operator: corev1.NodeSelectorOpExists}, {Key: "absent", Operator: corev1.NodeSelectorOpExists},
			}}),
			want: false,
		},
		"EmptyTerm":         {reason: "A term without expressions matches no node.", args: terms(v1alpha1.NodeSelectorTerm{}), want: false},
		"In":                {reason: "In matches one of its values.", args: terms(term("ng", corev1.NodeSelectorOpIn, "other", "multi-eni")), want: true},
		"NotAmong":          {reason: "In does not match another value.", args: terms(term("ng", corev1.NodeSelectorOpIn, "other")), want: false},
		"InAbsent":          {reason: "In does not match an absent label.", args: terms(term("absent", corev1.NodeSelectorOpIn, "")), want: false},
		"NotIn":             {reason: "NotIn matches another value.", args: terms(term("ng", corev1.NodeSelectorOpNotIn, "other")), want: true},
		"NotInAbsent":       {reason: "NotIn matches an absent label.", args: terms(term("absent", corev1.NodeSelectorOpNotIn, "")), want: true},
		"NotInAmong":        {reason: "NotIn does not match one of its values.", args: terms(term("ng", corev1.NodeSelectorOpNotIn, "multi-eni")), want: false},
		"Exists":            {reason: "Exists matches an empty value.", args: terms(term("empty", corev1.NodeSelectorOpExists)), want: true},
		"DoesNotExist":      {reason: "DoesNotExist matches an absent label.", args: terms(term("absent", corev1.NodeSelectorOpDoesNotExist)), want: true},
		"GtHolds":           {reason: "Gt compares integers, not letters.", args: terms(term("generation", corev1.NodeSelectorOpGt, "4")), want: true},
		"GtIsStrict":        {reason: "Gt does not match an equal number.", args: terms(term("generation", corev1.NodeSelectorOpGt, "5")), want: false},
		"LtComparesNumbers": {reason: "Lt compares integers, not letters.", args: terms(term("generation", corev1.NodeSelectorOpLt, "10")), want: true},
		"GtOfWord":          {reason: "A label that is not an integer does not match.", args: terms(term("ng", corev1.NodeSelectorOpGt, "4")), want: false},
		"GtThanWord":        {reason: "A value that is not an integer does not match.", args: terms(term("generation", corev1.NodeSelectorOpGt, "x")), want: false},
		"GtWithoutValue":    {reason: "Gt without a value does not match.", args: terms(term("generation", corev1.NodeSelectorOpGt)), want: false},
		"UnknownOperator":   {reason: "An unknown operator does not match.", args: terms(term("ng", "Like", "multi")), want: false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, eni.Selects(&tc.args, labels)); diff != "" {
				t.Errorf("\n%s\nSelects(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
