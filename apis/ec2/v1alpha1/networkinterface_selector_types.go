// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// A SubnetID is the id of an EC2 subnet.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^subnet-([0-9a-zA-Z-]*[0-9a-zA-Z])$')",message="must be a subnet id such as subnet-0f59b4f14737be9ad; to find a subnet by its Name tag use subnetSelector.name"
type SubnetID string

// A SecurityGroupID is the id of an EC2 security group.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^sg-[0-9a-zA-Z-]+$')",message="must be a security group id such as sg-05da196f3314d4af8; to find a group by name use securityGroupSelector.names"
type SecurityGroupID string

// SubnetSelector selects one subnet. All given criteria must match. No match and
// multiple matches are reported in the object's conditions, with the candidates.
//
// +kubebuilder:validation:XValidation:rule="has(self.name) || (has(self.tags) && size(self.tags) > 0)",message="set name, tags or both: availabilityZone alone would match any subnet of the zone"
type SubnetSelector struct {
	// Value of the subnet's Name tag.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Name *string `json:"name,omitempty"`

	// Tags of the subnet. An empty value matches any value.
	// +optional
	// +kubebuilder:validation:MaxProperties=20
	Tags map[string]string `json:"tags,omitempty"`

	// Availability Zone of the subnet, such as us-east-1a.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	AvailabilityZone *string `json:"availabilityZone,omitempty"`
}

// SecurityGroupSelector selects security groups in the subnet's VPC.
//
// +kubebuilder:validation:XValidation:rule="(has(self.names) && size(self.names) > 0) || (has(self.tags) && size(self.tags) > 0)",message="set names, tags or both"
type SecurityGroupSelector struct {
	// Group names, or values of the groups' Name tag. Each name must match
	// exactly one group in the subnet's VPC; the group name takes precedence.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	Names []string `json:"names,omitempty"`

	// Tags of the groups. Selects every group with all of these tags, and at least
	// one group must match. An empty value matches any value.
	// +optional
	// +kubebuilder:validation:MaxProperties=20
	Tags map[string]string `json:"tags,omitempty"`
}
