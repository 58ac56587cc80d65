// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"encoding/json"
	"maps"
	"slices"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

// createInput returns the request that creates an ENI.
func createInput(p *v1alpha1.NetworkInterfaceParameters, subnetID string, groups []string, tags map[string]string) *awsec2.CreateNetworkInterfaceInput {
	in := &awsec2.CreateNetworkInterfaceInput{
		SubnetId:          &subnetID,
		Description:       p.Description,
		Groups:            groups,
		EnablePrimaryIpv6: p.EnablePrimaryIPv6,
		TagSpecifications: []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeNetworkInterface,
			Tags:         tagList(tags),
		}},
	}
	// "interface" is EC2's default; a create request that names it is rejected.
	if t := ptr.Deref(p.InterfaceType, "interface"); t != "interface" {
		in.InterfaceType = ec2types.NetworkInterfaceCreationType(t)
	}
	setIPv4(in, p)
	setIPv6(in, p)
	if c := p.ConnectionTracking; c != nil {
		in.ConnectionTrackingSpecification = &ec2types.ConnectionTrackingSpecificationRequest{
			TcpEstablishedTimeout: c.TCPEstablishedTimeoutSeconds, UdpStreamTimeout: c.UDPStreamTimeoutSeconds, UdpTimeout: c.UDPTimeoutSeconds,
		}
	}
	return in
}

func setIPv4(in *awsec2.CreateNetworkInterfaceInput, p *v1alpha1.NetworkInterfaceParameters) {
	primary, all := wantedIPv4(p)
	switch {
	case len(all) > 0:
		for _, a := range all {
			in.PrivateIpAddresses = append(in.PrivateIpAddresses, ec2types.PrivateIpAddressSpecification{PrivateIpAddress: new(a), Primary: new(a == primary)})
		}
	case primary != "":
		in.PrivateIpAddress = &primary
	}
	if n := ptr.Deref(p.PrivateIPsCount, 0); n > 0 {
		in.SecondaryPrivateIpAddressCount = &n
	}
	for _, x := range p.IPv4Prefixes {
		in.Ipv4Prefixes = append(in.Ipv4Prefixes, ec2types.Ipv4PrefixSpecificationRequest{Ipv4Prefix: new(string(x))})
	}
	if n := ptr.Deref(p.IPv4PrefixCount, 0); n > 0 {
		in.Ipv4PrefixCount = &n
	}
}

func setIPv6(in *awsec2.CreateNetworkInterfaceInput, p *v1alpha1.NetworkInterfaceParameters) {
	for _, a := range p.IPv6Addresses {
		in.Ipv6Addresses = append(in.Ipv6Addresses, ec2types.InstanceIpv6Address{Ipv6Address: new(string(a))})
	}
	if n := ptr.Deref(p.IPv6AddressCount, 0); n > 0 {
		in.Ipv6AddressCount = &n
	}
	if in.Ipv6AddressCount != nil || len(in.Ipv6Addresses) > 0 {
		return // EC2 rejects both in one request: the first update assigns the prefixes
	}
	for _, x := range p.IPv6Prefixes {
		in.Ipv6Prefixes = append(in.Ipv6Prefixes, ec2types.Ipv6PrefixSpecificationRequest{Ipv6Prefix: new(string(x))})
	}
	if n := ptr.Deref(p.IPv6PrefixCount, 0); n > 0 {
		in.Ipv6PrefixCount = &n
	}
}

// wantedIPv4 returns the primary IPv4 address that is configured, if any, and all configured
// addresses.
func wantedIPv4(p *v1alpha1.NetworkInterfaceParameters) (primary string, all []string) {
	for _, a := range p.PrivateIPs {
		all = append(all, string(a))
	}
	if len(all) > 0 {
		primary = all[0]
	}
	if p.PrivateIP != nil {
		primary = string(*p.PrivateIP)
	}
	return primary, all
}

func tagList(tags map[string]string) []ec2types.Tag {
	out := make([]ec2types.Tag, 0, len(tags))
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, ec2types.Tag{Key: new(k), Value: new(tags[k])})
	}
	return out
}

// fingerprint returns a digest of a request, for a client token that changes with it.
func fingerprint(in *awsec2.CreateNetworkInterfaceInput) string {
	without := *in
	without.ClientToken = nil
	b, err := json.Marshal(without) //nolint:gosec // the client token is no secret, and is omitted
	if err != nil {
		return "" // a request of strings and numbers can be marshaled
	}
	return string(b)
}
