// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Labels and annotations that the controllers set on the objects they create.
const (
	// LabelNodeENI is the name of the NodeENI for which an object was created.
	LabelNodeENI = "networking.k8s.aws/node-eni"

	// LabelNode is the name of the node for which an object was created.
	LabelNode = "networking.k8s.aws/node"

	// LabelSlot identifies an ENI among the ENIs of a NodeENI on one node: by the id of
	// its subnet, followed by its position among the ENIs of the subnet unless it is the
	// first, such as subnet-0f59b4f14737be9ad.1.
	LabelSlot = "networking.k8s.aws/slot"

	// AnnotationNodeUID is the UID of the node for which an object was created. Node
	// names are reused, UIDs are not.
	AnnotationNodeUID = "networking.k8s.aws/node-uid"

	// AnnotationInstanceID is the instance of the node for which an object was
	// created. It is set before the ENI is attached.
	AnnotationInstanceID = "networking.k8s.aws/instance-id"

	// AnnotationDeviceIndexes is the preferred device index of an ENI, and the first and
	// the last index of its NodeENI's ENIs on the node, such as "2 of 1-3". It is not set
	// if the NodeENI has a single ENI on the node.
	AnnotationDeviceIndexes = "networking.k8s.aws/device-indexes"

	// AnnotationNetworkCardIndex is the network card for which the ENI of a
	// NetworkInterface is created. Default: 0.
	AnnotationNetworkCardIndex = "networking.k8s.aws/network-card-index"
)

// AnnotationAdopted is the id of the existing ENI that a NetworkInterface of a NodeENI
// adopted. It applies as long as the ENI is the external name of the NetworkInterface.
const AnnotationAdopted = "networking.k8s.aws/adopted"

// AnnotationCreateUnanswered is the time of the last create or attach call of unknown
// outcome for an object. A deleted object is kept for a minute after that time, and no
// other ENI is created for an object that has been changed since.
const AnnotationCreateUnanswered = "networking.k8s.aws/create-unanswered"

// AnnotationCreatedIn is the account and region, separated by a slash, of the last
// create call for a managed resource. It is written before the call, together with
// Crossplane's external-create-pending annotation, so that it survives a crash and a
// backup without status.
const AnnotationCreatedIn = "networking.k8s.aws/created-in"

// AnnotationConfirmDeleted is set by a user on a NetworkInterface or a
// NetworkInterfaceAttachment. It confirms that the ENI or instance with the given id no
// longer exists, if EC2's responses do not prove the deletion.
const AnnotationConfirmDeleted = "networking.k8s.aws/confirm-deleted"

// AnnotationNodeENIUID is the UID of the NodeENI of a HostInterface, for the agent's events on
// the NodeENI.
const AnnotationNodeENIUID = "networking.k8s.aws/node-eni-uid"

// AnnotationPrefixPool marks a NetworkInterface whose IPv4 prefixes form a pool for pods: only
// prefixes that its HostInterface lists as idle are unassigned.
const AnnotationPrefixPool = "networking.k8s.aws/prefix-pool"

// AnnotationTakeOver has, on a NodeENI, the TakeOver of each ENI by its id, and on a
// NetworkInterfaceAttachment of a NodeENI the TakeOver of its ENI, as JSON. kubectl eni
// migrate sets it.
const AnnotationTakeOver = "networking.k8s.aws/take-over"

// AnnotationTraceParent on the objects of an ENI carries the context of its trace to all
// controllers and to the agent, in the format of W3C Trace Context, until the ENI is ready. The
// provider sets it if it exports traces.
const AnnotationTraceParent = "networking.k8s.aws/traceparent"

// AnnotationLeaveHost on a NetworkInterfaceAttachment of a NodeENI makes the agent leave the
// link and its device as they are when the attachment is deleted. kubectl eni migrate
// --rollback sets it.
const AnnotationLeaveHost = "networking.k8s.aws/leave-host"

// AnnotationMigratedFrom is the controller from which kubectl eni migrate has moved a NodeENI
// to this provider.
const AnnotationMigratedFrom = "networking.k8s.aws/migrated-from"

// MultiENIController is the value of AnnotationMigratedFrom for aws-multi-eni-controller.
const MultiENIController = "aws-multi-eni-controller"

// Finalizers.
const (
	// FinalizerMultiENIController is aws-multi-eni-controller's finalizer on a NodeENI. The
	// provider changes nothing for a NodeENI that has it: two controllers would act on the
	// same ENIs.
	FinalizerMultiENIController = "nodeeni.networking.k8s.aws/finalizer"

	// FinalizerNodeENI keeps a NodeENI until its children are deleted.
	FinalizerNodeENI = "networking.k8s.aws/node-eni"

	// FinalizerHostRelease keeps a NetworkInterfaceAttachment, and the ENI attached,
	// until the node's agent has released the interface.
	FinalizerHostRelease = "networking.k8s.aws/host-release"

	// FinalizerAgent keeps a HostInterface until the node's agent has reverted its
	// changes on the host.
	FinalizerAgent = "networking.k8s.aws/agent"
)

// HostInterfaceName returns the name of the HostInterface of an attachment. It is unique:
// the name of a namespace has no dot.
func HostInterfaceName(namespace, attachment string) string {
	full := namespace + "." + attachment
	if len(full) <= maxName {
		return full
	}
	sum := sha256.Sum256([]byte(full))
	return strings.TrimRight(full[:maxName-11], "-.") + "-" + hex.EncodeToString(sum[:])[:10]
}

// maxName is the maximum length of an object's name.
const maxName = 253
