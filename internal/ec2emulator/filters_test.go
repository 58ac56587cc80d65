// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"context"
	"strings"
	"testing"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// The filters that EC2 documents, for each action.
const (
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
	filtersOfENIs = `association.allocation-id association.association-id addresses.association.owner-id
		addresses.association.public-ip addresses.primary addresses.private-ip-address association.ip-owner-id
		association.public-ip association.public-dns-name attachment.attach-time attachment.attachment-id
		attachment.delete-on-termination attachment.device-index attachment.instance-id attachment.instance-owner-id
		attachment.status availability-zone availability-zone-id description group-id ipv6-addresses.ipv6-address
		interface-type mac-address network-interface-id operator.managed operator.principal owner-id private-dns-name
		private-ip-address requester-id requester-managed source-dest-check status subnet-id tag:key tag-key vpc-id`
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html
	filtersOfSubnets = `availability-zone availability-zone-id available-ip-address-count cidr-block
		customer-owned-ipv4-pool default-for-az enable-dns64 enable-lni-at-device-index
		ipv6-cidr-block-association.ipv6-cidr-block ipv6-cidr-block-association.association-id
		ipv6-cidr-block-association.state ipv6-native map-customer-owned-ip-on-launch map-public-ip-on-launch
		outpost-arn owner-id private-dns-name-options-on-launch.hostname-type
		private-dns-name-options-on-launch.enable-resource-name-dns-a-record
		private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record state subnet-arn subnet-id tag:key
		tag-key vpc-id`
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
	filtersOfGroups = `description egress.ip-permission.cidr egress.ip-permission.from-port
		egress.ip-permission.group-id egress.ip-permission.group-name egress.ip-permission.ipv6-cidr
		egress.ip-permission.prefix-list-id egress.ip-permission.protocol egress.ip-permission.to-port
		egress.ip-permission.user-id group-id group-name ip-permission.cidr ip-permission.from-port
		ip-permission.group-id ip-permission.group-name ip-permission.ipv6-cidr ip-permission.prefix-list-id
		ip-permission.protocol ip-permission.to-port ip-permission.user-id owner-id tag:key tag-key vpc-id`
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html
	filtersOfAddresses = `allocation-id association-id instance-id network-border-group network-interface-id
		network-interface-owner-id private-ip-address public-ip tag:key tag-key`
	filtersOfVPCs = `cidr cidr-block-association.cidr-block cidr-block-association.association-id
		cidr-block-association.state dhcp-options-id ipv6-cidr-block-association.ipv6-cidr-block
		ipv6-cidr-block-association.ipv6-pool ipv6-cidr-block-association.association-id
		ipv6-cidr-block-association.state is-default owner-id state tag:key tag-key vpc-id`
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html
	filtersOfZones = `group-name message opt-in-status parent-zone-id parent-zone-name region-name state zone-id
		zone-name zone-type`
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html
	filtersOfTypes = `bare-metal current-generation hypervisor instance-type memory-info.size-in-mib
		network-info.efa-info.maximum-efa-interfaces network-info.efa-supported network-info.ena-support
		network-info.encryption-in-transit-supported network-info.flexible-ena-queues-support
		network-info.ipv4-addresses-per-interface network-info.ipv6-addresses-per-interface network-info.ipv6-supported
		network-info.maximum-network-cards network-info.maximum-network-interfaces network-info.network-performance
		vcpu-info.default-vcpus`
	unsupportedOfTypes = `auto-recovery-supported burstable-performance-supported dedicated-hosts-supported
		ebs-info.attachment-limit-type ebs-info.maximum-ebs-attachments
		ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps ebs-info.ebs-optimized-info.baseline-iops
		ebs-info.ebs-optimized-info.baseline-throughput-in-mbps ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps
		ebs-info.ebs-optimized-info.maximum-iops ebs-info.ebs-optimized-info.maximum-throughput-in-mbps
		ebs-info.ebs-optimized-support ebs-info.encryption-support ebs-info.nvme-support free-tier-eligible
		hibernation-supported instance-storage-info.disk.count instance-storage-info.disk.size-in-gb
		instance-storage-info.disk.type instance-storage-info.encryption-support instance-storage-info.nvme-support
		instance-storage-info.total-size-in-gb instance-storage-supported network-info.bandwidth-weightings
		nitro-enclaves-support nitro-tpm-support nitro-tpm-info.supported-versions processor-info.supported-architecture
		processor-info.sustained-clock-speed-in-ghz processor-info.supported-features reboot-migration-support
		supported-boot-mode supported-root-device-type supported-usage-class supported-virtualization-type
		vcpu-info.default-cores vcpu-info.default-threads-per-core vcpu-info.valid-cores vcpu-info.valid-threads-per-core`
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
	filtersOfInstances = `architecture availability-zone availability-zone-id client-token dns-name ena-support
		hypervisor image-id instance-id instance-state-code instance-state-name instance-type instance.group-id
		instance.group-name ip-address ipv6-address launch-index launch-time
		network-interface.addresses.association.allocation-id network-interface.addresses.association.association-id
		network-interface.addresses.association.carrier-ip network-interface.addresses.association.customer-owned-ip
		network-interface.addresses.association.ip-owner-id network-interface.addresses.association.public-dns-name
		network-interface.addresses.association.public-ip network-interface.addresses.primary
		network-interface.addresses.private-dns-name network-interface.addresses.private-ip-address
		network-interface.association.allocation-id network-interface.association.association-id
		network-interface.association.carrier-ip network-interface.association.customer-owned-ip
		network-interface.association.ip-owner-id network-interface.association.public-dns-name
		network-interface.association.public-ip network-interface.attachment.attach-time
		network-interface.attachment.attachment-id network-interface.attachment.delete-on-termination
		network-interface.attachment.device-index network-interface.attachment.instance-id
		network-interface.attachment.instance-owner-id network-interface.attachment.network-card-index
		network-interface.attachment.status network-interface.availability-zone network-interface.deny-all-igw-traffic
		network-interface.description network-interface.group-id network-interface.group-name
		network-interface.ipv4-prefixes.ipv4-prefix network-interface.ipv6-address
		network-interface.ipv6-addresses.ipv6-address network-interface.ipv6-addresses.is-primary-ipv6
		network-interface.ipv6-native network-interface.ipv6-prefixes.ipv6-prefix network-interface.mac-address
		network-interface.network-interface-id network-interface.operator.managed network-interface.operator.principal
		network-interface.outpost-arn network-interface.owner-id network-interface.private-dns-name
		network-interface.private-ip-address network-interface.public-dns-name network-interface.requester-id
		network-interface.requester-managed network-interface.status network-interface.source-dest-check
		network-interface.subnet-id network-interface.tag-key network-interface.tag-value network-interface.vpc-id
		owner-id private-dns-name private-ip-address reservation-id source-dest-check subnet-id tag:key tag-key tenancy
		virtualization-type vpc-id`
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
	unsupportedOfInstances = `affinity block-device-mapping.attach-time block-device-mapping.delete-on-termination
		block-device-mapping.device-name block-device-mapping.status block-device-mapping.volume-id boot-mode
		capacity-reservation-id capacity-reservation-specification.capacity-reservation-preference
		capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id
		capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn
		current-instance-boot-mode ebs-optimized enclave-options.enabled hibernation-options.configured host-id
		iam-instance-profile.arn iam-instance-profile.id instance-lifecycle kernel-id key-name
		maintenance-options.auto-recovery metadata-options.http-endpoint metadata-options.http-protocol-ipv4
		metadata-options.http-protocol-ipv6 metadata-options.http-put-response-hop-limit metadata-options.http-tokens
		metadata-options.instance-metadata-tags metadata-options.state monitoring-state
		network-performance-options.bandwidth-weighting operator.managed operator.principal outpost-arn
		placement-group-name placement-partition-number platform platform-details
		private-dns-name-options.enable-resource-name-dns-a-record
		private-dns-name-options.enable-resource-name-dns-aaaa-record private-dns-name-options.hostname-type
		product-code product-code.type ramdisk-id reason requester-id root-device-name root-device-type
		spot-instance-request-id state-reason-code state-reason-message tpm-support usage-operation
		usage-operation-update-time`
)

// filtering describes resources of each kind, and counts them.
func filtering(ctx context.Context, c *awsec2.Client, kind string, fs []ec2types.Filter) (int, error) {
	n := 0
	switch kind {
	case "Subnets":
		out, err := c.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{Filters: fs})
		if err != nil {
			return 0, err
		}
		n = len(out.Subnets)
	case "SecurityGroups":
		out, err := c.DescribeSecurityGroups(ctx, &awsec2.DescribeSecurityGroupsInput{Filters: fs})
		if err != nil {
			return 0, err
		}
		n = len(out.SecurityGroups)
	case "VPCs":
		out, err := c.DescribeVpcs(ctx, &awsec2.DescribeVpcsInput{Filters: fs})
		if err != nil {
			return 0, err
		}
		n = len(out.Vpcs)
	case "Zones":
		out, err := c.DescribeAvailabilityZones(ctx, &awsec2.DescribeAvailabilityZonesInput{Filters: fs})
		if err != nil {
			return 0, err
		}
		n = len(out.AvailabilityZones)
	case "InstanceTypes":
		out, err := c.DescribeInstanceTypes(ctx, &awsec2.DescribeInstanceTypesInput{Filters: fs})
		if err != nil {
			return 0, err
		}
		n = len(out.InstanceTypes)
	case "Instances":
		out, err := c.DescribeInstances(ctx, &awsec2.DescribeInstancesInput{Filters: fs})
		if err != nil {
			return 0, err
		}
		for _, r := range out.Reservations {
			n += len(r.Instances)
		}
	case "Addresses":
		out, err := c.DescribeAddresses(ctx, &awsec2.DescribeAddressesInput{Filters: fs})
		if err != nil {
			return 0, err
		}
		n = len(out.Addresses)
	default:
		out, err := c.DescribeNetworkInterfaces(ctx, &awsec2.DescribeNetworkInterfacesInput{Filters: fs})
		if err != nil {
			return 0, err
		}
		n = len(out.NetworkInterfaces)
	}
	return n, nil
}

func TestDocumentedFilters(t *testing.T) {
	f := newFixture(t, Options{})
	cases := map[string]struct {
		reason, kind, names, code, message string
	}{
		"NetworkInterfaces": {reason: "Each filter for network interfaces is known.", kind: "NetworkInterfaces", names: filtersOfENIs},
		"Addresses":         {reason: "Each filter for Elastic IP addresses is known.", kind: "Addresses", names: filtersOfAddresses},
		"Subnets":           {reason: "Each filter for subnets is known.", kind: "Subnets", names: filtersOfSubnets},
		"SecurityGroups":    {reason: "Each filter for security groups is known.", kind: "SecurityGroups", names: filtersOfGroups},
		"Instances":         {reason: "Each supported filter on instances is accepted.", kind: "Instances", names: filtersOfInstances},
		"InstancesUnsupported": {
			reason: "An unsupported filter is rejected by name.", kind: "Instances", names: unsupportedOfInstances,
			code: "UnsupportedOperation", message: "The emulator does not support the filter ",
		},
		"VPCs":          {reason: "Each filter for VPCs is known.", kind: "VPCs", names: filtersOfVPCs},
		"Zones":         {reason: "Each supported filter on zones is accepted.", kind: "Zones", names: filtersOfZones},
		"InstanceTypes": {reason: "Each supported filter on instance types is accepted.", kind: "InstanceTypes", names: filtersOfTypes},
		"ZonesUnsupported": {
			reason: "The long name of a group of zones is not known for every Region.", kind: "Zones", names: "group-long-name",
			code: "UnsupportedOperation", message: "The emulator does not support the filter ",
		},
		"InstanceTypesUnsupported": {
			reason: "An unsupported filter on types is rejected by name.", kind: "InstanceTypes", names: unsupportedOfTypes,
			code: "UnsupportedOperation", message: "The emulator does not support the filter ",
		},
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidParameterValue)
		"Undocumented": {reason: "Filters are a closed list.", kind: "Instances", names: "colour", code: "InvalidParameterValue", message: "The filter "},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for filter := range strings.FieldsSeq(tc.names) {
				_, err := filtering(t.Context(), f.client, tc.kind, filters(filter, "x"))
				if diff := cmp.Diff(tc.code, code(err)); diff != "" {
					t.Errorf("%s\n%s: -want, +got:\n%s", tc.reason, filter, diff)
				}
				if want := tc.message + "'" + filter + "'"; tc.code != "" && !strings.HasPrefix(message(err), want) {
					t.Errorf("%s\nmessage: want %q, got %q", tc.reason, want, message(err))
				}
			}
		})
	}
}

func TestFiltersOfOthers(t *testing.T) {
	f := newFixture(t, Options{})
	cases := map[string]struct {
		reason, kind string
		filters      []ec2types.Filter
		want         int
	}{
		"IPv6Block":      {reason: "One subnet has an IPv6 block.", kind: "Subnets", filters: filters("ipv6-cidr-block-association.state", "associated"), want: 1},
		"NoPublicIP":     {reason: "No subnet maps public addresses.", kind: "Subnets", filters: filters("map-public-ip-on-launch", "false"), want: 4},
		"EgressIPv6":     {reason: "Groups of a VPC with IPv6 let IPv6 out.", kind: "SecurityGroups", filters: filters("egress.ip-permission.ipv6-cidr", "::/0"), want: 3},
		"IngressOfGroup": {reason: "Default groups let their members in.", kind: "SecurityGroups", filters: filters("ip-permission.group-name", "default"), want: 2},
		"GroupName":      {reason: "Instances are found by the name of a group.", kind: "Instances", filters: filters("instance.group-name", "default", "subnet-id", "subnet-b"), want: 1},
		"LaunchIndex":    {reason: "A launch of one has index 0.", kind: "Instances", filters: filters("launch-index", "0", "subnet-id", "subnet-b"), want: 1},
		"LaunchTime":     {reason: "Instances are found by a part of the launch time.", kind: "Instances", filters: filters("launch-time", "2030-01-02T*"), want: 6},
		"PrivateDNSName": {reason: "Instances are found by the name of an address.", kind: "Instances", filters: filters("network-interface.addresses.private-dns-name", "ip-10-0-1-*"), want: 1},
		"IPv6Pool":       {reason: "One VPC has an IPv6 block that Amazon provides.", kind: "VPCs", filters: filters("ipv6-cidr-block-association.ipv6-pool", "Amazon"), want: 1},
		"OptedIn":        {reason: "No zone needs an opt-in.", kind: "Zones", filters: filters("opt-in-status", "opt-in-not-required"), want: 4},
		"NoHypervisor":   {reason: "A metal type has no hypervisor.", kind: "InstanceTypes", filters: filters("hypervisor", "nitro", "bare-metal", "true"), want: 0},
		"TwoEFAs":        {reason: "One type has two Elastic Fabric Adapters.", kind: "InstanceTypes", filters: filters("network-info.efa-info.maximum-efa-interfaces", "2"), want: 1},
		"NoPublicDNS":    {reason: "No instance has a public name.", kind: "Instances", filters: filters("dns-name", "*"), want: 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := filtering(t.Context(), f.client, tc.kind, tc.filters)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
