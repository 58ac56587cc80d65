// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// Condition types beyond Crossplane's Ready and Synced.
const (
	// TypeSubnetsUsable indicates whether every subnet of a NodeENI is usable by at
	// least one selected node.
	TypeSubnetsUsable xpv2.ConditionType = "SubnetsUsable"

	// TypeNodesUsable indicates whether every node that a NodeENI selects can get its
	// ENIs.
	TypeNodesUsable xpv2.ConditionType = "NodesUsable"

	// TypeUserspaceUsable indicates whether the node meets the requirements of a
	// userspace program, if the device of a HostInterface is bound to a userspace
	// driver.
	TypeUserspaceUsable xpv2.ConditionType = "UserspaceUsable"

	// TypeOffered indicates whether the SR-IOV network device plugin can allocate the
	// device to pods, if the HostInterface has a resource name.
	TypeOffered xpv2.ConditionType = "Offered"

	// TypeResourceAdvertised indicates whether the kubelet has the extended resource for the
	// readiness of the node, if the HostInterface has one. It does not indicate whether the
	// node is ready.
	TypeResourceAdvertised xpv2.ConditionType = "ResourceAdvertised"

	// TypeNetworkDefined indicates whether each namespace of a NodeENI's network has its
	// NetworkAttachmentDefinitions, and each node its part of the network.
	TypeNetworkDefined xpv2.ConditionType = "NetworkDefined"

	// TypeHostReady indicates whether the node has configured the interface of an
	// attachment with a host configuration. Its reason is the reason of the HostInterface.
	TypeHostReady xpv2.ConditionType = "HostReady"

	// TypeElasticIPAssociated indicates whether the Elastic IP in the spec of a
	// NetworkInterface is associated with its ENI.
	TypeElasticIPAssociated xpv2.ConditionType = "ElasticIPAssociated"

	// TypeElasticIPsAssigned indicates whether each ENI of a NodeENI with a pool of Elastic
	// IPs has an Elastic IP of the pool in its spec.
	TypeElasticIPsAssigned xpv2.ConditionType = "ElasticIPsAssigned"

	// TypePlanned indicates whether a NodeENIPlan is complete. It is False if the plan cannot
	// be computed.
	TypePlanned xpv2.ConditionType = "Planned"

	// TypePreflight indicates whether the credentials of a provider config have the IAM
	// permissions that the provider needs, as far as dry runs of EC2 verify it. It is Unknown if
	// EC2 does not respond.
	TypePreflight xpv2.ConditionType = "Preflight"

	// TypeCNIConflict indicates whether a CNI plugin or device plugin of the cluster conflicts
	// with the ENIs of a provider config. It is Unknown if the provider cannot read the
	// plugins' settings.
	TypeCNIConflict xpv2.ConditionType = "CNIConflict"

	// TypeCapacityAvailable indicates whether the account and the subnets of a provider config have
	// room for more ENIs. It becomes False before calls fail.
	TypeCapacityAvailable xpv2.ConditionType = "CapacityAvailable"
)

// Ready returns a true Ready condition.
func Ready(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(xpv2.TypeReady, corev1.ConditionTrue, r, message)
}

// NotReady returns a false Ready condition.
func NotReady(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(xpv2.TypeReady, corev1.ConditionFalse, r, message)
}

// InPod returns the true Ready condition of an interface whose link is in a pod.
func InPod(message string) xpv2.Condition { return Ready(ReasonInPod, message) }

// HostReady returns a HostReady condition.
func HostReady(status corev1.ConditionStatus, r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeHostReady, status, r, message)
}

// SubnetsUsable returns a true SubnetsUsable condition.
func SubnetsUsable() xpv2.Condition {
	return condition(TypeSubnetsUsable, corev1.ConditionTrue, ReasonUsable, "")
}

// SubnetsNotUsable returns a false SubnetsUsable condition.
func SubnetsNotUsable(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeSubnetsUsable, corev1.ConditionFalse, r, message)
}

// NetworkDefined returns a true NetworkDefined condition.
func NetworkDefined() xpv2.Condition {
	return condition(TypeNetworkDefined, corev1.ConditionTrue, ReasonDefined, "")
}

// NetworkNotDefined returns a false NetworkDefined condition.
func NetworkNotDefined(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeNetworkDefined, corev1.ConditionFalse, r, message)
}

// NodesUsable returns a true NodesUsable condition.
func NodesUsable() xpv2.Condition {
	return condition(TypeNodesUsable, corev1.ConditionTrue, ReasonUsable, "")
}

// NodesNotUsable returns a false NodesUsable condition.
func NodesNotUsable(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeNodesUsable, corev1.ConditionFalse, r, message)
}

// UserspaceUsable returns a true UserspaceUsable condition.
func UserspaceUsable() xpv2.Condition {
	return condition(TypeUserspaceUsable, corev1.ConditionTrue, ReasonUsable, "")
}

// UserspaceNotUsable returns a false UserspaceUsable condition.
func UserspaceNotUsable(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeUserspaceUsable, corev1.ConditionFalse, r, message)
}

// Offered returns a true Offered condition.
func Offered(message string) xpv2.Condition {
	return condition(TypeOffered, corev1.ConditionTrue, ReasonAllocatable, message)
}

// NotOffered returns a false Offered condition.
func NotOffered(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeOffered, corev1.ConditionFalse, r, message)
}

// ResourceAdvertised returns a true ResourceAdvertised condition.
func ResourceAdvertised(message string) xpv2.Condition {
	return condition(TypeResourceAdvertised, corev1.ConditionTrue, ReasonAdvertised, message)
}

// ResourceNotAdvertised returns a false ResourceAdvertised condition.
func ResourceNotAdvertised(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeResourceAdvertised, corev1.ConditionFalse, r, message)
}

// ElasticIPAssociated returns a true ElasticIPAssociated condition.
func ElasticIPAssociated() xpv2.Condition {
	return condition(TypeElasticIPAssociated, corev1.ConditionTrue, ReasonAssociated, "")
}

// ElasticIPNotAssociated returns a false ElasticIPAssociated condition.
func ElasticIPNotAssociated(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeElasticIPAssociated, corev1.ConditionFalse, r, message)
}

// ElasticIPsAssigned returns a true ElasticIPsAssigned condition.
func ElasticIPsAssigned() xpv2.Condition {
	return condition(TypeElasticIPsAssigned, corev1.ConditionTrue, ReasonElasticIPsAssigned, "")
}

// ElasticIPsNotAssigned returns a false ElasticIPsAssigned condition.
func ElasticIPsNotAssigned(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeElasticIPsAssigned, corev1.ConditionFalse, r, message)
}

// Planned returns a true Planned condition.
func Planned() xpv2.Condition {
	return condition(TypePlanned, corev1.ConditionTrue, ReasonPlanned, "")
}

// NotPlanned returns a false Planned condition.
func NotPlanned(message string) xpv2.Condition {
	return condition(TypePlanned, corev1.ConditionFalse, ReasonCannotPlan, message)
}

// Preflight returns a Preflight condition.
func Preflight(s corev1.ConditionStatus, r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypePreflight, s, r, message)
}

// CNIConflict returns a CNIConflict condition.
func CNIConflict(s corev1.ConditionStatus, r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeCNIConflict, s, r, message)
}

// CapacityAvailable returns a CapacityAvailable condition.
func CapacityAvailable(s corev1.ConditionStatus, r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeCapacityAvailable, s, r, message)
}

func condition(t xpv2.ConditionType, s corev1.ConditionStatus, r xpv2.ConditionReason, message string) xpv2.Condition {
	return xpv2.Condition{Type: t, Status: s, Reason: r, Message: message, LastTransitionTime: metav1.Now()}
}
