// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// PausedMessage is the message of conditions of paused objects.
const PausedMessage = "the annotation crossplane.io/paused is set: the provider changes nothing until it is removed"

// Reasons why a HostInterface is or is not Ready.
const (
	// ReasonWaitingForDevice: no link with the MAC address is on the host yet.
	ReasonWaitingForDevice xpv2.ConditionReason = "WaitingForDevice"

	// ReasonConfigured: the link is configured.
	ReasonConfigured xpv2.ConditionReason = "Configured"

	// ReasonBound: the device is bound to the userspace driver.
	ReasonBound xpv2.ConditionReason = "Bound"

	// ReasonInPod: a pod has the link itself, in its network namespace.
	ReasonInPod xpv2.ConditionReason = "InPod"

	// ReasonReleasing: the host is releasing the interface.
	ReasonReleasing xpv2.ConditionReason = "Releasing"

	// ReasonProtectedInterface: the link with the MAC address must not be configured.
	ReasonProtectedInterface xpv2.ConditionReason = "ProtectedInterface"

	// ReasonNameTaken: another link has the configured name.
	ReasonNameTaken xpv2.ConditionReason = "NameTaken"

	// ReasonInvalidConfig: the spec is invalid.
	ReasonInvalidConfig xpv2.ConditionReason = "InvalidConfig"

	// ReasonOutOfBounds: the spec has a value that the agent never applies.
	ReasonOutOfBounds xpv2.ConditionReason = "OutOfBounds"

	// ReasonAddressTaken: another link of the node has an address of the ENI.
	ReasonAddressTaken xpv2.ConditionReason = "AddressTaken"

	// ReasonKernelRefused: the kernel returned an error for a step.
	ReasonKernelRefused xpv2.ConditionReason = "KernelRefused"

	// ReasonNoPCIDevice: the link has no PCI device to bind to a userspace driver.
	ReasonNoPCIDevice xpv2.ConditionReason = "NoPCIDevice"

	// ReasonDriverNotLoaded: the userspace driver is not loaded, and the agent is not
	// configured to load it.
	ReasonDriverNotLoaded xpv2.ConditionReason = "DriverNotLoaded"

	// ReasonModuleNotFound: the node's kernel has no module of the userspace
	// driver.
	ReasonModuleNotFound xpv2.ConditionReason = "ModuleNotFound"

	// ReasonNoIOMMU: the device has no IOMMU, and allowNoIOMMU is not set.
	ReasonNoIOMMU xpv2.ConditionReason = "NoIOMMU"

	// ReasonNoIOMMUUnsupported: the device has no IOMMU, and the node's kernel does not
	// support VFIO without one (CONFIG_VFIO_NOIOMMU).
	ReasonNoIOMMUUnsupported xpv2.ConditionReason = "NoIOMMUUnsupported"

	// ReasonDeviceNotIdentified: other software bound the device to a userspace driver, and
	// what it recorded does not identify the device.
	ReasonDeviceNotIdentified xpv2.ConditionReason = "DeviceNotIdentified"

	// ReasonNotPermitted: the agent lacks the privileges to bind a device.
	ReasonNotPermitted xpv2.ConditionReason = "NotPermitted"

	// ReasonBindRefused: the device could not be bound to the userspace driver, and its
	// kernel driver was restored.
	ReasonBindRefused xpv2.ConditionReason = "BindRefused"

	// ReasonWaitingForPods: pods use the interface to be released.
	ReasonWaitingForPods xpv2.ConditionReason = "WaitingForPods"

	// ReasonMultusNotReady: the node starts pods with a CNI configuration that does not run
	// Multus.
	ReasonMultusNotReady xpv2.ConditionReason = "MultusNotReady"

	// ReasonNoNetworkDirectory: the agent has no access to the directory of Multus.
	ReasonNoNetworkDirectory xpv2.ConditionReason = "NoNetworkDirectory"

	// ReasonNetworkNameTaken: another file of the node, or a foreign
	// NetworkAttachmentDefinition, has the name of the network.
	ReasonNetworkNameTaken xpv2.ConditionReason = "NetworkNameTaken"

	// ReasonWaitingForAddresses: EC2 has not assigned addresses for pods to the ENI yet.
	ReasonWaitingForAddresses xpv2.ConditionReason = "WaitingForAddresses"

	// ReasonDeviceInUse: the kernel waits for a process to close the device.
	ReasonDeviceInUse xpv2.ConditionReason = "DeviceInUse"
)

// Reasons why a device is not usable by a userspace program.
const (
	// ReasonNoHugePages: the node has no huge pages reserved.
	ReasonNoHugePages xpv2.ConditionReason = "NoHugePages"

	// ReasonGroupNotViable: another device of the IOMMU group is bound to a kernel
	// driver, so the group is not viable for VFIO.
	ReasonGroupNotViable xpv2.ConditionReason = "GroupNotViable"

	// ReasonMemoryUncached: the driver maps the device's memory without write
	// combining, which reduces the throughput of an ENA device severely.
	ReasonMemoryUncached xpv2.ConditionReason = "MemoryUncached"
)

// Reasons why a device can or cannot be allocated to pods.
const (
	// ReasonAllocatable: the kubelet lists the device as allocatable.
	ReasonAllocatable xpv2.ConditionReason = "Allocatable"

	// ReasonNotWritten: the agent is not configured with the path of the device
	// plugin's file.
	ReasonNotWritten xpv2.ConditionReason = "NotWritten"

	// ReasonNotInFile: the device is not, or cannot be, in the device plugin's
	// file.
	ReasonNotInFile xpv2.ConditionReason = "NotInFile"

	// ReasonPluginNotRunning: no device plugin runs on the node.
	ReasonPluginNotRunning xpv2.ConditionReason = "PluginNotRunning"

	// ReasonNotAllocatable: the kubelet does not list the device as allocatable yet.
	ReasonNotAllocatable xpv2.ConditionReason = "NotAllocatable"

	// ReasonKubeletUnknown: the kubelet's pod resources API is unavailable.
	ReasonKubeletUnknown xpv2.ConditionReason = "KubeletUnknown"
)

// Reasons why a node does or does not advertise the extended resource for its readiness.
const (
	// ReasonAdvertised: the kubelet has registered the resource.
	ReasonAdvertised xpv2.ConditionReason = "Advertised"

	// ReasonNoKubeletDirectory: the agent has no access to the kubelet's directory of device
	// plugins.
	ReasonNoKubeletDirectory xpv2.ConditionReason = "NoKubeletDirectory"

	// ReasonNotRegistered: the kubelet has not registered the resource.
	ReasonNotRegistered xpv2.ConditionReason = "NotRegistered"
)

// Reasons why an attachment is not Ready, in addition to Crossplane's.
const (
	// ReasonAttachedElsewhere: the ENI is attached to another instance.
	ReasonAttachedElsewhere xpv2.ConditionReason = "AttachedElsewhere"

	// ReasonWaitingForNetworkInterface: the ENI does not exist yet.
	ReasonWaitingForNetworkInterface xpv2.ConditionReason = "WaitingForNetworkInterface"

	// ReasonWaitingForHost: the ENI is attached, and its node has not configured the
	// interface yet. The condition HostReady has the cause.
	ReasonWaitingForHost xpv2.ConditionReason = "WaitingForHost"

	// ReasonNoNode: spec.host is set, and the instance is not a node of this cluster.
	ReasonNoNode xpv2.ConditionReason = "NoNode"

	// ReasonWaitingForInstance: no ENI can be attached to the node or instance yet.
	ReasonWaitingForInstance xpv2.ConditionReason = "WaitingForInstance"

	// ReasonDeviceIndexDiffers: the ENI is attached to the instance at a device index
	// other than the pinned index.
	ReasonDeviceIndexDiffers xpv2.ConditionReason = "DeviceIndexDiffers"

	// ReasonInstanceInOtherZone: the ENI and the instance are in different zones.
	ReasonInstanceInOtherZone xpv2.ConditionReason = "InstanceInOtherZone"

	// ReasonInstanceGone: the instance is terminated.
	ReasonInstanceGone xpv2.ConditionReason = "InstanceGone"

	// ReasonDeviceIndexTaken: the pinned device index is in use.
	ReasonDeviceIndexTaken xpv2.ConditionReason = "DeviceIndexTaken"

	// ReasonInstanceENILimit: the instance type supports no further ENI.
	ReasonInstanceENILimit xpv2.ConditionReason = "InstanceENILimit"

	// ReasonWaitingForDetach: the ENI is still attached.
	ReasonWaitingForDetach xpv2.ConditionReason = "WaitingForDetach"

	// ReasonDetached: the ENI was detached outside the controller, and is attached
	// again.
	ReasonDetached xpv2.ConditionReason = "Detached"

	// ReasonNotOurs: the ENI is managed by an AWS service or another owner.
	ReasonNotOurs xpv2.ConditionReason = "NotOurs"
)

// Reasons why an EC2 resource is not reconciled, regardless of the spec.
const (
	// ReasonWrongAccount: the provider config resolves to an AWS account other than the
	// account in which the resource was created.
	ReasonWrongAccount xpv2.ConditionReason = "WrongAccount"

	// ReasonWrongRegion: the provider config resolves to a region other than the region
	// in which the resource was created.
	ReasonWrongRegion xpv2.ConditionReason = "WrongRegion"

	// ReasonAccountUnknown: the AWS account of the credentials is known neither from
	// STS nor from EC2's responses, and EC2 does not return the object's ENI.
	ReasonAccountUnknown xpv2.ConditionReason = "AccountUnknown"

	// ReasonUpdateIneffective: EC2 accepted an update more than once, but returns the
	// ENI without the update.
	ReasonUpdateIneffective xpv2.ConditionReason = "UpdateIneffective"

	// ReasonMissingInEC2: EC2 does not return the ENI or instance, and its deletion is
	// not confirmed yet.
	ReasonMissingInEC2 xpv2.ConditionReason = "MissingInEC2"

	// ReasonManyMissingInEC2: many ENIs or instances are missing from EC2's responses
	// at once. They are not considered deleted.
	ReasonManyMissingInEC2 xpv2.ConditionReason = "ManyMissingInEC2"

	// ReasonRolloutHeld: a change that would release the ENIs of many nodes needs
	// confirmation.
	ReasonRolloutHeld xpv2.ConditionReason = "RolloutHeld"
)

// Reasons why an EC2 call for a NetworkInterface or an attachment failed.
const (
	// ReasonEC2Throttled: the call waits for the provider's client-side EC2 rate limit.
	ReasonEC2Throttled xpv2.ConditionReason = "EC2Throttled"

	// ReasonEC2Unavailable: EC2 does not respond, or returns server errors.
	ReasonEC2Unavailable xpv2.ConditionReason = "EC2Unavailable"

	// ReasonEC2Refused: EC2 returned an error that is unknown to this provider or
	// transient.
	ReasonEC2Refused xpv2.ConditionReason = "EC2Refused"

	// ReasonCreateNotAllowed: the external resource does not exist, and
	// spec.managementPolicies do not include Create.
	ReasonCreateNotAllowed xpv2.ConditionReason = "CreateNotAllowed"

	// ReasonNotFound: a resource to which the spec refers does not exist.
	ReasonNotFound xpv2.ConditionReason = "NotFound"

	// ReasonAmbiguous: a name or selector in the spec matches several resources.
	ReasonAmbiguous xpv2.ConditionReason = "Ambiguous"

	// ReasonInvalidID: an id is malformed.
	ReasonInvalidID xpv2.ConditionReason = "InvalidID"

	// ReasonSecurityGroupNotFound: a security group does not exist.
	ReasonSecurityGroupNotFound xpv2.ConditionReason = "SecurityGroupNotFound"

	// ReasonInUse: the resource to be deleted or attached is in use.
	ReasonInUse xpv2.ConditionReason = "InUse"

	// ReasonQuotaExceeded: a quota of the AWS account is exceeded.
	ReasonQuotaExceeded xpv2.ConditionReason = "QuotaExceeded"

	// ReasonAddressLimit: the instance type does not support that many addresses per
	// ENI.
	ReasonAddressLimit xpv2.ConditionReason = "AddressLimit"

	// ReasonSubnetFull: the subnet has no free address or prefix.
	ReasonSubnetFull xpv2.ConditionReason = "SubnetFull"

	// ReasonAddressInUse: a requested address is in use or reserved.
	ReasonAddressInUse xpv2.ConditionReason = "AddressInUse"

	// ReasonElasticIPInUse: the Elastic IP is associated with another resource.
	ReasonElasticIPInUse xpv2.ConditionReason = "ElasticIPInUse"

	// ReasonElasticIPNotFound: the Elastic IP does not exist in the account and region.
	ReasonElasticIPNotFound xpv2.ConditionReason = "ElasticIPNotFound"

	// ReasonElasticIPConflict: the primary private address of the ENI has a public address
	// that the object did not associate.
	ReasonElasticIPConflict xpv2.ConditionReason = "ElasticIPConflict"

	// ReasonAssociated: the Elastic IP is associated.
	ReasonAssociated xpv2.ConditionReason = "Associated"

	// ReasonAssociating: the Elastic IP is being associated.
	ReasonAssociating xpv2.ConditionReason = "Associating"

	// ReasonNoInternetGateway: the VPC of the ENI has no internet gateway.
	ReasonNoInternetGateway xpv2.ConditionReason = "NoInternetGateway"

	// ReasonUnsupported: the instance type does not support the request.
	ReasonUnsupported xpv2.ConditionReason = "Unsupported"

	// ReasonInvalidParameters: EC2 rejected the parameters.
	ReasonInvalidParameters xpv2.ConditionReason = "InvalidParameters"

	// ReasonMissingPermission: the IAM identity lacks the permission for the call.
	ReasonMissingPermission xpv2.ConditionReason = "MissingPermission"

	// ReasonCredentialsRejected: AWS rejected the credentials.
	ReasonCredentialsRejected xpv2.ConditionReason = "CredentialsRejected"

	// ReasonAccountNotEnabled: AWS has not enabled EC2 for the account.
	ReasonAccountNotEnabled xpv2.ConditionReason = "AccountNotEnabled"
)

// Reasons of a NodeENI's conditions.
const (
	// ReasonAllReady: every desired ENI is attached and ready on its host.
	ReasonAllReady xpv2.ConditionReason = "AllReady"

	// ReasonProgressing: some desired ENIs are not ready yet.
	ReasonProgressing xpv2.ConditionReason = "Progressing"

	// ReasonNoMatchingNodes: no node matches the selector.
	ReasonNoMatchingNodes xpv2.ConditionReason = "NoMatchingNodes"

	// ReasonManagedByMultiENIController: aws-multi-eni-controller manages the NodeENI.
	ReasonManagedByMultiENIController xpv2.ConditionReason = "ManagedByMultiENIController"

	// ReasonUsable: every subnet, node or device is usable.
	ReasonUsable xpv2.ConditionReason = "Usable"

	// ReasonSubnetNotFound: a subnet does not exist.
	ReasonSubnetNotFound xpv2.ConditionReason = "SubnetNotFound"

	// ReasonSubnetAmbiguous: a subnet name matches several subnets in a zone.
	ReasonSubnetAmbiguous xpv2.ConditionReason = "SubnetAmbiguous"

	// ReasonNodeInOtherRegion: a selected node is in a region other than the region of
	// the NodeENI's provider config.
	ReasonNodeInOtherRegion xpv2.ConditionReason = "NodeInOtherRegion"

	// ReasonVPCUnknown: the subnets are in several VPCs, and no node is known to be in
	// one of these VPCs.
	ReasonVPCUnknown xpv2.ConditionReason = "VPCUnknown"

	// ReasonSubnetInOtherZone: no selected node is in the zone of a subnet.
	ReasonSubnetInOtherZone xpv2.ConditionReason = "SubnetInOtherZone"

	// ReasonWaitingForRetained: the ENIs that a selected node takes over are being detached
	// from a terminated node.
	ReasonWaitingForRetained xpv2.ConditionReason = "WaitingForRetained"

	// ReasonWaitingForProviderID: a selected node has no providerID yet.
	ReasonWaitingForProviderID xpv2.ConditionReason = "WaitingForProviderID"

	// ReasonNotEC2Instance: a selected node is not an EC2 instance, such as a Fargate or
	// hybrid node. It gets no ENIs and does not count as pending.
	ReasonNotEC2Instance xpv2.ConditionReason = "NotEC2Instance"

	// ReasonNoSubnetInZone: a selected node is in a zone without a subnet.
	ReasonNoSubnetInZone xpv2.ConditionReason = "NoSubnetInZone"

	// ReasonDefined: every NetworkAttachmentDefinition exists.
	ReasonDefined xpv2.ConditionReason = "Defined"

	// ReasonMultusNotInstalled: the API server has no kind NetworkAttachmentDefinition.
	ReasonMultusNotInstalled xpv2.ConditionReason = "MultusNotInstalled"

	// ReasonCannotListNetworks: the provider cannot list NetworkAttachmentDefinitions.
	ReasonCannotListNetworks xpv2.ConditionReason = "CannotListNetworks"

	// ReasonNamespaceNotFound: a namespace of the network does not exist.
	ReasonNamespaceNotFound xpv2.ConditionReason = "NamespaceNotFound"

	// ReasonWaitingForResource: no agent has reported the resource of the devices yet.
	ReasonWaitingForResource xpv2.ConditionReason = "WaitingForResource"

	// ReasonRangeExhausted: the range of the network has no part for some nodes.
	ReasonRangeExhausted xpv2.ConditionReason = "RangeExhausted"

	// ReasonElasticIPsAssigned: each ENI has an Elastic IP of the pool.
	ReasonElasticIPsAssigned xpv2.ConditionReason = "ElasticIPsAssigned"

	// ReasonElasticIPPoolExhausted: the pool has too few Elastic IPs.
	ReasonElasticIPPoolExhausted xpv2.ConditionReason = "ElasticIPPoolExhausted"

	// ReasonPlanned: the plan is complete.
	ReasonPlanned xpv2.ConditionReason = "Planned"

	// ReasonCannotPlan: the plan cannot be computed.
	ReasonCannotPlan xpv2.ConditionReason = "CannotPlan"

	// ReasonCannotReachEC2: calls to EC2 fail.
	ReasonCannotReachEC2 xpv2.ConditionReason = "CannotReachEC2"

	// ReasonPreflightPassed: EC2 permits each action that was verified.
	ReasonPreflightPassed xpv2.ConditionReason = "PreflightPassed"

	// ReasonClockSkew: the clock of the provider's node differs from AWS's clock.
	ReasonClockSkew xpv2.ConditionReason = "ClockSkew"

	// ReasonNotVerified: EC2 did not respond to the dry runs.
	ReasonNotVerified xpv2.ConditionReason = "NotVerified"

	// ReasonNoCNIConflict: the plugins cooperate.
	ReasonNoCNIConflict xpv2.ConditionReason = "NoCNIConflict"

	// ReasonPluginsUnknown: the provider cannot read the settings of the plugins.
	ReasonPluginsUnknown xpv2.ConditionReason = "PluginsUnknown"

	// ReasonVPCCNITooOld: the VPC CNI ignores the tag no_manage.
	ReasonVPCCNITooOld xpv2.ConditionReason = "VPCCNITooOld"

	// ReasonVPCCNIReadsNoTags: the VPC CNI does not read tags.
	ReasonVPCCNIReadsNoTags xpv2.ConditionReason = "VPCCNIReadsNoTags"

	// ReasonVPCCNITakesPlaces: the VPC CNI can attach so many ENIs that the provider's have no
	// place.
	ReasonVPCCNITakesPlaces xpv2.ConditionReason = "VPCCNITakesPlaces"

	// ReasonMaxPodsTooHigh: the VPC CNI has fewer addresses than the kubelet accepts pods.
	ReasonMaxPodsTooHigh xpv2.ConditionReason = "MaxPodsTooHigh"

	// ReasonCiliumUsesNetworkInterfaces: Cilium assigns addresses of the provider's ENIs to
	// pods.
	ReasonCiliumUsesNetworkInterfaces xpv2.ConditionReason = "CiliumUsesNetworkInterfaces"

	// ReasonCiliumDisablesMultus: Cilium renames the configuration of Multus.
	ReasonCiliumDisablesMultus xpv2.ConditionReason = "CiliumDisablesMultus"

	// ReasonMultusDirectory: Multus cannot read the networks that the agents configure.
	ReasonMultusDirectory xpv2.ConditionReason = "MultusDirectory"

	// ReasonDevicePluginConfigMap: the SR-IOV network device plugin reads a ConfigMap and not
	// the file of the agents.
	ReasonDevicePluginConfigMap xpv2.ConditionReason = "DevicePluginConfigMap"

	// ReasonCapacityAvailable: the quota and the subnets have room for more ENIs.
	ReasonCapacityAvailable xpv2.ConditionReason = "CapacityAvailable"

	// ReasonQuotaNearlyUsed: the account has few more network interfaces left.
	ReasonQuotaNearlyUsed xpv2.ConditionReason = "QuotaNearlyUsed"

	// ReasonSubnetNearlyFull: a subnet has few free addresses.
	ReasonSubnetNearlyFull xpv2.ConditionReason = "SubnetNearlyFull"
)
