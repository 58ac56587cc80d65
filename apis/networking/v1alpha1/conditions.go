package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// Condition types beyond Crossplane's Ready and Synced.
const (
	// TypeSubnetsUsable says whether every subnet that a NodeENI names can be
	// used by some node.
	TypeSubnetsUsable xpv2.ConditionType = "SubnetsUsable"

	// TypeNodesUsable says whether every node that a NodeENI selects can get
	// its ENIs.
	TypeNodesUsable xpv2.ConditionType = "NodesUsable"

	// TypeUserspaceUsable says whether a program will find what it needs beside
	// the device, where a HostInterface hands one to a userspace driver.
	TypeUserspaceUsable xpv2.ConditionType = "UserspaceUsable"

	// TypeOffered says whether pods can get the device from the SR-IOV network
	// device plugin, where a HostInterface has a resource name.
	TypeOffered xpv2.ConditionType = "Offered"
)

// Reasons why a HostInterface is or is not Ready.
const (
	// ReasonWaitingForDevice: no link with the MAC address is on the host yet.
	ReasonWaitingForDevice xpv2.ConditionReason = "WaitingForDevice"

	// ReasonConfigured: the link is as asked.
	ReasonConfigured xpv2.ConditionReason = "Configured"

	// ReasonBound: the device has the userspace driver asked for.
	ReasonBound xpv2.ConditionReason = "Bound"

	// ReasonReleasing: the host is letting go of the interface.
	ReasonReleasing xpv2.ConditionReason = "Releasing"

	// ReasonProtectedInterface: the link with the MAC address must not be touched.
	ReasonProtectedInterface xpv2.ConditionReason = "ProtectedInterface"

	// ReasonNameTaken: another link has the name asked for.
	ReasonNameTaken xpv2.ConditionReason = "NameTaken"

	// ReasonInvalidConfig: the request cannot be carried out as written.
	ReasonInvalidConfig xpv2.ConditionReason = "InvalidConfig"

	// ReasonOutOfBounds: the spec has a value that the agent applies on no node.
	ReasonOutOfBounds xpv2.ConditionReason = "OutOfBounds"

	// ReasonAddressTaken: another link of the node has an address of the ENI.
	ReasonAddressTaken xpv2.ConditionReason = "AddressTaken"

	// ReasonKernelRefused: the kernel refused a step.
	ReasonKernelRefused xpv2.ConditionReason = "KernelRefused"

	// ReasonNoPCIDevice: the link has no PCI device that could be handed to a
	// userspace driver.
	ReasonNoPCIDevice xpv2.ConditionReason = "NoPCIDevice"

	// ReasonDriverNotLoaded: the node has not loaded the userspace driver, and
	// the agent was not told to.
	ReasonDriverNotLoaded xpv2.ConditionReason = "DriverNotLoaded"

	// ReasonModuleNotFound: the node's kernel has no module of the userspace
	// driver.
	ReasonModuleNotFound xpv2.ConditionReason = "ModuleNotFound"

	// ReasonNoIOMMU: the device has no IOMMU, and allowNoIOMMU is not set.
	ReasonNoIOMMU xpv2.ConditionReason = "NoIOMMU"

	// ReasonNoIOMMUUnsupported: the device has no IOMMU, and the node's kernel
	// cannot do without (CONFIG_VFIO_NOIOMMU).
	ReasonNoIOMMUUnsupported xpv2.ConditionReason = "NoIOMMUUnsupported"

	// ReasonNotPermitted: the agent runs without the rights that binding a
	// device needs.
	ReasonNotPermitted xpv2.ConditionReason = "NotPermitted"

	// ReasonBindRefused: the userspace driver did not take the device, which
	// has its kernel driver again.
	ReasonBindRefused xpv2.ConditionReason = "BindRefused"

	// ReasonWaitingForPods: pods hold the device that is to be taken away.
	ReasonWaitingForPods xpv2.ConditionReason = "WaitingForPods"

	// ReasonDeviceInUse: the kernel waits for a program to let go of the device.
	ReasonDeviceInUse xpv2.ConditionReason = "DeviceInUse"
)

// Reasons why a device is or is not usable by a program, beyond Usable.
const (
	// ReasonNoHugePages: the node has no huge pages reserved.
	ReasonNoHugePages xpv2.ConditionReason = "NoHugePages"

	// ReasonGroupNotViable: another device of the device's IOMMU group is with a
	// driver of the kernel, which then gives the group to no program.
	ReasonGroupNotViable xpv2.ConditionReason = "GroupNotViable"

	// ReasonMemoryUncached: the driver maps the device's memory without write
	// combining, which costs most of the throughput of an ENA device.
	ReasonMemoryUncached xpv2.ConditionReason = "MemoryUncached"
)

// Reasons why pods can or cannot get a device.
const (
	// ReasonAllocatable: the kubelet has the device to give.
	ReasonAllocatable xpv2.ConditionReason = "Allocatable"

	// ReasonNotWritten: the agent was not told where the device plugin's file is.
	ReasonNotWritten xpv2.ConditionReason = "NotWritten"

	// ReasonNotInFile: the device is not, or cannot be, in the device plugin's
	// file.
	ReasonNotInFile xpv2.ConditionReason = "NotInFile"

	// ReasonPluginNotRunning: no device plugin runs on the node.
	ReasonPluginNotRunning xpv2.ConditionReason = "PluginNotRunning"

	// ReasonNotAllocatable: the kubelet does not have the device to give yet.
	ReasonNotAllocatable xpv2.ConditionReason = "NotAllocatable"

	// ReasonKubeletUnknown: the kubelet cannot be asked.
	ReasonKubeletUnknown xpv2.ConditionReason = "KubeletUnknown"
)

// Reasons why an attachment is not Ready, beyond Crossplane's.
const (
	// ReasonAttachedElsewhere: the ENI is on another instance.
	ReasonAttachedElsewhere xpv2.ConditionReason = "AttachedElsewhere"

	// ReasonWaitingForNetworkInterface: the ENI does not exist yet.
	ReasonWaitingForNetworkInterface xpv2.ConditionReason = "WaitingForNetworkInterface"

	// ReasonWaitingForInstance: the node or instance cannot take an ENI yet.
	ReasonWaitingForInstance xpv2.ConditionReason = "WaitingForInstance"

	// ReasonDeviceIndexDiffers: the ENI is on the instance at another index
	// than the pinned one.
	ReasonDeviceIndexDiffers xpv2.ConditionReason = "DeviceIndexDiffers"

	// ReasonInstanceInOtherZone: the ENI and the instance are in different zones.
	ReasonInstanceInOtherZone xpv2.ConditionReason = "InstanceInOtherZone"

	// ReasonInstanceGone: the instance is terminated.
	ReasonInstanceGone xpv2.ConditionReason = "InstanceGone"

	// ReasonDeviceIndexTaken: the pinned device index is in use.
	ReasonDeviceIndexTaken xpv2.ConditionReason = "DeviceIndexTaken"

	// ReasonInstanceENILimit: the instance type takes no further ENI.
	ReasonInstanceENILimit xpv2.ConditionReason = "InstanceENILimit"

	// ReasonWaitingForDetach: the ENI is still attached.
	ReasonWaitingForDetach xpv2.ConditionReason = "WaitingForDetach"

	// ReasonDetached: somebody detached the ENI, and it is attached again.
	ReasonDetached xpv2.ConditionReason = "Detached"

	// ReasonNotOurs: the ENI belongs to an AWS service or another owner.
	ReasonNotOurs xpv2.ConditionReason = "NotOurs"
)

// Reasons why nothing is done about an object of EC2, whatever the spec says.
const (
	// ReasonWrongAccount: the provider config resolves to another AWS account than
	// the one that the object was created in.
	ReasonWrongAccount xpv2.ConditionReason = "WrongAccount"

	// ReasonWrongRegion: the provider config resolves to another region than the
	// one that the object was created in.
	ReasonWrongRegion xpv2.ConditionReason = "WrongRegion"

	// ReasonAccountUnknown: neither STS nor EC2's answers name the AWS account of
	// the credentials, and the object's ENI is not among these answers.
	ReasonAccountUnknown xpv2.ConditionReason = "AccountUnknown"

	// ReasonUpdateIneffective: EC2 has accepted an update more than once, and does not
	// return the ENI as updated.
	ReasonUpdateIneffective xpv2.ConditionReason = "UpdateIneffective"

	// ReasonMissingInEC2: EC2 did not return the ENI or instance. Its deletion is
	// not confirmed yet.
	ReasonMissingInEC2 xpv2.ConditionReason = "MissingInEC2"

	// ReasonManyMissingInEC2: EC2 did not return many ENIs or instances at once,
	// which is taken for a fault of the view of EC2 and not for their deletion.
	ReasonManyMissingInEC2 xpv2.ConditionReason = "ManyMissingInEC2"

	// ReasonRolloutHeld: a change that would release the ENIs of many Ready nodes
	// waits for confirmation.
	ReasonRolloutHeld xpv2.ConditionReason = "RolloutHeld"
)

// Reasons why EC2 refused a call that a NetworkInterface or an attachment needs.
const (
	// ReasonEC2Throttled: the call waits for its turn within this provider's
	// share of EC2's request rate.
	ReasonEC2Throttled xpv2.ConditionReason = "EC2Throttled"

	// ReasonEC2Unavailable: EC2 gives no answer, or only that it cannot.
	ReasonEC2Unavailable xpv2.ConditionReason = "EC2Unavailable"

	// ReasonEC2Refused: EC2 refused for a reason that this provider does not
	// know or that passes by itself.
	ReasonEC2Refused xpv2.ConditionReason = "EC2Refused"

	// ReasonNotFound: something named in the spec does not exist.
	ReasonNotFound xpv2.ConditionReason = "NotFound"

	// ReasonAmbiguous: something named in the spec stands for several things.
	ReasonAmbiguous xpv2.ConditionReason = "Ambiguous"

	// ReasonInvalidID: an id is not of the form that EC2 gives.
	ReasonInvalidID xpv2.ConditionReason = "InvalidID"

	// ReasonSecurityGroupNotFound: a security group named does not exist.
	ReasonSecurityGroupNotFound xpv2.ConditionReason = "SecurityGroupNotFound"

	// ReasonInUse: something else still uses what is to be deleted or attached.
	ReasonInUse xpv2.ConditionReason = "InUse"

	// ReasonQuotaExceeded: a quota of the AWS account is used up.
	ReasonQuotaExceeded xpv2.ConditionReason = "QuotaExceeded"

	// ReasonAddressLimit: the instance type takes no so many addresses on one
	// ENI.
	ReasonAddressLimit xpv2.ConditionReason = "AddressLimit"

	// ReasonSubnetFull: the subnet has no free address or prefix.
	ReasonSubnetFull xpv2.ConditionReason = "SubnetFull"

	// ReasonAddressInUse: an address asked for is taken or reserved.
	ReasonAddressInUse xpv2.ConditionReason = "AddressInUse"

	// ReasonUnsupported: the instance type cannot do what is asked for.
	ReasonUnsupported xpv2.ConditionReason = "Unsupported"

	// ReasonInvalidParameters: EC2 does not accept the values asked for.
	ReasonInvalidParameters xpv2.ConditionReason = "InvalidParameters"

	// ReasonMissingPermission: the IAM identity may not make the call.
	ReasonMissingPermission xpv2.ConditionReason = "MissingPermission"

	// ReasonCredentialsRejected: AWS does not accept the credentials.
	ReasonCredentialsRejected xpv2.ConditionReason = "CredentialsRejected"

	// ReasonAccountNotEnabled: AWS has not enabled EC2 for the account.
	ReasonAccountNotEnabled xpv2.ConditionReason = "AccountNotEnabled"
)

// Reasons of a NodeENI's conditions.
const (
	// ReasonAllReady: every wanted ENI is attached and ready on its host.
	ReasonAllReady xpv2.ConditionReason = "AllReady"

	// ReasonProgressing: some wanted ENIs are on their way.
	ReasonProgressing xpv2.ConditionReason = "Progressing"

	// ReasonNoMatchingNodes: no node matches the selector.
	ReasonNoMatchingNodes xpv2.ConditionReason = "NoMatchingNodes"

	// ReasonUsable: everything named can be used.
	ReasonUsable xpv2.ConditionReason = "Usable"

	// ReasonSubnetNotFound: a subnet named does not exist.
	ReasonSubnetNotFound xpv2.ConditionReason = "SubnetNotFound"

	// ReasonSubnetAmbiguous: a subnet name stands for several subnets of a zone.
	ReasonSubnetAmbiguous xpv2.ConditionReason = "SubnetAmbiguous"

	// ReasonNodeInOtherRegion: a selected node is in a region that the NodeENI's config
	// does not reach.
	ReasonNodeInOtherRegion xpv2.ConditionReason = "NodeInOtherRegion"

	// ReasonVPCUnknown: the subnets named are in several VPCs, and no node is known in
	// one of them.
	ReasonVPCUnknown xpv2.ConditionReason = "VPCUnknown"

	// ReasonSubnetInOtherZone: no selected node is in the zone of a subnet named.
	ReasonSubnetInOtherZone xpv2.ConditionReason = "SubnetInOtherZone"

	// ReasonWaitingForProviderID: a selected node has no providerID yet.
	ReasonWaitingForProviderID xpv2.ConditionReason = "WaitingForProviderID"

	// ReasonNotEC2Instance: a selected node is no EC2 instance, such as one on Fargate
	// or a hybrid node. It gets no network interfaces, and none are waited for.
	ReasonNotEC2Instance xpv2.ConditionReason = "NotEC2Instance"

	// ReasonNoSubnetInZone: a selected node is in a zone without a subnet.
	ReasonNoSubnetInZone xpv2.ConditionReason = "NoSubnetInZone"

	// ReasonCannotReachEC2: EC2 cannot be asked what is needed.
	ReasonCannotReachEC2 xpv2.ConditionReason = "CannotReachEC2"
)

// Ready returns a true Ready condition.
func Ready(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(xpv2.TypeReady, corev1.ConditionTrue, r, message)
}

// NotReady returns a false Ready condition.
func NotReady(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(xpv2.TypeReady, corev1.ConditionFalse, r, message)
}

// SubnetsUsable returns a true SubnetsUsable condition.
func SubnetsUsable() xpv2.Condition {
	return condition(TypeSubnetsUsable, corev1.ConditionTrue, ReasonUsable, "")
}

// SubnetsNotUsable returns a false SubnetsUsable condition.
func SubnetsNotUsable(r xpv2.ConditionReason, message string) xpv2.Condition {
	return condition(TypeSubnetsUsable, corev1.ConditionFalse, r, message)
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

func condition(t xpv2.ConditionType, s corev1.ConditionStatus, r xpv2.ConditionReason, message string) xpv2.Condition {
	return xpv2.Condition{Type: t, Status: s, Reason: r, Message: message, LastTransitionTime: metav1.Now()}
}
