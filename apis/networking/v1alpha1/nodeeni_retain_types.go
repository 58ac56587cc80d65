// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// AnnotationRetainedSince is the time since which a NetworkInterface of a NodeENI with
// spec.retain has no node, in RFC 3339 format.
const AnnotationRetainedSince = "networking.k8s.aws/retained-since"

// A RetainIdentity is what a retained ENI is for.
//
// +kubebuilder:validation:Enum=Slot
type RetainIdentity string

// RetainIdentitySlot retains an ENI for its slot: its subnet, and its position among the ENIs
// of a node in the subnet.
const RetainIdentitySlot RetainIdentity = "Slot"

// A ReclaimPolicy decides what becomes of the ENIs that a NodeENI does not need any more.
//
// +kubebuilder:validation:Enum=Delete;Retain
type ReclaimPolicy string

const (
	// ReclaimDelete deletes the ENIs.
	ReclaimDelete ReclaimPolicy = "Delete"

	// ReclaimRetain leaves the ENIs in EC2, without an object.
	ReclaimRetain ReclaimPolicy = "Retain"
)

// A NodeENIRetain configures which ENIs outlive their nodes.
type NodeENIRetain struct {
	// Slot: when a node is terminated, deleted or not selected any more, its ENIs are
	// detached and kept, with their addresses, MAC addresses and Elastic IPs. A new node
	// takes over the ENI of its slot (subnet, and position with count) that was retained
	// last, in its zone. If the ENI of a terminated node is still being detached, the new
	// node waits for it.
	// +optional
	// +kubebuilder:default=Slot
	Identity RetainIdentity `json:"identity,omitempty"`

	// Maximum number of ENIs without a node. The ENIs that were retained first are
	// released according to reclaimPolicy. Default: 10. Can be changed.
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	MaxRetained int32 `json:"maxRetained,omitempty"`

	// What becomes of ENIs beyond maxRetained, of ENIs of a removed subnet or position, and
	// of all ENIs when the NodeENI is deleted. Delete (default): they are deleted. Retain:
	// they remain in EC2 without an object, and have the tag networking.k8s.aws/keep. Can be
	// changed.
	// +optional
	// +kubebuilder:default=Delete
	ReclaimPolicy ReclaimPolicy `json:"reclaimPolicy,omitempty"`
}
