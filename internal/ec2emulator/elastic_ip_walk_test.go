// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

// walkElasticIPs allocates an Elastic IP address, moves it and releases it.
func walkElasticIPs() []cliCall {
	return []cliCall{
		{
			name: "Allocate", reason: "An address is allocated with its tags.",
			run:   "ec2 allocate-address --domain vpc --tag-specifications ResourceType=elastic-ip,Tags=[{Key=pool,Value=red}]",
			query: "[AllocationId, PublicIp, Domain, PublicIpv4Pool]", want: `["<address>", "198.51.100.1", "vpc", "amazon"]`,
		},
		{
			name: "AllocateElsewhere", reason: "An address is in the network border group of the Region.",
			run: "ec2 allocate-address --network-border-group us-west-2", code: "InvalidParameterValue",
		},
		{
			name: "Associate", reason: "An address is associated with the primary private address by default.",
			run:   "ec2 associate-address --allocation-id $address --network-interface-id eni-free --no-allow-reassociation",
			query: "AssociationId", want: `"<association>"`,
		},
		{
			name: "AssociateAgain", reason: "The call is idempotent.",
			run:   "ec2 associate-address --allocation-id $address --network-interface-id eni-free --private-ip-address 10.0.0.100 --no-allow-reassociation",
			query: "AssociationId", want: `"$association"`,
		},
		{
			name: "AssociateUsed", reason: "An address of another interface is not moved if reassociation is not allowed.",
			run: "ec2 associate-address --allocation-id $address --network-interface-id eni-v6 --no-allow-reassociation", code: "Resource.AlreadyAssociated",
		},
		{
			name: "Describe", reason: "The address is found by its tag, with the interface.",
			run:   "ec2 describe-addresses --filters Name=tag:pool,Values=red",
			query: "Addresses[].[AllocationId, AssociationId, NetworkInterfaceId, PrivateIpAddress, Tags[0].Value]",
			want:  `[["$address", "$association", "eni-free", "10.0.0.100", "red"]]`,
		},
		{
			name: "DescribeUnknown", reason: "An allocation that does not exist is an error.",
			run: "ec2 describe-addresses --allocation-ids eipalloc-0123", code: "InvalidAllocationID.NotFound", want: "eipalloc-0123",
		},
		{
			name: "DescribeInterface", reason: "The interface and its private address have the association.",
			run:   "ec2 describe-network-interfaces --filters Name=association.allocation-id,Values=$address",
			query: "NetworkInterfaces[].[Association.PublicIp, Association.AssociationId, PrivateIpAddresses[0].Association.AllocationId, Association.IpOwnerId]",
			want:  `[["198.51.100.1", "$association", "$address", "123456789012"]]`,
		},
		{
			name: "ReleaseUsed", reason: "An associated address is not released.",
			run: "ec2 release-address --allocation-id $address", code: "InvalidIPAddress.InUse",
		},
		{name: "Disassociate", reason: "An association ends.", run: "ec2 disassociate-address --association-id $association"},
		{
			name: "DisassociateAgain", reason: "An association that ended does not exist.",
			run: "ec2 disassociate-address --association-id $association", code: "InvalidAssociationID.NotFound",
		},
		{name: "Release", reason: "A free address is released.", run: "ec2 release-address --allocation-id $address"},
		{
			name: "Released", reason: "The address does not exist.",
			run: "ec2 describe-addresses --filters Name=allocation-id,Values=$address", query: "Addresses", want: `[]`,
		},
	}
}
