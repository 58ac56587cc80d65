// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import "strings"

// actions returns the supported actions with their documented parameters. EC2 rejects a call with an unknown
// parameter.
func actions() map[string]action {
	m := map[string]action{
		"GetCallerIdentity":         {sts: true, run: (*call).getCallerIdentity},
		"AssumeRole":                {sts: true, run: (*call).assumeRole},
		"AssumeRoleWithWebIdentity": {sts: true, run: (*call).assumeRoleWithWebIdentity},
	}
	read := func(name string, run func(*call) ([]node, error), parameters string) {
		m[name] = action{parameters: known(parameters), run: run}
	}
	mutate := func(name string, run func(*call) ([]node, error), parameters string) {
		m[name] = action{mutating: true, parameters: known(parameters), run: run}
	}

	read("DescribeNetworkInterfaces", (*call).describeNetworkInterfaces, "Filter IncludeManagedResources MaxResults NetworkInterfaceId.N NextToken")
	read("DescribeNetworkInterfaceAttribute", (*call).describeNetworkInterfaceAttribute, "Attribute NetworkInterfaceId")
	read("DescribeTags", (*call).describeTags, "Filter MaxResults NextToken")
	read("DescribeSubnets", (*call).describeSubnets, "Filter MaxResults NextToken SubnetId.N")
	read("DescribeSecurityGroups", (*call).describeSecurityGroups, "Filter GroupId.N GroupName.N MaxResults NextToken")
	read("DescribeVpcs", (*call).describeVPCs, "Filter MaxResults NextToken VpcId.N")
	read("DescribeInstances", (*call).describeInstances, "Filter IncludeManagedResources InstanceId.N MaxResults NextToken")
	read("DescribeInstanceTypes", (*call).describeInstanceTypes, "Filter IncludeUnsupportedInRegion InstanceType.N MaxResults NextToken")
	read("DescribeAddresses", (*call).describeAddresses, "AllocationId.N Filter PublicIp.N")
	read("DescribeAvailabilityZones", (*call).describeAvailabilityZones, "AllAvailabilityZones Filter ZoneId.N ZoneName.N")

	const addresses = "PrivateIpAddress PrivateIpAddresses.N.Primary PrivateIpAddresses.N.PrivateIpAddress SecondaryPrivateIpAddressCount " +
		"Ipv4Prefix.N.Ipv4Prefix Ipv4PrefixCount Ipv6Addresses.N.Ipv6Address Ipv6Addresses.N.IsPrimaryIpv6 Ipv6AddressCount " +
		"Ipv6Prefix.N.Ipv6Prefix Ipv6PrefixCount "
	mutate("CreateNetworkInterface", (*call).createNetworkInterface, addresses+"ClientToken ConnectionTrackingSpecification Description "+
		"EnablePrimaryIpv6 SecurityGroupId.N InterfaceType Operator.Principal SubnetId TagSpecification")
	mutate("DeleteNetworkInterface", (*call).deleteNetworkInterface, "NetworkInterfaceId")
	mutate("AttachNetworkInterface", (*call).attachNetworkInterface, "DeviceIndex EnaQueueCount EnaSrdSpecification InstanceId "+
		"NetworkCardIndex NetworkInterfaceId")
	mutate("DetachNetworkInterface", (*call).detachNetworkInterface, "AttachmentId Force")
	mutate("ModifyNetworkInterfaceAttribute", (*call).modifyNetworkInterfaceAttribute, "AssociatedSubnetId.N AssociatePublicIpAddress "+
		"Attachment.AttachmentId Attachment.DefaultEnaQueueCount Attachment.DeleteOnTermination Attachment.EnaQueueCount "+
		"ConnectionTrackingSpecification Description.Value EnablePrimaryIpv6 EnaSrdSpecification SecurityGroupId.N NetworkInterfaceId "+
		"SourceDestCheck.Value")
	mutate("ResetNetworkInterfaceAttribute", (*call).resetNetworkInterfaceAttribute, "NetworkInterfaceId SourceDestCheck")
	mutate("AssignPrivateIpAddresses", (*call).assignPrivateIPAddresses, "AllowReassignment Ipv4PrefixCount Ipv4Prefix.N "+
		"NetworkInterfaceId PrivateIpAddress.N SecondaryPrivateIpAddressCount")
	mutate("UnassignPrivateIpAddresses", (*call).unassignPrivateIPAddresses, "Ipv4Prefix.N NetworkInterfaceId PrivateIpAddress.N")
	mutate("AssignIpv6Addresses", (*call).assignIPv6Addresses, "Ipv6AddressCount Ipv6Addresses.N Ipv6PrefixCount Ipv6Prefix.N NetworkInterfaceId")
	mutate("UnassignIpv6Addresses", (*call).unassignIPv6Addresses, "Ipv6Addresses.N Ipv6Prefix.N NetworkInterfaceId")
	mutate("AllocateAddress", (*call).allocateAddress, "Address CustomerOwnedIpv4Pool Domain IpamPoolId NetworkBorderGroup PublicIpv4Pool TagSpecification")
	mutate("AssociateAddress", (*call).associateAddress, "AllocationId AllowReassociation InstanceId NetworkInterfaceId PrivateIpAddress PublicIp")
	mutate("DisassociateAddress", (*call).disassociateAddress, "AssociationId PublicIp")
	mutate("ReleaseAddress", (*call).releaseAddress, "AllocationId NetworkBorderGroup PublicIp")
	mutate("CreateTags", (*call).createTags, "ResourceId.N Tag")
	mutate("DeleteTags", (*call).deleteTags, "ResourceId.N Tag")
	mutate("TerminateInstances", (*call).terminateInstances, "Force InstanceId.N SkipOsShutdown")
	mutate("StopInstances", (*call).stopInstances, "Force Hibernate InstanceId.N SkipOsShutdown")
	mutate("StartInstances", (*call).startInstances, "AdditionalInfo InstanceId.N")
	mutate("CreateVpc", (*call).createVPC, "AmazonProvidedIpv6CidrBlock CidrBlock InstanceTenancy Ipv6CidrBlock TagSpecification")
	mutate("CreateSubnet", (*call).createSubnet, "AvailabilityZone AvailabilityZoneId CidrBlock Ipv6CidrBlock TagSpecification VpcId")
	mutate("CreateSecurityGroup", (*call).createSecurityGroup, "GroupDescription GroupName TagSpecification VpcId")
	mutate("RunInstances", (*call).runInstances, "ClientToken EnablePrimaryIpv6 ImageId InstanceType Ipv6AddressCount Ipv6Address.N.Ipv6Address "+
		"Ipv6Address.N.IsPrimaryIpv6 MaxCount MinCount PrivateIpAddress SecurityGroupId.N SecurityGroup.N SubnetId TagSpecification "+
		"Placement.Affinity Placement.AvailabilityZone Placement.AvailabilityZoneId Placement.GroupId Placement.GroupName Placement.HostId "+
		"Placement.HostResourceGroupArn Placement.PartitionNumber Placement.SpreadDomain Placement.Tenancy "+
		launchedInterface(addresses)+
		// The emulator accepts and ignores these parameters, which concern disks and machines.
		"AdditionalInfo BlockDeviceMapping.* CapacityReservationSpecification.* CpuOptions.* CreditSpecification.* DisableApiStop "+
		"DisableApiTermination EbsOptimized ElasticGpuSpecification.* ElasticInferenceAccelerator.* EnclaveOptions.* HibernationOptions.* "+
		"IamInstanceProfile.* InstanceInitiatedShutdownBehavior InstanceMarketOptions.* KernelId KeyName LaunchTemplate.* "+
		"LicenseSpecification.* MaintenanceOptions.* MetadataOptions.* Monitoring.* NetworkPerformanceOptions.* Operator.* "+
		"PrivateDnsNameOptions.* RamdiskId SecondaryInterface.* UserData")
	return m
}

// launchedInterface returns the parameters of a NetworkInterface.N of RunInstances.
func launchedInterface(addresses string) string {
	var out strings.Builder
	for name := range strings.FieldsSeq(addresses + "AssociateCarrierIpAddress AssociatePublicIpAddress ConnectionTrackingSpecification " +
		"DeleteOnTermination Description DeviceIndex EnaQueueCount EnaSrdSpecification SecurityGroupId.N InterfaceType NetworkCardIndex " +
		"NetworkInterfaceId PrimaryIpv6 SubnetId") {
		out.WriteString("NetworkInterface.N." + name + " ")
	}
	return out.String()
}

// structures returns the members of structured parameters, by the last segment of their names.
func structures() map[string]string {
	return map[string]string{
		"Filter":                          "N.Name N.Value.N",
		"Tag":                             "N.Key N.Value",
		"TagSpecification":                "N.ResourceType N.Tag.N.Key N.Tag.N.Value",
		"ConnectionTrackingSpecification": "TcpEstablishedTimeout UdpStreamTimeout UdpTimeout",
		"EnaSrdSpecification":             "EnaSrdEnabled EnaSrdUdpSpecification.EnaSrdUdpEnabled",
	}
}

// known returns an action's parameters and the common parameters. N stands for a number, a last segment * for any
// names.
func known(parameters string) map[string]bool {
	out := map[string]bool{"Action": true, "Version": true, "DryRun": true}
	shared := structures()
	for name := range strings.FieldsSeq(parameters) {
		below, ok := shared[name[strings.LastIndex(name, ".")+1:]]
		if !ok {
			out[name] = true
		}
		for rest := range strings.FieldsSeq(below) {
			out[name+"."+rest] = true
		}
	}
	// A signature in the query string instead of the header.
	for _, name := range []string{"Algorithm", "Credential", "Date", "Expires", "Security-Token", "Signature", "SignedHeaders", "Content-Sha256"} {
		out["X-Amz-"+name] = true
	}
	return out
}
