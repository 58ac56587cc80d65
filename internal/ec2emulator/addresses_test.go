// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

func TestAddressAccounting(t *testing.T) {
	f := newFixture(t, Options{})
	if diff := cmp.Diff(int32(11), f.free(t, "subnet-tiny")); diff != "" {
		t.Errorf("A /28 has 16 addresses, of which EC2 reserves five.\n-want, +got:\n%s", diff)
	}
	n := f.create(t, &awsec2.CreateNetworkInterfaceInput{SubnetId: aws.String("subnet-tiny"), SecondaryPrivateIpAddressCount: aws.Int32(10)})
	got := []string{}
	for _, a := range n.PrivateIpAddresses {
		got = append(got, aws.ToString(a.PrivateIpAddress))
	}
	want := []string{
		"10.0.2.4", "10.0.2.5", "10.0.2.6", "10.0.2.7", "10.0.2.8", "10.0.2.9", "10.0.2.10", "10.0.2.11", "10.0.2.12", "10.0.2.13", "10.0.2.14",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	err := creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.SubnetId = aws.String("subnet-tiny") })(t.Context(), f.client)
	if diff := cmp.Diff("InsufficientFreeAddressesInSubnet", code(err)); diff != "" {
		t.Errorf("A full subnet has no free address.\n-want, +got:\n%s", diff)
	}
	if err := deleting(aws.ToString(n.NetworkInterfaceId))(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(int32(11), f.free(t, "subnet-tiny")); diff != "" {
		t.Errorf("Deletion releases all addresses.\n-want, +got:\n%s", diff)
	}
}

func TestPrefixes(t *testing.T) {
	f := newFixture(t, Options{})
	before := f.free(t, "subnet-a")
	n := f.create(t, &awsec2.CreateNetworkInterfaceInput{
		Ipv4PrefixCount: aws.Int32(2), Ipv6PrefixCount: aws.Int32(1), PrivateIpAddress: aws.String("10.0.0.60"),
	})
	got := []string{aws.ToString(n.PrivateIpAddress)}
	for _, p := range n.Ipv4Prefixes {
		got = append(got, aws.ToString(p.Ipv4Prefix))
	}
	for _, p := range n.Ipv6Prefixes {
		got = append(got, aws.ToString(p.Ipv6Prefix))
	}
	want := []string{"10.0.0.60", "10.0.0.224/28", "10.0.0.208/28", "2600:1f18:1234:5600:fffe::/80"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Prefixes are whole free ranges.\n-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(before-33, f.free(t, "subnet-a")); diff != "" {
		t.Errorf("A prefix uses 16 addresses.\n-want, +got:\n%s", diff)
	}
	err := creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.PrivateIpAddress = aws.String("10.0.0.225") })(t.Context(), f.client)
	if diff := cmp.Diff("InvalidIPAddress.InUse", code(err)); diff != "" {
		t.Errorf("An address in a prefix is in use.\n-want, +got:\n%s", diff)
	}
	err = creating(func(in *awsec2.CreateNetworkInterfaceInput) {
		in.Ipv4Prefixes = []ec2types.Ipv4PrefixSpecificationRequest{{Ipv4Prefix: aws.String("10.0.0.96/28")}}
	})(t.Context(), f.client)
	if diff := cmp.Diff("InvalidIPAddress.InUse", code(err)); diff != "" {
		t.Errorf("A range with a single address in it cannot be delegated.\n-want, +got:\n%s", diff)
	}
	// 256 addresses are 16 ranges: EC2 reserves two, two are in use, two contain single addresses, and 10.0.0.48/28 too.
	err = creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.Ipv4PrefixCount = aws.Int32(12) })(t.Context(), f.client)
	if diff := cmp.Diff("InsufficientCidrBlocks", code(err)); diff != "" {
		t.Errorf("Enough free addresses are not enough free ranges.\n-want, +got:\n%s", diff)
	}
}

func TestAssignAndUnassign(t *testing.T) {
	f := newFixture(t, Options{})
	ctx := t.Context()
	assign := func(id string, reassign bool, addresses ...string) string {
		_, err := f.client.AssignPrivateIpAddresses(ctx, &awsec2.AssignPrivateIpAddressesInput{
			NetworkInterfaceId: aws.String(id), PrivateIpAddresses: addresses, AllowReassignment: aws.Bool(reassign),
		})
		return code(err)
	}
	unassign := func(id string, addresses ...string) string {
		_, err := f.client.UnassignPrivateIpAddresses(ctx, &awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: aws.String(id), PrivateIpAddresses: addresses})
		return code(err)
	}
	got := []string{
		assign("eni-free", false, "10.0.0.50", "10.0.0.51"),
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssignPrivateIpAddresses.html (PrivateIpAddress.N)
		assign("eni-free", false, "10.0.0.50"),
		assign("eni-free", true, "10.0.0.50", "10.0.0.100"),
		assign("eni-v6", false, "10.0.0.50"),
		assign("eni-v6", true, "10.0.0.50"),
		assign("eni-v6", true, "10.0.0.100"),
		unassign("eni-free", "10.0.0.50"),
		unassign("eni-free", "10.0.0.100"),
		unassign("eni-free", "10.0.0.51"),
		assign("eni-lb", false, "10.0.0.52"),
		assign("eni-used", false, "10.0.0.53", "10.0.0.54", "10.0.0.55", "10.0.0.56", "10.0.0.57"),
		assign("eni-used", false, "10.0.0.58"),
	}
	want := []string{
		"", "", "", "Resource.AlreadyAssigned", "", "Resource.AlreadyAssigned", "InvalidParameterValue", "InvalidParameterValue", "",
		"OperationNotPermitted", "", "PrivateIpAddressLimitExceeded",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	free, _ := f.NetworkInterface("eni-free")
	if diff := cmp.Diff([]string{"10.0.0.100"}, free.PrivateIPAddresses); diff != "" {
		t.Errorf("An address that was assigned twice is listed once.\n-want, +got:\n%s", diff)
	}
	n, _ := f.NetworkInterface("eni-v6")
	if diff := cmp.Diff("10.0.0.50", n.PrivateIPAddresses[1]); diff != "" {
		t.Errorf("A reassigned address is moved.\n-want, +got:\n%s", diff)
	}
}

func TestIPv6(t *testing.T) {
	f := newFixture(t, Options{})
	ctx := t.Context()
	out, err := f.client.AssignIpv6Addresses(ctx, &awsec2.AssignIpv6AddressesInput{NetworkInterfaceId: aws.String("eni-free"), Ipv6AddressCount: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	if err := modifying("eni-free", func(in *awsec2.ModifyNetworkInterfaceAttributeInput) { in.EnablePrimaryIpv6 = aws.Bool(true) })(ctx, f.client); err != nil {
		t.Fatal(err)
	}
	n := f.describe(t, "eni-free")
	got := []bool{aws.ToBool(n.Ipv6Addresses[0].IsPrimaryIpv6), aws.ToBool(n.Ipv6Addresses[1].IsPrimaryIpv6)}
	if diff := cmp.Diff([]bool{true, false}, got); diff != "" {
		t.Errorf("The first IPv6 address becomes the primary one.\n-want, +got:\n%s", diff)
	}
	drop := func(a string) string {
		_, err := f.client.UnassignIpv6Addresses(ctx, &awsec2.UnassignIpv6AddressesInput{NetworkInterfaceId: aws.String("eni-free"), Ipv6Addresses: []string{a}})
		return code(err)
	}
	if diff := cmp.Diff([]string{"InvalidParameterValue", ""}, []string{drop(out.AssignedIpv6Addresses[0]), drop(out.AssignedIpv6Addresses[1])}); diff != "" {
		t.Errorf("The primary IPv6 address stays.\n-want, +got:\n%s", diff)
	}
	_, err = f.client.AssignIpv6Addresses(ctx, &awsec2.AssignIpv6AddressesInput{NetworkInterfaceId: aws.String("eni-zone-b"), Ipv6AddressCount: aws.Int32(1)})
	if diff := cmp.Diff("InvalidParameterValue", code(err)); diff != "" {
		t.Errorf("A subnet without an IPv6 block has no IPv6 addresses.\n-want, +got:\n%s", diff)
	}
}
