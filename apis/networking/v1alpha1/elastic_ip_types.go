// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// An ElasticIPAllocationID is the allocation id of an Elastic IP.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^eipalloc-[0-9a-zA-Z-]+$')",message="must be the allocation id of an Elastic IP such as eipalloc-0c2d5f7a9b1e3d4f6, not an address; to find addresses by tags use elasticIP.tags"
type ElasticIPAllocationID string

// NodeENIElasticIP is a pool of Elastic IPs. An Elastic IP of another resource is never
// taken. If several NodeENIs have an Elastic IP in their pools, the first ENI that gets it
// keeps it.
//
// +kubebuilder:validation:XValidation:rule="(has(self.allocationIds) && size(self.allocationIds) > 0) != has(self.tags)",message="set either allocationIds or tags"
type NodeENIElasticIP struct {
	// Elastic IPs by allocation id.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=200
	AllocationIDs []ElasticIPAllocationID `json:"allocationIds,omitempty"`

	// Tags of the Elastic IPs. Selects every Elastic IP of the account and region with all
	// of these tags. An empty value matches any value.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=20
	Tags map[string]string `json:"tags,omitempty"`
}
