// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
)

// A SubnetID is the id of an EC2 subnet.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^subnet-([0-9a-zA-Z-]*[0-9a-zA-Z])$')",message="must be a subnet id such as subnet-0f59b4f14737be9ad; to find a subnet by its Name tag use subnetName"
type SubnetID string

// A SecurityGroupID is the id of an EC2 security group.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^sg-[0-9a-zA-Z-]+$')",message="must be a security group id such as sg-05da196f3314d4af8; to find a group by name use securityGroupNames"
type SecurityGroupID string

// A NodeSelectorTerm matches nodes by expressions on their labels, all of
// which must hold.
type NodeSelectorTerm struct {
	// Expressions on node labels: In, NotIn, Exists, DoesNotExist, Gt or Lt.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	MatchExpressions []NodeSelectorRequirement `json:"matchExpressions"`
}

// A NodeSelectorRequirement is one expression on a node label.
//
// +kubebuilder:validation:XValidation:rule="!(self.operator in ['In', 'NotIn']) || (has(self.values) && size(self.values) > 0)",message="operators In and NotIn need values"
// +kubebuilder:validation:XValidation:rule="!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || size(self.values) == 0",message="operators Exists and DoesNotExist take no values"
// +kubebuilder:validation:XValidation:rule="!(self.operator in ['Gt', 'Lt']) || (has(self.values) && size(self.values) == 1 && self.values[0].matches('^-?[0-9]+$'))",message="operators Gt and Lt need one value, an integer in quotes"
type NodeSelectorRequirement struct {
	// Label key.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	Key string `json:"key"`

	// Relation of the key to the values.
	// +kubebuilder:validation:Enum=In;NotIn;Exists;DoesNotExist;Gt;Lt
	Operator corev1.NodeSelectorOperator `json:"operator"`

	// Values, for In, NotIn, Gt and Lt.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=63
	Values []string `json:"values,omitempty"`
}

// A SubnetPolicy sets in how many of the subnets of its zone a node gets an ENI.
//
// +kubebuilder:validation:Enum=All;OnePerZone
type SubnetPolicy string

const (
	// SubnetPolicyAll means that a node gets one ENI in each of the subnets in its zone.
	SubnetPolicyAll SubnetPolicy = "All"

	// SubnetPolicyOnePerZone means that a node gets one ENI, in one of the subnets in its zone.
	SubnetPolicyOnePerZone SubnetPolicy = "OnePerZone"
)

// A NodeSubnetSelector selects subnets by tags.
type NodeSubnetSelector struct {
	// Tags of the subnets. Selects every subnet with all of these tags. An empty
	// value matches any value.
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=20
	Tags map[string]string `json:"tags"`
}

// A NodeSecurityGroupSelector selects security groups by tags.
type NodeSecurityGroupSelector struct {
	// Tags of the groups. Selects every group with all of these tags, and at least
	// one group must match. An empty value matches any value.
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=20
	Tags map[string]string `json:"tags"`
}
