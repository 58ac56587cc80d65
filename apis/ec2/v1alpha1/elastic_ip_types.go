// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// An ElasticIPAllocationID is the allocation id of an Elastic IP.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^eipalloc-[0-9a-zA-Z-]+$')",message="must be the allocation id of an Elastic IP such as eipalloc-0c2d5f7a9b1e3d4f6, not an address"
type ElasticIPAllocationID string

// An ElasticIPState is the observed Elastic IP of an ENI.
type ElasticIPState struct {
	// Public IPv4 address.
	PublicIP string `json:"publicIp,omitempty"`
	// Allocation id of the Elastic IP, eipalloc-….
	AllocationID string `json:"allocationId,omitempty"`
	// Id of the association, eipassoc-….
	AssociationID string `json:"associationId,omitempty"`
}

// An AppliedElasticIP is the Elastic IP that an object has associated.
type AppliedElasticIP struct {
	// Allocation id of the Elastic IP.
	AllocationID string `json:"allocationId"`
	// When the object last requested the association.
	RequestTime metav1.Time `json:"requestTime"`
}
