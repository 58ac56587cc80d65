// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A NodeENIRollout limits how many nodes lose ENIs at once.
type NodeENIRollout struct {
	// Maximum number of nodes, Ready or not, that lose ENIs at once when a change of
	// the spec or of node labels removes ENIs from nodes: a number, or a percentage of
	// the nodes that have or get ENIs. Creation of ENIs and deletion of the NodeENI are
	// not limited. Default: 25%, at least one node. If unset, a change that deselects
	// several nodes with more than half of all ENIs is not rolled out until this field
	// is set or the nodes match again. Can be changed.
	// +optional
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 1 : self.matches('^(100|[1-9][0-9]?)%$')",message="must be a number of at least 1 or a percentage from 1% to 100%"
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`

	// Effect of the taint networking.k8s.aws/releasing. The provider sets the taint on a
	// node before it releases ENIs from the node, and removes it when the host has released
	// the interfaces: meanwhile the node gets no pods without a toleration, so that a
	// release that waits for pods ends. Applies to the deletion of the NodeENI, too.
	// Default: no taint. Can be changed.
	// +optional
	// +kubebuilder:validation:Enum=NoSchedule
	TaintEffect *corev1.TaintEffect `json:"taintEffect,omitempty"`
}
