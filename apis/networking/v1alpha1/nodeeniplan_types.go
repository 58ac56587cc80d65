// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// A NodeLabelChange is a change of a node's labels.
type NodeLabelChange struct {
	// Name of the node.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Node string `json:"node"`

	// Labels to set.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	Set map[string]string `json:"set,omitempty"`

	// Keys of labels to remove.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Remove []string `json:"remove,omitempty"`
}

// A NodeENIPlanSpec is the change to plan: a NodeENI that is applied or deleted, changed
// labels of nodes, or both. Nothing is changed.
//
// +kubebuilder:validation:XValidation:rule="has(self.nodeENI) || has(self.nodeLabels)",message="nothing to plan: set nodeENI, nodeLabels or both"
// +kubebuilder:validation:XValidation:rule="has(self.nodeENI) || !(has(self.apply) || has(self.delete))",message="set nodeENI to the name of the NodeENI to apply or to delete"
// +kubebuilder:validation:XValidation:rule="!(has(self.apply) && has(self.delete) && self.delete)",message="a NodeENI is either applied or deleted: set apply or delete"
type NodeENIPlanSpec struct {
	// Name of the NodeENI. Without apply and delete the plan is for its present spec.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	NodeENI string `json:"nodeENI,omitempty"`

	// Spec of the NodeENI to apply.
	// +optional
	Apply *NodeENISpec `json:"apply,omitempty"`

	// Whether the NodeENI is deleted.
	// +optional
	Delete bool `json:"delete,omitempty"`

	// Changes of the labels of nodes. The plan includes all NodeENIs.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	NodeLabels []NodeLabelChange `json:"nodeLabels,omitempty"`

	// Time after which the object is deleted, in seconds, counted from its completion.
	// +optional
	// +kubebuilder:default=600
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=86400
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// A PlanAction is what happens to an ENI.
//
// +kubebuilder:validation:Enum=Create;Adopt;Attach;Change;Keep;Detach;Release;Wait
type PlanAction string

// Actions of a plan.
const (
	// PlanCreate creates and attaches an ENI.
	PlanCreate PlanAction = "Create"
	// PlanAdopt takes over an ENI that exists: an ENI of another tool, an orphaned ENI or a
	// retained ENI.
	PlanAdopt PlanAction = "Adopt"
	// PlanAttach attaches an ENI that exists.
	PlanAttach PlanAction = "Attach"
	// PlanChange changes settings of an attached ENI.
	PlanChange PlanAction = "Change"
	// PlanKeep leaves an ENI as it is.
	PlanKeep PlanAction = "Keep"
	// PlanDetach detaches an ENI and retains it.
	PlanDetach PlanAction = "Detach"
	// PlanRelease detaches an ENI and deletes it, unless it remains in EC2.
	PlanRelease PlanAction = "Release"
	// PlanWait does nothing until the reason has ended.
	PlanWait PlanAction = "Wait"
)

// A PlannedENI is what happens to one ENI.
type PlannedENI struct {
	// What happens.
	Action PlanAction `json:"action"`
	// Name of the NodeENI.
	NodeENI string `json:"nodeENI"`
	// Name of the NetworkInterface and the NetworkInterfaceAttachment.
	Name string `json:"name"`
	// Name of the node. Empty for a retained ENI.
	Node string `json:"node,omitempty"`
	// Id of the instance.
	InstanceID string `json:"instanceID,omitempty"`
	// Subnet of the ENI.
	SubnetID string `json:"subnetID,omitempty"`
	// Id of the ENI, if it exists.
	ENIID string `json:"eniID,omitempty"`
	// Network card on the instance.
	NetworkCardIndex *int32 `json:"networkCardIndex,omitempty"`
	// Device index on the network card. If other ENIs are released from the node, a lower
	// index may become free first.
	DeviceIndex *int32 `json:"deviceIndex,omitempty"`
	// IPv4 addresses of the subnet that the ENI has, including its prefixes of 16.
	Addresses int32 `json:"addresses,omitempty"`
	// Actions of the EC2 calls, in order.
	// +listType=atomic
	Calls []string `json:"calls,omitempty"`
	// Settings that change.
	// +listType=atomic
	Changes []string `json:"changes,omitempty"`
	// Why the ENI waits, or is released after others.
	Message string `json:"message,omitempty"`
}

// A PlannedSubnet is the use of a subnet's addresses.
type PlannedSubnet struct {
	// Id of the subnet.
	SubnetID string `json:"subnetID"`
	// Zone of the subnet.
	AvailabilityZone string `json:"availabilityZone,omitempty"`
	// Free IPv4 addresses now. EC2 counts them with a delay.
	Free int32 `json:"free"`
	// Addresses that new ENIs take.
	Taken int32 `json:"taken"`
	// Addresses that released ENIs return.
	Returned int32 `json:"returned"`
}

// PlannedCalls is the number of calls of an EC2 action.
type PlannedCalls struct {
	// EC2 action.
	Action string `json:"action"`
	// Number of calls.
	Count int32 `json:"count"`
	// Time that the provider's share of EC2's request rate needs for the calls, at least.
	Seconds int32 `json:"seconds"`
}

// PlanTotals has the number of ENIs by action.
type PlanTotals struct {
	// ENIs that are created.
	Create int32 `json:"create"`
	// ENIs that are adopted.
	Adopt int32 `json:"adopt"`
	// ENIs that exist and are attached.
	Attach int32 `json:"attach"`
	// Attached ENIs of which settings change.
	Change int32 `json:"change"`
	// ENIs that remain as they are.
	Keep int32 `json:"keep"`
	// ENIs that are detached and retained.
	Detach int32 `json:"detach"`
	// ENIs that are released.
	Release int32 `json:"release"`
	// ENIs that wait.
	Wait int32 `json:"wait"`
}

// A NodeENIPlanStatus is a plan.
type NodeENIPlanStatus struct {
	xpv2.ConditionedStatus `json:",inline"`

	// Generation of the spec for which the plan was computed.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// When the plan was computed.
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`

	// Number of ENIs by action.
	// +optional
	Totals PlanTotals `json:"totals"`

	// ENIs, at most 2,000. Unchanged ENIs are omitted first.
	// +listType=atomic
	ENIs []PlannedENI `json:"enis,omitempty"`

	// Whether enis is truncated.
	Truncated bool `json:"truncated,omitempty"`

	// Subnets in which ENIs are created or released.
	// +listType=atomic
	Subnets []PlannedSubnet `json:"subnets,omitempty"`

	// EC2 calls that change something, by action.
	// +listType=atomic
	Calls []PlannedCalls `json:"calls,omitempty"`

	// Time that EC2's request rate needs for the calls, in seconds, at least. Calls of
	// different actions are made at the same time.
	Seconds int32 `json:"seconds,omitempty"`

	// Nodes and subnets without ENIs, and what else prevents that the NodeENI is Ready.
	// +listType=atomic
	Problems []string `json:"problems,omitempty"`
}

// A NodeENIPlan is a preview of a change: what the provider would do after a NodeENI is
// applied or deleted, or after labels of nodes change. It is computed once, changes
// nothing, and is deleted after ttlSecondsAfterFinished. kubectl eni plan creates one.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=neniplan
// +kubebuilder:printcolumn:name="NODEENI",type="string",JSONPath=".spec.nodeENI"
// +kubebuilder:printcolumn:name="PLANNED",type="string",JSONPath=".status.conditions[?(@.type=='Planned')].status"
// +kubebuilder:printcolumn:name="CREATE",type="integer",JSONPath=".status.totals.create"
// +kubebuilder:printcolumn:name="CHANGE",type="integer",JSONPath=".status.totals.change"
// +kubebuilder:printcolumn:name="RELEASE",type="integer",JSONPath=".status.totals.release"
// +kubebuilder:printcolumn:name="SECONDS",type="integer",JSONPath=".status.seconds"
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type NodeENIPlan struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   NodeENIPlanSpec   `json:"spec"`
	Status NodeENIPlanStatus `json:"status,omitempty"`
}

// GetCondition returns the condition of the given type.
func (p *NodeENIPlan) GetCondition(ct xpv2.ConditionType) xpv2.Condition {
	return p.Status.GetCondition(ct)
}

// SetConditions sets the given conditions, replacing conditions of the same type.
func (p *NodeENIPlan) SetConditions(c ...xpv2.Condition) {
	p.Status.SetConditions(c...)
}

// A NodeENIPlanList is a list of NodeENIPlans.
//
// +kubebuilder:object:root=true
type NodeENIPlanList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []NodeENIPlan `json:"items"`
}
