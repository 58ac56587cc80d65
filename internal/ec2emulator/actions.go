package ec2emulator

import "strings"

// actions is every API served. The parameters are the ones EC2 knows, by their first segment: a client that sends
// another one has a defect, and EC2 says so.
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

	read("DescribeNetworkInterfaces", (*call).describeNetworkInterfaces, "Filter IncludeManagedResources MaxResults NetworkInterfaceId NextToken")
	read("DescribeNetworkInterfaceAttribute", (*call).describeNetworkInterfaceAttribute, "Attribute NetworkInterfaceId")
	read("DescribeTags", (*call).describeTags, "Filter MaxResults NextToken")
	read("DescribeSubnets", (*call).describeSubnets, "Filter MaxResults NextToken SubnetId")
	read("DescribeSecurityGroups", (*call).describeSecurityGroups, "Filter GroupId GroupName MaxResults NextToken")
	read("DescribeVpcs", (*call).describeVPCs, "Filter MaxResults NextToken VpcId")
	read("DescribeInstances", (*call).describeInstances, "Filter IncludeManagedResources InstanceId MaxResults NextToken")
	read("DescribeInstanceTypes", (*call).describeInstanceTypes, "Filter IncludeUnsupportedInRegion InstanceType MaxResults NextToken")
	read("DescribeAvailabilityZones", (*call).describeAvailabilityZones, "AllAvailabilityZones Filter ZoneId ZoneName")

	mutate("CreateNetworkInterface", (*call).createNetworkInterface, "ClientToken ConnectionTrackingSpecification Description "+
		"EnablePrimaryIpv6 SecurityGroupId InterfaceType Ipv4PrefixCount Ipv4Prefix Ipv6AddressCount Ipv6Addresses "+
		"Ipv6PrefixCount Ipv6Prefix Operator PrivateIpAddress PrivateIpAddresses SecondaryPrivateIpAddressCount SubnetId TagSpecification")
	mutate("DeleteNetworkInterface", (*call).deleteNetworkInterface, "NetworkInterfaceId")
	mutate("AttachNetworkInterface", (*call).attachNetworkInterface, "DeviceIndex EnaQueueCount EnaSrdSpecification InstanceId "+
		"NetworkCardIndex NetworkInterfaceId")
	mutate("DetachNetworkInterface", (*call).detachNetworkInterface, "AttachmentId Force")
	mutate("ModifyNetworkInterfaceAttribute", (*call).modifyNetworkInterfaceAttribute, "AssociatedSubnetId AssociatePublicIpAddress "+
		"Attachment ConnectionTrackingSpecification Description EnablePrimaryIpv6 EnaSrdSpecification SecurityGroupId NetworkInterfaceId SourceDestCheck")
	mutate("ResetNetworkInterfaceAttribute", (*call).resetNetworkInterfaceAttribute, "NetworkInterfaceId SourceDestCheck")
	mutate("AssignPrivateIpAddresses", (*call).assignPrivateIPAddresses, "AllowReassignment Ipv4PrefixCount Ipv4Prefix "+
		"NetworkInterfaceId PrivateIpAddress SecondaryPrivateIpAddressCount")
	mutate("UnassignPrivateIpAddresses", (*call).unassignPrivateIPAddresses, "Ipv4Prefix NetworkInterfaceId PrivateIpAddress")
	mutate("AssignIpv6Addresses", (*call).assignIPv6Addresses, "Ipv6AddressCount Ipv6Addresses Ipv6PrefixCount Ipv6Prefix NetworkInterfaceId")
	mutate("UnassignIpv6Addresses", (*call).unassignIPv6Addresses, "Ipv6Addresses Ipv6Prefix NetworkInterfaceId")
	mutate("CreateTags", (*call).createTags, "ResourceId Tag")
	mutate("DeleteTags", (*call).deleteTags, "ResourceId Tag")
	mutate("TerminateInstances", (*call).terminateInstances, "Force InstanceId SkipOsShutdown")
	mutate("StopInstances", (*call).stopInstances, "Force Hibernate InstanceId SkipOsShutdown")
	mutate("StartInstances", (*call).startInstances, "AdditionalInfo InstanceId")
	mutate("CreateVpc", (*call).createVPC, "AmazonProvidedIpv6CidrBlock CidrBlock InstanceTenancy Ipv6CidrBlock TagSpecification")
	mutate("CreateSubnet", (*call).createSubnet, "AvailabilityZone AvailabilityZoneId CidrBlock Ipv6CidrBlock TagSpecification VpcId")
	mutate("CreateSecurityGroup", (*call).createSecurityGroup, "GroupDescription GroupName TagSpecification VpcId")
	// RunInstances has many parameters about disks and machines that the emulator accepts and ignores.
	m["RunInstances"] = action{mutating: true, run: (*call).runInstances}
	return m
}

// known adds what every action accepts to its own parameters.
func known(parameters string) map[string]bool {
	out := map[string]bool{"Action": true, "Version": true, "DryRun": true}
	for name := range strings.FieldsSeq(parameters) {
		out[name] = true
	}
	// A signature in the query instead of the header.
	for _, name := range []string{"Algorithm", "Credential", "Date", "Expires", "Security-Token", "Signature", "SignedHeaders", "Content-Sha256"} {
		out["X-Amz-"+name] = true
	}
	return out
}
