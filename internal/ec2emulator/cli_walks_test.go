// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import "time"

// cliWalks are the calls of TestCLI. Each walk has an emulator of its own, with testSeed.
func cliWalks() map[string][]cliCall {
	return map[string][]cliCall{
		"Networks":          walkNetworks(),
		"SecurityGroups":    walkSecurityGroups(),
		"Catalogues":        walkCatalogues(),
		"Sessions":          walkSessions(),
		"NetworkInterfaces": walkNetworkInterfaces(),
		"Attributes":        walkAttributes(),
		"Attachments":       walkAttachments(),
		"Addresses":         walkAddresses(),
		"ElasticIPs":        walkElasticIPs(),
		"Instances":         walkInstances(),
		"Tags":              walkTags(),
		"Quotas":            walkQuotas(),
	}
}

// walkQuotas reads quotas from Service Quotas, whose protocol is JSON.
func walkQuotas() []cliCall {
	return []cliCall{
		{
			name: "NetworkInterfaces", reason: "The quota of network interfaces is of the Region.",
			run:   "service-quotas get-service-quota --service-code vpc --quota-code L-DF5E4CA3",
			query: "Quota.[QuotaName, Value, QuotaArn]",
			want:  `["Network interfaces per Region", 1000000.0, "arn:aws:servicequotas:us-east-1:123456789012:vpc/L-DF5E4CA3"]`,
		},
		{
			name: "Default", reason: "A quota has a default.",
			run:   "service-quotas get-aws-default-service-quota --service-code vpc --quota-code L-2AFB9258",
			query: "Quota.[QuotaName, Value]", want: `["Security groups per network interface", 5.0]`,
		},
		{
			name: "Unknown", reason: "Other quotas do not exist.",
			run: "service-quotas get-service-quota --service-code vpc --quota-code L-00000000", code: "NoSuchResourceException",
		},
		{
			name: "OtherAction", reason: "Other actions are not emulated.",
			run: "service-quotas list-services", code: "UnknownOperationException",
		},
	}
}

// walkNetworks creates VPCs and subnets, and describes them in pages.
func walkNetworks() []cliCall {
	return []cliCall{
		{
			name: "CreateVpcDryRun", reason: "A dry run reports that the call would succeed.",
			run: "ec2 create-vpc --cidr-block 10.20.0.0/16 --dry-run", code: "DryRunOperation",
		},
		{
			name: "CreateVpc", reason: "A new VPC is pending, with its IPv6 block and its tags.",
			run:   "ec2 create-vpc --cidr-block 10.20.0.0/16 --amazon-provided-ipv6-cidr-block --tag-specifications ResourceType=vpc,Tags=[{Key=Name,Value=walk}]",
			query: "Vpc.[VpcId, CidrBlock, State, Tags[0].Value, Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock]",
			want:  `["<vpc>", "10.20.0.0/16", "pending", "walk", "<six>"]`,
		},
		{
			name: "CreateWideVpc", reason: "The widest block of a VPC is a /16.",
			run: "ec2 create-vpc --cidr-block 10.0.0.0/8", code: "InvalidVpc.Range",
		},
		{
			name: "CreateVpcWithoutBlock", reason: "A CIDR block has four octets and a prefix length.",
			run: "ec2 create-vpc --cidr-block 10.0/16", code: "InvalidParameterValue", want: "not a valid CIDR block",
		},
		{
			name: "DescribeVpc", reason: "A VPC is available once it is described.",
			run:   "ec2 describe-vpcs --vpc-ids $vpc",
			query: "Vpcs[0].[State, OwnerId, IsDefault, InstanceTenancy, starts_with(DhcpOptionsId, 'dopt-')]",
			want:  `["available", "123456789012", false, "default", true]`,
		},
		{
			name: "DescribeVpcIPv6", reason: "An Amazon-provided IPv6 block is from Amazon's pool, and has a network border group.",
			run:   "ec2 describe-vpcs --vpc-ids $vpc",
			query: "Vpcs[0].Ipv6CidrBlockAssociationSet[0].[Ipv6CidrBlock, Ipv6CidrBlockState.State, Ipv6Pool, NetworkBorderGroup]",
			want:  `["$six", "associated", "Amazon", "us-east-1"]`,
		},
		{
			name: "WaitForVpc", reason: "The CLI's waiter finds the VPC available.",
			run: "ec2 wait vpc-available --vpc-ids $vpc",
		},
		{
			name: "VpcByTag", reason: "A VPC is found by a tag.",
			run: "ec2 describe-vpcs --filters Name=tag:Name,Values=walk", query: "Vpcs[].VpcId", want: `["$vpc"]`,
		},
		{
			name: "VpcByWildcard", reason: "A filter's value may have wildcards, and any of several values matches.",
			run: "ec2 describe-vpcs --filters Name=cidr,Values=10.2?.*,10.1.0.0/16", query: "length(Vpcs)", want: `2`,
		},
		{
			name: "VpcNotFound", reason: "A VPC that does not exist is an error.",
			run: "ec2 describe-vpcs --vpc-ids vpc-0123", code: "InvalidVpcID.NotFound", want: "vpc-0123",
		},
		{
			name: "VpcMalformed", reason: "An identifier of another form is a different error.",
			run: "ec2 describe-vpcs --vpc-ids subnet-a", code: "InvalidVpcID.Malformed",
		},
		{
			name: "VpcByUnknownFilter", reason: "A filter that the API does not have is an error, not an empty result.",
			run: "ec2 describe-vpcs --filters Name=colour,Values=red", code: "InvalidParameterValue", want: "'colour' is invalid",
		},
		{
			name: "CreateSubnetDryRun", reason: "A dry run creates no subnet.",
			run: "ec2 create-subnet --vpc-id $vpc --cidr-block 10.20.0.0/24 --dry-run", code: "DryRunOperation",
		},
		{
			name: "CreateSubnet", reason: "A subnet is in the first zone by default, and EC2 reserves five of its addresses.",
			run:   "ec2 create-subnet --vpc-id $vpc --cidr-block 10.20.0.0/24 --tag-specifications ResourceType=subnet,Tags=[{Key=Name,Value=first}]",
			query: "Subnet.[SubnetId, State, AvailabilityZone, AvailabilityZoneId, AvailableIpAddressCount, MapPublicIpOnLaunch]",
			want:  `["<subnet>", "available", "us-east-1a", "use1-az1", 251, false]`,
		},
		{
			name: "CreateSubnetInZone", reason: "A subnet is in the requested zone.",
			run:   "ec2 create-subnet --vpc-id $vpc --cidr-block 10.20.1.0/28 --availability-zone us-east-1c",
			query: "Subnet.[AvailabilityZone, AvailableIpAddressCount]", want: `["us-east-1c", 11]`,
		},
		{
			name: "CreateSubnetWithIPv6", reason: "The IPv6 block of a subnet is part of the VPC's.",
			run:   "ec2 create-subnet --vpc-id vpc-a --cidr-block 10.0.9.0/24 --ipv6-cidr-block 2600:1f18:1234:5609::/64",
			query: "Subnet.Ipv6CidrBlockAssociationSet[].[Ipv6CidrBlock, Ipv6CidrBlockState.State]",
			want:  `[["2600:1f18:1234:5609::/64", "associated"]]`,
		},
		{
			name: "CreateOverlappingSubnet", reason: "Subnets of a VPC do not overlap.",
			run: "ec2 create-subnet --vpc-id $vpc --cidr-block 10.20.0.128/25", code: "InvalidSubnet.Conflict",
		},
		{
			name: "CreateSubnetOutside", reason: "The block of a subnet is part of the VPC's.",
			run: "ec2 create-subnet --vpc-id $vpc --cidr-block 10.21.0.0/24", code: "InvalidSubnet.Range",
		},
		{
			name: "CreateSubnetNowhere", reason: "The error for an unknown zone lists the zones.",
			run: "ec2 create-subnet --vpc-id $vpc --cidr-block 10.20.2.0/24 --availability-zone us-east-1z", code: "InvalidParameterValue", want: "us-east-1a, us-east-1b",
		},
		{
			name: "CreateSubnetInNoVpc", reason: "A subnet needs a VPC that exists.",
			run: "ec2 create-subnet --vpc-id vpc-0123 --cidr-block 10.20.2.0/24", code: "InvalidVpcID.NotFound",
		},
		{
			name: "DescribeSubnet", reason: "A subnet has an ARN of its account and Region.",
			run: "ec2 describe-subnets --subnet-ids $subnet", query: "Subnets[].[SubnetArn, Tags[0].Value]",
			want: `[["arn:aws:ec2:us-east-1:123456789012:subnet/$subnet", "first"]]`,
		},
		{
			name: "SubnetsByTwoFilters", reason: "A subnet satisfies all filters.",
			run:   "ec2 describe-subnets --filters Name=vpc-id,Values=$vpc Name=availability-zone-id,Values=use1-az1",
			query: "Subnets[].SubnetId", want: `["$subnet"]`,
		},
		{
			name: "SubnetsInPages", reason: "The CLI joins the pages.",
			run: "ec2 describe-subnets --page-size 5", query: "length(Subnets)", want: `7`,
		},
		{
			name: "SubnetsCutShort", reason: "The CLI stops after the requested number of items, and returns a token.",
			run: "ec2 describe-subnets --page-size 5 --max-items 6", query: "[length(Subnets), NextToken]", want: `[6, "<rest>"]`,
		},
		{
			name: "SubnetsFromToken", reason: "The CLI continues at the token.",
			run: "ec2 describe-subnets --page-size 5 --starting-token $rest", query: "length(Subnets)", want: `1`,
		},
		{
			name: "SubnetsOfOnePage", reason: "EC2 returns a token if there are more items than the page holds.",
			run: "ec2 describe-subnets --no-paginate --max-results 5", query: "[length(Subnets), NextToken]", want: `[5, "<page>"]`,
		},
		{
			name: "SubnetsOfNextPage", reason: "The last page has no token.",
			run: "ec2 describe-subnets --no-paginate --max-results 5 --next-token $page", query: "[length(Subnets), NextToken]", want: `[2, null]`,
		},
		{
			name: "SubnetsFromBadToken", reason: "EC2 rejects a token that it did not return.",
			run: "ec2 describe-subnets --no-paginate --next-token nonsense", code: "InvalidParameterValue", want: "pagination token",
		},
		{
			name: "SubnetsNotFound", reason: "The error lists all subnets that do not exist.",
			run: "ec2 describe-subnets --subnet-ids subnet-0123 subnet-a subnet-4567", code: "InvalidSubnetID.NotFound", want: "'subnet-0123, subnet-4567' do not exist",
		},
	}
}

// walkSecurityGroups creates security groups, and finds them.
func walkSecurityGroups() []cliCall {
	return []cliCall{
		{
			name: "CreateDryRun", reason: "A dry run creates no security group.",
			run: "ec2 create-security-group --vpc-id vpc-a --group-name walk --description d --dry-run", code: "DryRunOperation",
		},
		{
			name: "Create", reason: "The response has the identifier, and the tags.",
			run: "ec2 create-security-group --vpc-id vpc-a --group-name walk --description 'of a walk' " +
				"--tag-specifications ResourceType=security-group,Tags=[{Key=Name,Value=w}]",
			query: "[GroupId, Tags[0].Value]", want: `["<group>", "w"]`,
		},
		{
			name: "CreateTwice", reason: "The name of a group is unique in its VPC.",
			run: "ec2 create-security-group --vpc-id vpc-a --group-name walk --description d", code: "InvalidGroup.Duplicate",
		},
		{
			name: "CreateInOtherVpc", reason: "Another VPC may have a group of the same name.",
			run: "ec2 create-security-group --vpc-id vpc-b --group-name walk --description d", query: "GroupId", want: `"<other>"`,
		},
		{
			name: "CreateReserved", reason: "The name default is reserved.",
			run: "ec2 create-security-group --vpc-id vpc-a --group-name default --description d", code: "InvalidGroup.Reserved",
		},
		{
			name: "CreateWithoutVpc", reason: "Without a default VPC, the call requires a VPC.",
			run: "ec2 create-security-group --group-name new --description d", code: "VPCIdNotSpecified",
		},
		{
			name: "Describe", reason: "A new group allows all outbound and no inbound traffic.",
			run:   "ec2 describe-security-groups --group-ids $group",
			query: "SecurityGroups[0].[GroupName, Description, VpcId, IpPermissions, IpPermissionsEgress[0].[IpProtocol, IpRanges[0].CidrIp, Ipv6Ranges[0].CidrIpv6]]",
			want:  `["walk", "of a walk", "vpc-a", [], ["-1", "0.0.0.0/0", "::/0"]]`,
		},
		{
			name: "WaitForGroup", reason: "The CLI's waiter finds the group.",
			run: "ec2 wait security-group-exists --group-ids $group",
		},
		{
			name: "ByName", reason: "Groups of several VPCs may have the name.",
			run: "ec2 describe-security-groups --filters Name=group-name,Values=walk", query: "length(SecurityGroups)", want: `2`,
		},
		{
			name: "ByNameAndVpc", reason: "A name and a VPC identify a group.",
			run:   "ec2 describe-security-groups --filters Name=group-name,Values=walk Name=vpc-id,Values=vpc-b",
			query: "SecurityGroups[].GroupId", want: `["$other"]`,
		},
		{
			name: "DefaultLetsMembersIn", reason: "A default group allows inbound traffic from its members.",
			run:   "ec2 describe-security-groups --filters Name=group-name,Values=default Name=vpc-id,Values=vpc-b",
			query: "SecurityGroups[0].IpPermissions[0].[IpProtocol, UserIdGroupPairs[0].UserId]", want: `["-1", "123456789012"]`,
		},
		{
			name: "NotFound", reason: "A group that does not exist is an error.",
			run: "ec2 describe-security-groups --group-ids sg-0123", code: "InvalidGroup.NotFound", want: "sg-0123",
		},
		{
			name: "Malformed", reason: "The error for an identifier of another form is spelled differently.",
			run: "ec2 describe-security-groups --group-ids walk", code: "InvalidGroupId.Malformed",
		},
	}
}

// walkCatalogues describes the zones and instance types of the Region.
func walkCatalogues() []cliCall {
	return []cliCall{
		{
			name: "Zones", reason: "Every zone is available, and has no messages.",
			run: "ec2 describe-availability-zones", query: "AvailabilityZones[0].[ZoneName, ZoneId, State, OptInStatus, Messages]",
			want: `["us-east-1a", "use1-az1", "available", "opt-in-not-required", []]`,
		},
		{
			name: "ZonesByName", reason: "Zones are found by name.",
			run:   "ec2 describe-availability-zones --zone-names us-east-1b us-east-1c",
			query: "AvailabilityZones[].ZoneId", want: `["use1-az2", "use1-az3"]`,
		},
		{
			name: "ZonesByID", reason: "Zones are found by identifier.",
			run: "ec2 describe-availability-zones --zone-ids use1-az4", query: "AvailabilityZones[].ZoneName", want: `["us-east-1d"]`,
		},
		{
			name: "ZonesByFilter", reason: "Zones are found by filter.",
			run: "ec2 describe-availability-zones --filters Name=zone-type,Values=local-zone", query: "AvailabilityZones", want: `[]`,
		},
		{
			name: "ZoneNotFound", reason: "A zone that does not exist is an error.",
			run: "ec2 describe-availability-zones --zone-names us-east-1z", code: "InvalidParameterValue", want: "us-east-1z",
		},
		{
			name: "Types", reason: "The network figures of a type are the ones that EC2 publishes.",
			run:   "ec2 describe-instance-types --instance-types t3.medium",
			query: "InstanceTypes[0].NetworkInfo.[MaximumNetworkInterfaces, Ipv4AddressesPerInterface, Ipv6AddressesPerInterface, MaximumNetworkCards, EnaSupport]",
			want:  `[3, 6, 6, 1, "required"]`,
		},
		{
			name: "TypeWithCards", reason: "A type with two network cards lists both.",
			run:   "ec2 describe-instance-types --instance-types c6in.32xlarge",
			query: "InstanceTypes[0].NetworkInfo.NetworkCards[].[NetworkCardIndex, MaximumNetworkInterfaces]", want: `[[0, 8], [1, 8]]`,
		},
		{
			name: "TypeWithEFA", reason: "A type with Elastic Fabric Adapters shows how many it supports.",
			run:   "ec2 describe-instance-types --instance-types c5n.18xlarge",
			query: "InstanceTypes[0].NetworkInfo.[EfaSupported, EfaInfo.MaximumEfaInterfaces]", want: `[true, 1]`,
		},
		{
			name: "TypesByFilter", reason: "Types are found by their network figures.",
			run:   "ec2 describe-instance-types --filters Name=bare-metal,Values=true Name=network-info.efa-supported,Values=true",
			query: "InstanceTypes[].InstanceType", want: `["c5n.metal", "m6i.metal"]`,
		},
		{
			name: "TypesInPages", reason: "The CLI joins the pages.",
			run:   "ec2 describe-instance-types --page-size 5 --filters Name=instance-type,Values=m5.*",
			query: "length(InstanceTypes)", want: `7`,
		},
		{
			name: "TypesInLargePage", reason: "A page has at most 100 types.",
			run: "ec2 describe-instance-types --no-paginate --max-results 101", code: "InvalidParameterValue", want: "between 5 and 100",
		},
		{
			name: "TypeNotFound", reason: "The error lists the types that do not exist.",
			run: "ec2 describe-instance-types --instance-types t3.medium t3.vast", code: "InvalidInstanceType", want: "[t3.vast]",
		},
	}
}

// walkSessions identifies the caller, and assumes roles.
func walkSessions() []cliCall {
	const session = "AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token "
	return []cliCall{
		{
			name: "Identity", reason: "A user is identified by account and ARN.",
			run: "sts get-caller-identity", query: "[Account, Arn, UserId]",
			want: `["123456789012", "arn:aws:iam::123456789012:user/emulated", "AIDAEMULATEDUSER"]`,
		},
		{
			name: "Unsigned", reason: "STS rejects a call without a signature.",
			run: "sts get-caller-identity --no-sign-request", code: "MissingAuthenticationToken",
		},
		{
			name: "UnsignedEC2", reason: "EC2 rejects a call without a signature, with a code of its own.",
			run: "ec2 describe-vpcs --no-sign-request", code: "AuthFailure",
		},
		{
			name: "OtherRegion", reason: "EC2 rejects a signature for another Region.",
			run: "ec2 describe-vpcs --region eu-west-1", code: "AuthFailure", want: "eu-west-1",
		},
		{
			name: "AssumeRole", reason: "A role is assumed for an hour, unless the call has another duration.",
			run:   "sts assume-role --role-arn arn:aws:iam::123456789012:role/provider --role-session-name walk",
			query: "[Credentials.AccessKeyId, Credentials.SecretAccessKey, Credentials.SessionToken, AssumedRoleUser.Arn, starts_with(Credentials.Expiration, '2030-01-02T04:04:05')]",
			want:  `["<key>", "<secret>", "<token>", "arn:aws:sts::123456789012:assumed-role/provider/walk", true]`,
		},
		{
			name: "IdentityOfRole", reason: "With the credentials of the role, the caller is the role.",
			run: session + "sts get-caller-identity", query: "Arn", want: `"arn:aws:sts::123456789012:assumed-role/provider/walk"`,
		},
		{
			name: "EC2AsRole", reason: "EC2 accepts the credentials of a role.",
			run: session + "ec2 describe-vpcs", query: "length(Vpcs)", want: `2`,
		},
		{
			name: "RoleWithoutToken", reason: "STS rejects temporary credentials without their session token.",
			run: "AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret sts get-caller-identity", code: "InvalidClientTokenId",
		},
		{
			name: "EC2AsRoleWithoutToken", reason: "EC2 rejects temporary credentials without their session token.",
			run: "AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret ec2 describe-vpcs", code: "AuthFailure",
		},
		{
			name: "AssumeUser", reason: "Only a role can be assumed.",
			run: "sts assume-role --role-arn arn:aws:iam::123456789012:user/provider --role-session-name walk", code: "ValidationError",
		},
		{
			name: "AssumeRoleForDays", reason: "A session lasts at most 12 hours.",
			run: "sts assume-role --role-arn arn:aws:iam::123456789012:role/provider --role-session-name walk --duration-seconds 90000", code: "ValidationError",
		},
		{
			name: "WebIdentity", reason: "A call with a web identity needs no signature.",
			run: "sts assume-role-with-web-identity --role-arn arn:aws:iam::123456789012:role/pod --role-session-name walk --web-identity-token token " +
				"--duration-seconds 900",
			query: "[AssumedRoleUser.Arn, Audience]", want: `["arn:aws:sts::123456789012:assumed-role/pod/walk", "sts.amazonaws.com"]`,
		},
		{
			name: "WebIdentityOfUser", reason: "A web identity assumes only a role.",
			run:  "sts assume-role-with-web-identity --role-arn arn:aws:iam::123456789012:user/pod --role-session-name walk --web-identity-token token",
			code: "ValidationError",
		},
		{
			name: "RoleExpires", reason: "EC2 rejects credentials that have expired.", wait: time.Hour,
			run: session + "ec2 describe-vpcs", code: "RequestExpired",
		},
		{
			name: "RoleExpiresAtSTS", reason: "STS has a code of its own for credentials that have expired.",
			run: session + "sts get-caller-identity", code: "ExpiredToken",
		},
	}
}

// walkNetworkInterfaces is the life cycle of an unattached network interface.
func walkNetworkInterfaces() []cliCall {
	const create = "ec2 create-network-interface --subnet-id subnet-a --groups sg-a --client-token once --description 'of a walk' --tag-specifications " +
		`'[{"ResourceType": "network-interface", "Tags": [{"Key": "Name", "Value": "walk"}, {"Key": "empty", "Value": ""}]}]' `
	return []cliCall{
		{name: "CreateDryRun", reason: "A dry run creates nothing.", run: create + "--dry-run", code: "DryRunOperation"},
		{
			name: "Create", reason: "A new network interface is pending, and has the requested properties.",
			run:   create,
			query: "NetworkInterface.[NetworkInterfaceId, Status, Description, Groups[0].GroupName, TagSet[].Key, MacAddress, PrivateIpAddress]",
			want:  `["<eni>", "pending", "of a walk", "a", ["Name", "empty"], "<mac>", "<ip>"]`,
		},
		{
			name: "CreateAgain", reason: "A repeated client token returns the same network interface.",
			run: create, query: "[NetworkInterface.NetworkInterfaceId, ClientToken]", want: `["$eni", "once"]`,
		},
		{
			name: "CreateOther", reason: "A client token belongs to the parameters of its first call.",
			run: "ec2 create-network-interface --subnet-id subnet-b --client-token once", code: "IdempotentParameterMismatch",
		},
		{
			name: "Available", reason: "A network interface becomes available.", wait: time.Second,
			run: "ec2 describe-network-interfaces --network-interface-ids $eni", query: "NetworkInterfaces[].[Status, Attachment]", want: `[["available", null]]`,
		},
		{
			name: "WaitForAvailable", reason: "The CLI's waiter finds the network interface available.",
			run: "ec2 wait network-interface-available --network-interface-ids $eni",
		},
		{
			name: "Details", reason: "The private address is in the list of addresses, with its name.",
			run:   "ec2 describe-network-interfaces --network-interface-ids $eni",
			query: "NetworkInterfaces[0].[PrivateIpAddresses[].[PrivateIpAddress, Primary], Ipv6Addresses, SourceDestCheck, InterfaceType, RequesterManaged, AvailabilityZone]",
			want:  `[[["$ip", true]], [], true, "interface", false, "us-east-1a"]`,
		},
		{
			name: "ByTagPattern", reason: "A network interface is found by a part of a tag.",
			run: "ec2 describe-network-interfaces --filters Name=tag:Name,Values=wa*", query: "NetworkInterfaces[].NetworkInterfaceId", want: `["$eni"]`,
		},
		{
			name: "ByTagKey", reason: "A network interface is found by the key of a tag.",
			run: "ec2 describe-network-interfaces --filters Name=tag-key,Values=empty", query: "NetworkInterfaces[].NetworkInterfaceId", want: `["$eni"]`,
		},
		{
			name: "ByEmptyTag", reason: "A network interface is found by an empty value.",
			run:   `ec2 describe-network-interfaces --filters '[{"Name": "tag:empty", "Values": [""]}]'`,
			query: "NetworkInterfaces[].NetworkInterfaceId", want: `["$eni"]`,
		},
		{
			name: "ByAddresses", reason: "A network interface is found by its addresses.",
			run:   "ec2 describe-network-interfaces --filters Name=mac-address,Values=$mac Name=addresses.private-ip-address,Values=$ip Name=description,Values='of*'",
			query: "NetworkInterfaces[].NetworkInterfaceId", want: `["$eni"]`,
		},
		{
			name: "ByStatus", reason: "All filters must match.",
			run:   "ec2 describe-network-interfaces --filters Name=network-interface-id,Values=$eni Name=status,Values=in-use,pending",
			query: "NetworkInterfaces", want: `[]`,
		},
		{
			name: "InPages", reason: "The CLI joins the pages.",
			run: "ec2 describe-network-interfaces --page-size 5", query: "length(NetworkInterfaces)", want: `16`,
		},
		{
			name: "CutShort", reason: "The CLI stops after the requested number of items.",
			run: "ec2 describe-network-interfaces --page-size 5 --max-items 7", query: "length(NetworkInterfaces)", want: `7`,
		},
		{
			name: "OnePage", reason: "A page that ends before the last network interface has a token.",
			run: "ec2 describe-network-interfaces --no-paginate --max-results 10", query: "[length(NetworkInterfaces), NextToken]", want: `[10, "<next>"]`,
		},
		{
			name: "NextPage", reason: "The next page begins after the one before.",
			run:   "ec2 describe-network-interfaces --no-paginate --max-results 10 --next-token $next",
			query: "[length(NetworkInterfaces), NextToken]", want: `[6, null]`,
		},
		{
			name: "PageOfIdentifiers", reason: "A call has identifiers or a page size, not both.",
			run: "ec2 describe-network-interfaces --network-interface-ids $eni --max-results 5", code: "InvalidParameterCombination",
		},
		{
			name: "DescribeDryRun", reason: "A description has a dry run as well.",
			run: "ec2 describe-network-interfaces --dry-run", code: "DryRunOperation",
		},
		{
			name: "Malformed", reason: "The error for an identifier of another form is spelled differently from the one for a missing network interface.",
			run: "ec2 describe-network-interfaces --network-interface-ids i-a", code: "InvalidNetworkInterfaceId.Malformed",
		},
		{
			name: "CreateWithAddresses", reason: "A call has the primary address and further addresses.",
			run: "ec2 create-network-interface --subnet-id subnet-a --private-ip-addresses " +
				"Primary=false,PrivateIpAddress=10.0.0.121 Primary=true,PrivateIpAddress=10.0.0.120",
			query: "NetworkInterface.[PrivateIpAddress, PrivateIpAddresses[].PrivateIpAddress]", want: `["10.0.0.120", ["10.0.0.120", "10.0.0.121"]]`,
		},
		{
			name: "CreateWithTakenAddress", reason: "An address belongs to one network interface.",
			run: "ec2 create-network-interface --subnet-id subnet-a --private-ip-address 10.0.0.120", code: "InvalidIPAddress.InUse",
		},
		{
			name: "CreateWithForeignAddress", reason: "An address is from the subnet's range.",
			run: "ec2 create-network-interface --subnet-id subnet-a --private-ip-address 10.0.1.20", code: "InvalidParameterValue", want: "subnet's address range",
		},
		{
			name: "CreateWithCount", reason: "A number of secondary addresses does not include the primary address.",
			run:   "ec2 create-network-interface --subnet-id subnet-a --secondary-private-ip-address-count 3 --ipv6-address-count 2",
			query: "NetworkInterface.[length(PrivateIpAddresses), length(Ipv6Addresses)]", want: `[4, 2]`,
		},
		{
			name: "CreateWithPrefixes", reason: "Prefixes are /28 blocks and /80 blocks.",
			run:   "ec2 create-network-interface --subnet-id subnet-a --ipv4-prefix-count 1 --ipv6-prefixes Ipv6Prefix=2600:1f18:1234:5600:7::/80",
			query: "NetworkInterface.[ends_with(Ipv4Prefixes[0].Ipv4Prefix, '/28'), Ipv6Prefixes[].Ipv6Prefix]", want: `[true, ["2600:1f18:1234:5600:7::/80"]]`,
		},
		{
			name: "CreateWithIPv6InIPv4Subnet", reason: "A subnet without an IPv6 block has no IPv6 addresses.",
			run: "ec2 create-network-interface --subnet-id subnet-b --ipv6-address-count 1", code: "InvalidParameterValue", want: "IPv6 CIDR block",
		},
		{
			name: "CreateInFullSubnet", reason: "A subnet without free addresses is an error of its own.",
			run:  "ec2 create-network-interface --subnet-id subnet-tiny --secondary-private-ip-address-count 11",
			code: "InsufficientFreeAddressesInSubnet",
		},
		{
			name: "CreateWithUnknownGroup", reason: "This call spells the error for a security group differently from others.",
			run: "ec2 create-network-interface --subnet-id subnet-a --groups sg-0123", code: "InvalidSecurityGroupID.NotFound",
		},
		{
			name: "CreateWithForeignGroup", reason: "A security group is of the subnet's VPC.",
			run: "ec2 create-network-interface --subnet-id subnet-a --groups sg-other", code: "InvalidGroup.NotFound", want: "different networks",
		},
		{
			name: "CreateNowhere", reason: "A network interface needs a subnet that exists.",
			run: "ec2 create-network-interface --subnet-id subnet-0123", code: "InvalidSubnetID.NotFound",
		},
		{
			name: "CreateEFA", reason: "The call has the type of the network interface.",
			run: "ec2 create-network-interface --subnet-id subnet-a --interface-type efa", query: "NetworkInterface.InterfaceType", want: `"efa"`,
		},
		{
			name: "DeleteDryRun", reason: "A dry run deletes nothing.",
			run: "ec2 delete-network-interface --network-interface-id $eni --dry-run", code: "DryRunOperation",
		},
		{
			name: "DeleteAttached", reason: "An attached network interface cannot be deleted.",
			run: "ec2 delete-network-interface --network-interface-id eni-used", code: "InvalidParameterValue", want: "currently in use",
		},
		{
			name: "DeleteManaged", reason: "A network interface of a service is not the user's to delete.",
			run: "ec2 delete-network-interface --network-interface-id eni-lb", code: "OperationNotPermitted",
		},
		{name: "Delete", reason: "A network interface that is not attached is deleted.", run: "ec2 delete-network-interface --network-interface-id $eni"},
		{
			name: "Deleted", reason: "A deleted network interface does not exist.",
			run: "ec2 describe-network-interfaces --network-interface-ids $eni", code: "InvalidNetworkInterfaceID.NotFound", want: "$eni",
		},
		{
			name: "DeleteAgain", reason: "A network interface is deleted once.",
			run: "ec2 delete-network-interface --network-interface-id $eni", code: "InvalidNetworkInterfaceID.NotFound",
		},
	}
}

// walkAttributes changes a network interface.
func walkAttributes() []cliCall {
	const modify = "ec2 modify-network-interface-attribute --network-interface-id eni-free "
	const attribute = "ec2 describe-network-interface-attribute --network-interface-id eni-free --attribute "
	return []cliCall{
		{name: "Describe", reason: "The description changes.", run: modify + "--description 'a new text'"},
		{
			name: "Description", reason: "The response has only the requested attribute.",
			run: attribute + "description", query: "[NetworkInterfaceId, Description.Value, SourceDestCheck]", want: `["eni-free", "a new text", null]`,
		},
		{name: "DisableCheck", reason: "The source/destination check is disabled.", run: modify + "--no-source-dest-check"},
		{name: "Check", reason: "The attribute shows the disabled check.", run: attribute + "sourceDestCheck", query: "SourceDestCheck.Value", want: "false"},
		{
			name: "ResetCheckDryRun", reason: "A dry run resets nothing.",
			run: "ec2 reset-network-interface-attribute --network-interface-id eni-free --source-dest-check true --dry-run", code: "DryRunOperation",
		},
		{
			name: "ResetCheck", reason: "A reset enables the check.",
			run: "ec2 reset-network-interface-attribute --network-interface-id eni-free --source-dest-check true",
		},
		{name: "CheckAgain", reason: "The check is enabled by default.", run: attribute + "sourceDestCheck", query: "SourceDestCheck.Value", want: "true"},
		{name: "Regroup", reason: "The security groups are replaced.", run: modify + "--groups sg-a sg-a2"},
		{
			name: "Groups", reason: "The attribute has identifiers and names.",
			run: attribute + "groupSet", query: "Groups[].[GroupId, GroupName]", want: `[["sg-a", "a"], ["sg-a2", "a2"]]`,
		},
		{
			name: "ByGroup", reason: "A network interface is found by its security groups.",
			run: "ec2 describe-network-interfaces --filters Name=group-id,Values=sg-a2", query: "NetworkInterfaces[].NetworkInterfaceId", want: `["eni-free"]`,
		},
		{
			name: "RegroupUnknown", reason: "A security group that does not exist is an error.",
			run: modify + "--groups sg-0123", code: "InvalidGroup.NotFound",
		},
		{
			name: "RegroupTwice", reason: "The name of a security group is unique.",
			run: modify + "--groups sg-a sg-a", code: "InvalidParameterValue", want: "more than once",
		},
		{
			name: "ModifyTwo", reason: "A call changes one attribute.",
			run: modify + "--description d --source-dest-check", code: "InvalidParameterCombination", want: "multiple attribute types",
		},
		{name: "ModifyNone", reason: "A call changes an attribute.", run: modify, code: "InvalidParameterCombination", want: "No attributes"},
		{name: "ModifyDryRun", reason: "A dry run changes nothing.", run: modify + "--description d --dry-run", code: "DryRunOperation"},
		{name: "StillDescribed", reason: "The dry run changed nothing.", run: attribute + "description", query: "Description.Value", want: `"a new text"`},
		{
			name: "ModifyManaged", reason: "A network interface of a service provider is not the user's to change.",
			run: "ec2 modify-network-interface-attribute --network-interface-id eni-op --description d", code: "OperationNotPermitted",
		},
		{
			name: "ModifyUnknown", reason: "A network interface that does not exist cannot be changed.",
			run: "ec2 modify-network-interface-attribute --network-interface-id eni-0123 --description d", code: "InvalidNetworkInterfaceID.NotFound",
		},
		{
			name: "UnknownAttribute", reason: "An attribute that does not exist is an error.",
			run: attribute + "colour", code: "InvalidParameterValue", want: "colour",
		},
		{
			name: "ResetUnknown", reason: "A network interface that does not exist cannot be reset.",
			run: "ec2 reset-network-interface-attribute --network-interface-id eni-0123 --source-dest-check true", code: "InvalidNetworkInterfaceID.NotFound",
		},
		{
			name: "Attachment", reason: "The attachment is an attribute.",
			run:   "ec2 describe-network-interface-attribute --network-interface-id eni-used --attribute attachment",
			query: "Attachment.[AttachmentId, InstanceId, DeviceIndex, Status, DeleteOnTermination]", want: `["eni-attach-used", "i-a", 1, "attached", false]`,
		},
		{
			name: "DeleteOnTermination", reason: "An attachment is changed with its identifier.",
			run: "ec2 modify-network-interface-attribute --network-interface-id eni-used --attachment AttachmentId=eni-attach-used,DeleteOnTermination=true",
		},
		{
			name: "DeletedOnTermination", reason: "A network interface is found by deleteOnTermination.",
			run:   "ec2 describe-network-interfaces --filters Name=attachment.delete-on-termination,Values=true Name=attachment.device-index,Values=1",
			query: "NetworkInterfaces[].NetworkInterfaceId", want: `["eni-used"]`,
		},
		{
			name: "OtherAttachment", reason: "The attachment is the network interface's own.",
			run: modify + "--attachment AttachmentId=eni-attach-used,DeleteOnTermination=true", code: "InvalidAttachmentID.NotFound",
		},
		{
			name: "PrimaryIPv6", reason: "The first IPv6 address becomes the primary one.", recent: true,
			run: "ec2 modify-network-interface-attribute --network-interface-id eni-v6 --enable-primary-ipv6",
		},
		{
			name: "Tracking", reason: "The timeouts of connection tracking change.", recent: true,
			run: modify + "--connection-tracking-specification TcpEstablishedTimeout=600,UdpTimeout=40",
		},
		{
			name: "TrackingOutOfRange", reason: "A timeout is in the documented range.", recent: true,
			run: modify + "--connection-tracking-specification UdpTimeout=61", code: "InvalidParameterValue", want: "between 30 and 60",
		},
		{
			name: "AssociatedSubnets", reason: "Subnets of the VPC are associated.", recent: true,
			run: modify + "--associated-subnet-ids subnet-a subnet-b",
		},
		{
			name: "PublicAddress", reason: "The association of a public address is an attribute.", recent: true,
			run: modify + "--associate-public-ip-address",
		},
	}
}

// walkAttachments attaches network interfaces to instances, and detaches them.
func walkAttachments() []cliCall {
	const attach = "ec2 attach-network-interface --network-interface-id eni-free "
	return []cliCall{
		{
			name: "AttachDryRun", reason: "A dry run attaches nothing.",
			run: attach + "--instance-id i-a --device-index 2 --dry-run", code: "DryRunOperation",
		},
		{
			name: "Attach", reason: "An attachment has an identifier and a network card.",
			run: attach + "--instance-id i-a --device-index 2", query: "[AttachmentId, NetworkCardIndex]", want: `["<attachment>", 0]`,
		},
		{
			name: "Attaching", reason: "A network interface is in use while it is being attached.",
			run:   "ec2 describe-network-interfaces --network-interface-ids eni-free",
			query: "NetworkInterfaces[0].[Status, Attachment.[AttachmentId, Status, InstanceId, InstanceOwnerId, DeviceIndex, DeleteOnTermination]]",
			want:  `["in-use", ["$attachment", "attaching", "i-a", "123456789012", 2, false]]`,
		},
		{
			name: "Attached", reason: "The attachment becomes attached.", wait: time.Second,
			run:   "ec2 describe-network-interfaces --filters Name=attachment.instance-id,Values=i-a Name=attachment.status,Values=attached",
			query: "sort_by(NetworkInterfaces, &Attachment.DeviceIndex)[1:].NetworkInterfaceId", want: `["eni-used", "eni-free"]`,
		},
		{
			name: "OfInstance", reason: "The instance shows the attachment.",
			run:   "ec2 describe-instances --instance-ids i-a --filters Name=network-interface.attachment.attachment-id,Values=$attachment",
			query: "Reservations[].Instances[].NetworkInterfaces[].Attachment.[DeviceIndex, Status]", want: `[[0, "attached"], [1, "attached"], [2, "attached"]]`,
		},
		{
			name: "AttachTwice", reason: "A network interface has one attachment.",
			run: attach + "--instance-id i-a --device-index 3", code: "InvalidNetworkInterface.InUse",
		},
		{
			name: "AttachToTakenIndex", reason: "A device index has one network interface.",
			run:  "ec2 attach-network-interface --network-interface-id eni-v6 --instance-id i-a --device-index 1",
			code: "InvalidParameterValue", want: "device index '1'",
		},
		{
			name: "AttachAboveLimit", reason: "The type of the instance limits its network interfaces.",
			run: "ec2 attach-network-interface --network-interface-id eni-v6 --instance-id i-a --device-index 3", code: "AttachmentLimitExceeded",
		},
		{
			name: "AttachToOtherZone", reason: "Network interface and instance are in the same zone.",
			run:  "ec2 attach-network-interface --network-interface-id eni-v6 --instance-id i-b --device-index 1",
			code: "InvalidParameterCombination", want: "availability zone",
		},
		{
			name: "AttachToPending", reason: "An instance that is pending does not accept a network interface.",
			run: "ec2 attach-network-interface --network-interface-id eni-v6 --instance-id i-pending --device-index 1", code: "IncorrectState",
		},
		{
			name: "AttachToNothing", reason: "The instance exists.",
			run:  "ec2 attach-network-interface --network-interface-id eni-v6 --instance-id i-0123 --device-index 1",
			code: "InvalidInstanceID.NotFound",
		},
		{
			name: "AttachNothing", reason: "The network interface exists.",
			run:  "ec2 attach-network-interface --network-interface-id eni-0123 --instance-id i-a --device-index 3",
			code: "InvalidNetworkInterfaceID.NotFound",
		},
		{
			name: "AttachEFA", reason: "A running instance does not accept an Elastic Fabric Adapter.",
			run: "ec2 attach-network-interface --network-interface-id eni-efa --instance-id i-efa --device-index 1", code: "UnsupportedOperation",
		},
		{
			name: "AttachEFAStopped", reason: "A stopped instance accepts an Elastic Fabric Adapter.",
			run:   "ec2 attach-network-interface --network-interface-id eni-efa --instance-id i-stopped --device-index 1",
			query: "AttachmentId", want: `"<efa>"`,
		},
		{
			name: "AttachToCard", reason: "The call has a network card index.",
			run:   "ec2 attach-network-interface --network-interface-id eni-v6 --instance-id i-cards --device-index 1 --network-card-index 1",
			query: "[AttachmentId, NetworkCardIndex]", want: `["<card>", 1]`,
		},
		{
			name: "AttachToMissingCard", reason: "The network card exists.",
			run:  "ec2 attach-network-interface --network-interface-id eni-trunk --instance-id i-cards --device-index 1 --network-card-index 2",
			code: "InvalidParameterValue", want: "card index '2'",
		},
		{
			name: "EnableSRD", reason: "ENA Express is enabled on an attachment.", recent: true,
			run: "ec2 modify-network-interface-attribute --network-interface-id eni-v6 --ena-srd-specification EnaSrdEnabled=true,EnaSrdUdpSpecification={EnaSrdUdpEnabled=true}",
		},
		{
			name: "SRD", reason: "The attachment shows ENA Express.", recent: true,
			run:   "ec2 describe-network-interfaces --network-interface-ids eni-v6",
			query: "NetworkInterfaces[0].Attachment.[NetworkCardIndex, EnaSrdSpecification.[EnaSrdEnabled, EnaSrdUdpSpecification.EnaSrdUdpEnabled]]",
			want:  `[1, [true, true]]`,
		},
		{
			name: "EnableSRDUnsupported", reason: "Not every type supports ENA Express.", recent: true,
			run:  "ec2 modify-network-interface-attribute --network-interface-id eni-free --ena-srd-specification EnaSrdEnabled=true",
			code: "UnsupportedOperation",
		},
		{
			name: "Queues", reason: "An attachment has its own number of ENA queues.", recent: true,
			run: "ec2 modify-network-interface-attribute --network-interface-id eni-v6 --attachment AttachmentId=$card,EnaQueueCount=16",
		},
		{
			name: "TooManyQueues", reason: "The type of the instance limits the queues.", recent: true,
			run:  "ec2 modify-network-interface-attribute --network-interface-id eni-v6 --attachment AttachmentId=$card,EnaQueueCount=64",
			code: "InvalidParameterValue", want: "limit of 32",
		},
		{
			name: "DeleteAttached", reason: "A network interface that is attached cannot be deleted.",
			run: "ec2 delete-network-interface --network-interface-id eni-free", code: "InvalidParameterValue", want: "currently in use",
		},
		{
			name: "DetachDryRun", reason: "A dry run detaches nothing.",
			run: "ec2 detach-network-interface --attachment-id $attachment --dry-run", code: "DryRunOperation",
		},
		{name: "Detach", reason: "An attachment ends.", run: "ec2 detach-network-interface --attachment-id $attachment"},
		{
			name: "Detaching", reason: "A network interface is in use while it is being detached.",
			run:   "ec2 describe-network-interfaces --network-interface-ids eni-free",
			query: "NetworkInterfaces[0].[Status, Attachment.Status]", want: `["in-use", "detaching"]`,
		},
		{
			name: "DetachAgain", reason: "A detachment is requested once.",
			run: "ec2 detach-network-interface --attachment-id $attachment", code: "IncorrectState", want: "'detaching'",
		},
		{
			name: "DetachForced", reason: "A detachment that does not end is forced.",
			run: "ec2 detach-network-interface --attachment-id $attachment --force",
		},
		{
			name: "Detached", reason: "A detached network interface is available, without an attachment.", wait: time.Second,
			run:   "ec2 describe-network-interfaces --network-interface-ids eni-free",
			query: "NetworkInterfaces[0].[Status, Attachment]", want: `["available", null]`,
		},
		{
			name: "DetachNothing", reason: "An attachment that has ended does not exist.",
			run: "ec2 detach-network-interface --attachment-id $attachment", code: "InvalidAttachmentID.NotFound",
		},
		{
			name: "DetachMalformed", reason: "The error for an identifier of another form is spelled differently.",
			run: "ec2 detach-network-interface --attachment-id eni-free", code: "InvalidNetworkInterfaceAttachmentId.Malformed",
		},
		{
			name: "PrimaryAttachment", reason: "The primary network interface is the one at device index 0.",
			run:   "ec2 describe-network-interfaces --filters Name=attachment.instance-id,Values=i-b Name=attachment.device-index,Values=0",
			query: "NetworkInterfaces[0].Attachment.AttachmentId", want: `"<primary>"`,
		},
		{
			name: "DetachPrimary", reason: "The primary network interface stays with its instance.",
			run: "ec2 detach-network-interface --attachment-id $primary", code: "OperationNotPermitted", want: "device index 0",
		},
		{name: "DetachEFA", reason: "A stopped instance releases an Elastic Fabric Adapter.", run: "ec2 detach-network-interface --attachment-id $efa"},
	}
}

// walkAddresses assigns and unassigns addresses and prefixes.
func walkAddresses() []cliCall {
	const v4, v6 = "private-ip-addresses --network-interface-id ", "ipv6-addresses --network-interface-id "
	return []cliCall{
		{
			name: "Assign", reason: "The response has the requested addresses.",
			run:   "ec2 assign-" + v4 + "eni-free --private-ip-addresses 10.0.0.130 10.0.0.131",
			query: "[NetworkInterfaceId, AssignedPrivateIpAddresses[].PrivateIpAddress]", want: `["eni-free", ["10.0.0.130", "10.0.0.131"]]`,
		},
		{
			name: "AssignCount", reason: "EC2 chooses as many addresses as the call requests.",
			run: "ec2 assign-" + v4 + "eni-free --secondary-private-ip-address-count 2", query: "length(AssignedPrivateIpAddresses)", want: `2`,
		},
		{
			name: "Assigned", reason: "The primary address is listed first and cannot be changed.",
			run:   "ec2 describe-network-interfaces --network-interface-ids eni-free",
			query: "NetworkInterfaces[0].PrivateIpAddresses | [length(@), [?Primary].PrivateIpAddress]", want: `[5, ["10.0.0.100"]]`,
		},
		{
			name: "AssignAgain", reason: "An address that the network interface has is assigned again without an error.",
			run:   "ec2 assign-" + v4 + "eni-free --private-ip-addresses 10.0.0.130",
			query: "AssignedPrivateIpAddresses[].PrivateIpAddress", want: `["10.0.0.130"]`,
		},
		{
			name: "AssignTaken", reason: "The address of another network interface is not assigned.",
			run: "ec2 assign-" + v4 + "eni-v6 --private-ip-addresses 10.0.0.130", code: "Resource.AlreadyAssigned",
		},
		{
			name: "Reassign", reason: "A secondary address is reassigned if the call allows it.",
			run:   "ec2 assign-" + v4 + "eni-v6 --private-ip-addresses 10.0.0.130 --allow-reassignment",
			query: "AssignedPrivateIpAddresses[].PrivateIpAddress", want: `["10.0.0.130"]`,
		},
		{
			name: "Reassigned", reason: "The address has left the network interface that had it.",
			run:   "ec2 describe-network-interfaces --filters Name=addresses.private-ip-address,Values=10.0.0.130",
			query: "NetworkInterfaces[].NetworkInterfaceId", want: `["eni-v6"]`,
		},
		{
			name: "AssignOutside", reason: "An address is from the subnet's range.",
			run: "ec2 assign-" + v4 + "eni-free --private-ip-addresses 10.0.7.1", code: "InvalidParameterValue", want: "address range",
		},
		{
			name: "AssignNothing", reason: "A call requests addresses.",
			run: "ec2 assign-" + v4 + "eni-free", code: "MissingParameter",
		},
		{
			name: "AssignBoth", reason: "A call has addresses or their number, not both.",
			run:  "ec2 assign-" + v4 + "eni-free --private-ip-addresses 10.0.0.140 --secondary-private-ip-address-count 1",
			code: "InvalidParameterCombination",
		},
		{
			name: "AssignAboveLimit", reason: "The type of the instance limits the addresses of an attached network interface.",
			run: "ec2 assign-" + v4 + "eni-used --secondary-private-ip-address-count 6", code: "PrivateIpAddressLimitExceeded",
		},
		{
			name: "AssignToUnknown", reason: "The network interface exists.",
			run: "ec2 assign-" + v4 + "eni-0123 --secondary-private-ip-address-count 1", code: "InvalidNetworkInterfaceID.NotFound",
		},
		{
			name: "Unassign", reason: "A secondary address is unassigned.",
			run: "ec2 unassign-" + v4 + "eni-free --private-ip-addresses 10.0.0.131",
		},
		{
			name: "UnassignAgain", reason: "Only an address that the network interface has is unassigned.",
			run: "ec2 unassign-" + v4 + "eni-free --private-ip-addresses 10.0.0.131", code: "InvalidParameterValue", want: "10.0.0.131",
		},
		{
			name: "UnassignPrimary", reason: "The primary address stays.",
			run: "ec2 unassign-" + v4 + "eni-free --private-ip-addresses 10.0.0.100", code: "InvalidParameterValue", want: "primary",
		},
		{
			name: "AssignPrefix", reason: "EC2 chooses a /28 block.",
			run:   "ec2 assign-" + v4 + "eni-free --ipv4-prefix-count 1",
			query: "[AssignedIpv4Prefixes[0].Ipv4Prefix, AssignedPrivateIpAddresses]", want: `["<prefix>", []]`,
		},
		{
			name: "AssignTakenPrefix", reason: "A prefix belongs to one network interface.",
			run: "ec2 assign-" + v4 + "eni-v6 --ipv4-prefixes $prefix", code: "InvalidIPAddress.InUse",
		},
		{
			name: "AssignWrongPrefix", reason: "A prefix is a /28 block.",
			run: "ec2 assign-" + v4 + "eni-free --ipv4-prefixes 10.0.0.64/27", code: "InvalidParameterValue", want: "/28",
		},
		{
			name: "Prefix", reason: "The description has the prefix.",
			run:   "ec2 describe-network-interfaces --network-interface-ids eni-free",
			query: "NetworkInterfaces[0].Ipv4Prefixes[].Ipv4Prefix", want: `["$prefix"]`,
		},
		{name: "UnassignPrefix", reason: "A prefix is unassigned.", run: "ec2 unassign-" + v4 + "eni-free --ipv4-prefixes $prefix"},
		{
			name: "AssignIPv6", reason: "The response has the requested IPv6 addresses.",
			run:   "ec2 assign-" + v6 + "eni-free --ipv6-addresses 2600:1f18:1234:5600::20",
			query: "[NetworkInterfaceId, AssignedIpv6Addresses]", want: `["eni-free", ["2600:1f18:1234:5600::20"]]`,
		},
		{
			name: "AssignIPv6Count", reason: "EC2 chooses as many IPv6 addresses as the call requests.",
			run: "ec2 assign-" + v6 + "eni-free --ipv6-address-count 2", query: "length(AssignedIpv6Addresses)", want: `2`,
		},
		{
			name: "AssignIPv6Prefix", reason: "EC2 chooses a /80 block.",
			run: "ec2 assign-" + v6 + "eni-free --ipv6-prefix-count 1", query: "AssignedIpv6Prefixes", want: `["<prefix6>"]`,
		},
		{
			name: "AssignTakenIPv6", reason: "An IPv6 address belongs to one network interface.",
			run: "ec2 assign-" + v6 + "eni-free --ipv6-addresses 2600:1f18:1234:5600::10", code: "InvalidIPAddress.InUse",
		},
		{
			name: "AssignIPv6InIPv4Subnet", reason: "A subnet without an IPv6 block has no IPv6 addresses.",
			run: "ec2 assign-" + v6 + "eni-zone-b --ipv6-address-count 1", code: "InvalidParameterValue", want: "IPv6 CIDR block",
		},
		{
			name: "IPv6", reason: "The description has IPv6 addresses and prefixes.",
			run:   "ec2 describe-network-interfaces --filters Name=ipv6-addresses.ipv6-address,Values=2600:1f18:1234:5600::20",
			query: "NetworkInterfaces[].[NetworkInterfaceId, length(Ipv6Addresses), Ipv6Prefixes[].Ipv6Prefix]", want: `[["eni-free", 3, ["$prefix6"]]]`,
		},
		{
			name: "UnassignIPv6", reason: "The response has the IPv6 addresses and prefixes that were unassigned.",
			run:   "ec2 unassign-" + v6 + "eni-free --ipv6-addresses 2600:1f18:1234:5600::20 --ipv6-prefixes $prefix6",
			query: "[NetworkInterfaceId, UnassignedIpv6Addresses, UnassignedIpv6Prefixes]", want: `["eni-free", ["2600:1f18:1234:5600::20"], ["$prefix6"]]`,
		},
		{
			name: "UnassignForeignIPv6", reason: "Only an IPv6 address that the network interface has is unassigned.",
			run: "ec2 unassign-" + v6 + "eni-free --ipv6-addresses 2600:1f18:1234:5600::10", code: "InvalidParameterValue", want: "eni-free",
		},
		{
			name: "PrimaryIPv6OfInstance", reason: "The instance shows the IPv6 address of its primary network interface.",
			run:   "ec2 run-instances --image-id ami-12345678 --instance-type t3.medium --subnet-id subnet-a --ipv6-addresses Ipv6Address=2600:1f18:1234:5600::30",
			query: "Instances[0].[Ipv6Address, NetworkInterfaces[0].Ipv6Addresses[].Ipv6Address]", want: `["2600:1f18:1234:5600::30", ["2600:1f18:1234:5600::30"]]`,
		},
	}
}

// walkInstances launches, stops, starts and terminates instances.
func walkInstances() []cliCall {
	const launch = "ec2 run-instances --image-id ami-12345678 --instance-type t3.medium --subnet-id subnet-a "
	return []cliCall{
		{name: "RunDryRun", reason: "A dry run launches nothing.", run: launch + "--dry-run", code: "DryRunOperation"},
		{
			name: "Run", reason: "A new instance is pending, with its primary network interface and its tags.",
			run: launch + "--client-token launch --security-group-ids sg-a --tag-specifications " +
				"ResourceType=instance,Tags=[{Key=Name,Value=walk}] ResourceType=network-interface,Tags=[{Key=Name,Value=primary}]",
			query: "Instances[0].[InstanceId, State.Name, State.Code, Tags[0].Value, SecurityGroups[].GroupId, NetworkInterfaces[].[Attachment.DeviceIndex, Attachment.DeleteOnTermination]]",
			want:  `["<instance>", "pending", 0, "walk", ["sg-a"], [[0, true]]]`,
		},
		{
			name: "RunAgain", reason: "A client token belongs to the parameters of its first call.",
			run: launch + "--client-token launch", code: "IdempotentParameterMismatch",
		},
		{
			name: "Running", reason: "The instance runs.", wait: time.Second,
			run:   "ec2 describe-instances --instance-ids $instance",
			query: "Reservations[0].[OwnerId, Instances[0].[State.Name, State.Code, VpcId, Placement.AvailabilityZone, ClientToken]]",
			want:  `["123456789012", ["running", 16, "vpc-a", "us-east-1a", "launch"]]`,
		},
		{name: "WaitForRunning", reason: "The CLI's waiter finds the instance running.", run: "ec2 wait instance-running --instance-ids $instance"},
		{
			name: "TagOfInterface", reason: "A launch tags the network interfaces that it creates.",
			run:   "ec2 describe-network-interfaces --filters Name=tag:Name,Values=primary Name=attachment.instance-id,Values=$instance",
			query: "NetworkInterfaces[].Status", want: `["in-use"]`,
		},
		{
			name: "RunSeveral", reason: "Instances of one launch have one reservation.",
			run:   "ec2 run-instances --image-id ami-12345678 --instance-type t3.micro --subnet-id subnet-b --count 2",
			query: "[length(Instances), ReservationId]", want: `[2, "<reservation>"]`,
		},
		{
			name: "ByReservation", reason: "Instances are found by their reservation.",
			run:   "ec2 describe-instances --filters Name=reservation-id,Values=$reservation Name=instance-state-name,Values=pending",
			query: "Reservations[].Instances[].AmiLaunchIndex | sort(@)", want: `[0, 1]`,
		},
		{
			name: "RunWithInterfaces", reason: "A launch has existing and new network interfaces.",
			run: "ec2 run-instances --image-id ami-12345678 --instance-type t3.medium --network-interfaces " +
				"DeviceIndex=0,SubnetId=subnet-a,Groups=sg-a2,DeleteOnTermination=false,Description=first DeviceIndex=1,NetworkInterfaceId=eni-free",
			query: "Instances[0].[InstanceId, NetworkInterfaces[].[Attachment.DeviceIndex, Attachment.DeleteOnTermination, Description], NetworkInterfaces[0].NetworkInterfaceId]",
			want:  `["<pair>", [[0, false, "first"], [1, false, ""]], "<kept>"]`,
		},
		{
			name: "RunUnknownType", reason: "The type exists.",
			run:  "ec2 run-instances --image-id ami-12345678 --instance-type t3.vast --subnet-id subnet-a",
			code: "InvalidParameterValue", want: "t3.vast",
		},
		{
			name: "RunWithUsedInterface", reason: "A network interface in use is not attached to another instance.",
			run:  "ec2 run-instances --image-id ami-12345678 --instance-type t3.medium --network-interfaces DeviceIndex=0,NetworkInterfaceId=eni-used",
			code: "InvalidNetworkInterface.InUse",
		},
		{
			name: "RunInMissingSubnet", reason: "The subnet exists.",
			run:  "ec2 run-instances --image-id ami-12345678 --instance-type t3.medium --subnet-id subnet-0123",
			code: "InvalidSubnetID.NotFound",
		},
		{
			name: "RunInOtherZone", reason: "A placement is in the zone of the subnet.",
			run: launch + "--placement AvailabilityZone=us-east-1b", code: "InvalidParameterCombination",
		},
		{
			name: "RunInDefaultVpc", reason: "Without a default VPC, a launch requires a subnet.",
			run: "ec2 run-instances --image-id ami-12345678 --instance-type t3.medium", code: "VPCIdNotSpecified",
		},
		{name: "StopDryRun", reason: "A dry run stops nothing.", run: "ec2 stop-instances --instance-ids $instance --dry-run", code: "DryRunOperation"},
		{
			name: "Stop", reason: "The response has the states before and after.",
			run:   "ec2 stop-instances --instance-ids $instance",
			query: "StoppingInstances[].[InstanceId, PreviousState.Name, CurrentState.Name]", want: `[["$instance", "running", "stopping"]]`,
		},
		{
			name: "StartStopping", reason: "An instance that is stopping cannot be started.",
			run: "ec2 start-instances --instance-ids $instance", code: "IncorrectInstanceState",
		},
		{
			name: "WaitForStopped", reason: "The CLI's waiter finds the instance stopped.", wait: time.Second,
			run: "ec2 wait instance-stopped --instance-ids $instance",
		},
		{
			name: "Start", reason: "A stopped instance starts.",
			run:   "ec2 start-instances --instance-ids $instance",
			query: "StartingInstances[].[PreviousState.Name, CurrentState.Name]", want: `[["stopped", "pending"]]`,
		},
		{
			name: "StopPending", reason: "An instance that is pending cannot be stopped.",
			run: "ec2 stop-instances --instance-ids $instance", code: "IncorrectInstanceState",
		},
		{
			name: "TerminateTwo", reason: "A call terminates several instances.", wait: time.Second,
			run:   "ec2 terminate-instances --instance-ids $instance $pair",
			query: "TerminatingInstances[].[PreviousState.Name, CurrentState.Name]", want: `[["running", "shutting-down"], ["running", "shutting-down"]]`,
		},
		{
			name: "WaitForTerminated", reason: "The CLI's waiter finds the instances terminated.", wait: time.Second,
			run: "ec2 wait instance-terminated --instance-ids $instance $pair",
		},
		{
			name: "Terminated", reason: "A terminated instance has no network interfaces, and is described for a while.",
			run:   "ec2 describe-instances --instance-ids $pair",
			query: "Reservations[0].Instances[0].[State.Name, NetworkInterfaces, SecurityGroups, PrivateDnsName, SubnetId]", want: `["terminated", [], [], "", null]`,
		},
		{
			name: "Kept", reason: "A network interface without deleteOnTermination outlives its instance.",
			run:   "ec2 describe-network-interfaces --network-interface-ids $kept eni-free",
			query: "NetworkInterfaces[].Status", want: `["available", "available"]`,
		},
		{
			name: "Dropped", reason: "A network interface with deleteOnTermination is deleted with its instance.",
			run: "ec2 describe-network-interfaces --filters Name=tag:Name,Values=primary", query: "NetworkInterfaces", want: `[]`,
		},
		{
			name: "TerminateAgain", reason: "A terminated instance stays terminated.",
			run:   "ec2 terminate-instances --instance-ids $instance",
			query: "TerminatingInstances[].[PreviousState.Name, CurrentState.Name]", want: `[["terminated", "terminated"]]`,
		},
		{
			name: "StartTerminated", reason: "A terminated instance cannot be started.",
			run: "ec2 start-instances --instance-ids $instance", code: "IncorrectInstanceState",
		},
		{
			name: "AttachToTerminated", reason: "A terminated instance does not accept a network interface.",
			run: "ec2 attach-network-interface --network-interface-id eni-free --instance-id $instance --device-index 1", code: "IncorrectState",
		},
		{
			name: "TerminateUnknown", reason: "The error lists all instances that do not exist.",
			run: "ec2 terminate-instances --instance-ids i-0123 i-4567", code: "InvalidInstanceID.NotFound", want: "'i-0123, i-4567'",
		},
		{
			name: "StopMalformed", reason: "An identifier of another form is a different error.",
			run: "ec2 stop-instances --instance-ids eni-free", code: "InvalidInstanceID.Malformed",
		},
		{
			name: "Forgotten", reason: "A terminated instance is not described after an hour.", wait: 2 * time.Hour,
			run: "ec2 describe-instances --instance-ids $instance", code: "InvalidInstanceID.NotFound",
		},
		{
			name: "DescribeInPages", reason: "The CLI joins the pages.",
			run: "ec2 describe-instances --page-size 5", query: "length(Reservations[].Instances[])", want: `8`,
		},
		{
			name: "DescribeUnsupported", reason: "The emulator reports a filter for which it keeps no state.",
			run: "ec2 describe-instances --filters Name=key-name,Values=k", code: "UnsupportedOperation", want: "key-name",
		},
	}
}

// walkTags creates and deletes tags.
func walkTags() []cliCall {
	return []cliCall{
		{
			name: "CreateDryRun", reason: "A dry run creates no tags.",
			run: "ec2 create-tags --resources eni-free --tags Key=a,Value=1 --dry-run", code: "DryRunOperation",
		},
		{
			name: "Create", reason: "A call tags several resources of several types.",
			run: "ec2 create-tags --resources eni-free i-a subnet-b sg-a vpc-b --tags Key=a,Value=1 Key=b,Value=2 Key=empty,Value=",
		},
		{
			name: "Describe", reason: "A tag is described with the type of its resource.",
			run:   "ec2 describe-tags --filters Name=key,Values=a",
			query: "Tags[].[ResourceId, ResourceType, Value] | sort_by(@, &[0])",
			want: `[["eni-free", "network-interface", "1"], ["i-a", "instance", "1"], ["sg-a", "security-group", "1"],
				["subnet-b", "subnet", "1"], ["vpc-b", "vpc", "1"]]`,
		},
		{
			name: "DescribeOne", reason: "Tags are found by resource and type.",
			run:   "ec2 describe-tags --filters Name=resource-id,Values=eni-free Name=resource-type,Values=network-interface",
			query: "Tags[].[Key, Value]", want: `[["a", "1"], ["b", "2"], ["empty", ""]]`,
		},
		{name: "Overwrite", reason: "A tag that exists is overwritten.", run: "ec2 create-tags --resources eni-free --tags Key=a,Value=3"},
		{
			name: "Overwritten", reason: "The resource has the new value.",
			run: "ec2 describe-network-interfaces --network-interface-ids eni-free", query: "NetworkInterfaces[0].TagSet[?Key=='a'].Value", want: `["3"]`,
		},
		{name: "DeleteOther", reason: "A tag with another value stays.", run: "ec2 delete-tags --resources eni-free --tags Key=a,Value=1"},
		{name: "DeleteMatching", reason: "A tag with the value is deleted.", run: "ec2 delete-tags --resources eni-free --tags Key=empty,Value="},
		{name: "DeleteKey", reason: "Without a value, the tag is deleted whatever its value.", run: "ec2 delete-tags --resources eni-free i-a --tags Key=b"},
		{
			name: "Left", reason: "The deleted tags do not exist.",
			run: "ec2 describe-tags --filters Name=resource-id,Values=eni-free,i-a", query: "Tags[].[ResourceId, Key]",
			want: `[["eni-free", "a"], ["i-a", "a"], ["i-a", "empty"]]`,
		},
		{name: "DeleteAll", reason: "Without tags, all tags are deleted.", run: "ec2 delete-tags --resources i-a"},
		{name: "None", reason: "The list of tags is empty.", run: "ec2 describe-tags --filters Name=resource-id,Values=i-a", query: "Tags", want: `[]`},
		{
			name: "InPages", reason: "The CLI joins the pages.",
			run: "ec2 describe-tags --page-size 5", query: "length(Tags)", want: `12`,
		},
		{
			name: "CreateReserved", reason: "Keys that begin with aws: are reserved.",
			run: "ec2 create-tags --resources eni-free --tags Key=aws:a,Value=1", code: "InvalidParameterValue", want: "aws:",
		},
		{
			name: "DeleteReserved", reason: "A tag of AWS cannot be deleted.",
			run: "ec2 delete-tags --resources eni-free --tags Key=aws:a", code: "InvalidParameterValue", want: "aws:",
		},
		{
			name: "CreateOnUnknown", reason: "The resource exists.",
			run: "ec2 create-tags --resources eni-free eni-0123 --tags Key=c,Value=1", code: "InvalidNetworkInterfaceID.NotFound",
		},
		{
			name: "CreateOnNothing", reason: "An identifier has the form of a resource that has tags.",
			run: "ec2 create-tags --resources nonsense --tags Key=c,Value=1", code: "InvalidID",
		},
		{
			name: "NothingOfFailure", reason: "A call that fails creates no tags.",
			run: "ec2 describe-tags --filters Name=key,Values=c", query: "Tags", want: `[]`,
		},
		{
			name: "DescribeByUnknownFilter", reason: "A filter that the API does not have is an error.",
			run: "ec2 describe-tags --filters Name=colour,Values=red", code: "InvalidParameterValue", want: "colour",
		},
		{
			name: "TagOtherType", reason: "A call tags only the types of resources that it creates.",
			run:  "ec2 create-network-interface --subnet-id subnet-a --tag-specifications ResourceType=instance,Tags=[{Key=a,Value=1}]",
			code: "InvalidParameterValue", want: "taggable resource type",
		},
	}
}
