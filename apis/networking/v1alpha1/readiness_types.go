// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "strings"

// ReadinessPrefix is the prefix of the label and of the condition by which a Node reports
// that the interfaces of a NodeENI are ready.
const ReadinessPrefix = "ready.networking.k8s.aws/"

// TaintPrefix is the prefix of the taints that the provider removes.
const TaintPrefix = "networking.k8s.aws/"

// TaintReleasing is the key of the taint of a Node while ENIs of a NodeENI with
// rollout.taintEffect are released from it.
const TaintReleasing = TaintPrefix + "releasing"

// ResourcePrefix is the prefix of the extended resource that a Node advertises while the
// interfaces of a NodeENI are ready.
const ResourcePrefix = "networking.k8s.aws/"

// ReadinessResource returns the name of a Node's extended resource for a NodeENI.
func ReadinessResource(nodeENI string) string { return ResourcePrefix + nodeENI }

// ReadinessKey returns the key of a Node's label, and the type of its condition, for a
// NodeENI.
func ReadinessKey(nodeENI string) string { return ReadinessPrefix + nodeENI }

// IsReadinessKey reports whether a label or condition of a Node is for a NodeENI.
func IsReadinessKey(key string) bool { return strings.HasPrefix(key, ReadinessPrefix) }

// A NodeENIReadiness configures how a Node reports that its interfaces are ready. A Node
// is ready for a NodeENI while each of its ENIs is attached and configured on the host, and
// each device for pods can be allocated.
type NodeENIReadiness struct {
	// Key of a startup taint, such as networking.k8s.aws/not-ready, with which nodes
	// register. The provider removes it once every NodeENI that selects the node and has
	// this key is ready on the node, and never adds it. Default: no taint is removed.
	// Can be changed.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^networking[.]k8s[.]aws/[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$')",message="must begin with networking.k8s.aws/, such as networking.k8s.aws/not-ready: the provider removes no other taints"
	// +kubebuilder:validation:XValidation:rule="self != 'networking.k8s.aws/releasing'",message="networking.k8s.aws/releasing is the taint of rollout.taintEffect: use another key, such as networking.k8s.aws/not-ready"
	StartupTaint *string `json:"startupTaint,omitempty"`

	// Extended resource networking.k8s.aws/NAME of each node, with the name of the NodeENI.
	// A pod that requests it is scheduled only to a node that is ready, and is Pending
	// until then. Needs agents with access to the kubelet: agent.readinessResource.enabled
	// of the Helm chart. Default: no resource. Can be changed.
	// +optional
	Resource *NodeENIResource `json:"resource,omitempty"`
}

// A NodeENIResource configures the extended resource of nodes whose interfaces are ready.
type NodeENIResource struct {
	// Number of units of each node, which limits the pods of a node that request the
	// resource. They are allocatable only while the node is ready. Default: 250. Can be
	// changed; running pods keep their units.
	// +optional
	// +kubebuilder:default=250
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Capacity int32 `json:"capacity,omitempty"`
}

// A HostReadiness is the extended resource that a node advertises while its interfaces are
// ready. The node's agent registers it with the kubelet.
type HostReadiness struct {
	// Name of the extended resource, such as networking.k8s.aws/uplink.
	// +kubebuilder:validation:MaxLength=82
	// +kubebuilder:validation:XValidation:rule="self.matches('^networking[.]k8s[.]aws/[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$')",message="must be networking.k8s.aws/ and the name of a NodeENI, such as networking.k8s.aws/uplink"
	Resource string `json:"resource"`

	// Number of units of the resource.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Capacity int32 `json:"capacity"`

	// Number of interfaces of the node with this resource that must be ready.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1024
	Interfaces int32 `json:"interfaces"`
}
