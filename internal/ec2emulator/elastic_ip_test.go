// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

func associating(allocation, eniID string, change func(*awsec2.AssociateAddressInput)) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		in := &awsec2.AssociateAddressInput{AllocationId: &allocation, NetworkInterfaceId: &eniID, AllowReassociation: aws.Bool(false)}
		if change != nil {
			change(in)
		}
		_, err := c.AssociateAddress(ctx, in)
		return err
	}
}

func elasticIPRejections() map[string]rejection {
	return map[string]rejection{
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidAllocationID.NotFound)
		"AssociateUnknownAddress": {
			reason: "The address must exist.", call: associating("eipalloc-nowhere", "eni-free", nil),
			code: "InvalidAllocationID.NotFound", message: "The allocation ID 'eipalloc-nowhere' does not exist",
		},
		"AssociateUnknownENI": {
			reason: "The interface must exist.", call: associating("eipalloc-free", "eni-nowhere", nil), code: "InvalidNetworkInterfaceID.NotFound",
		},
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html (AllowReassociation)
		"AssociateUsedAddress": {
			reason: "An address of another interface is not moved if reassociation is not allowed.", call: associating("eipalloc-used", "eni-free", nil),
			code: "Resource.AlreadyAssociated",
		},
		"AssociateManaged": {
			reason: "An interface of a service gets no address.", call: associating("eipalloc-free", "eni-lb", nil), code: "OperationNotPermitted",
		},
		"AssociateOtherPrivate": {
			reason: "The private address must be on the interface.",
			call:   associating("eipalloc-free", "eni-free", func(in *awsec2.AssociateAddressInput) { in.PrivateIpAddress = aws.String("10.0.0.9") }),
			code:   "InvalidParameterValue",
		},
		"AssociateNothing": {
			reason: "An address is associated with an interface.",
			call:   associating("eipalloc-free", "eni-free", func(in *awsec2.AssociateAddressInput) { in.NetworkInterfaceId = nil }),
			code:   "MissingParameter",
		},
		"AssociateInstance": {
			reason: "The emulator associates addresses with interfaces only.",
			call: associating("eipalloc-free", "eni-free", func(in *awsec2.AssociateAddressInput) {
				in.NetworkInterfaceId, in.InstanceId = nil, aws.String("i-a")
			}),
			code: "UnsupportedOperation",
		},
		"AssociateWithoutAddress": {
			reason: "An allocation is required.",
			call:   associating("", "eni-free", func(in *awsec2.AssociateAddressInput) { in.AllocationId = nil }), code: "MissingParameter",
		},
		"AssociateDryRun": {
			reason: "A dry run associates nothing.",
			call:   associating("eipalloc-free", "eni-free", func(in *awsec2.AssociateAddressInput) { in.DryRun = aws.Bool(true) }), code: "DryRunOperation",
		},
		"DisassociateUnknown": {
			reason: "The association must exist.", code: "InvalidAssociationID.NotFound",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.DisassociateAddress(ctx, &awsec2.DisassociateAddressInput{AssociationId: aws.String("eipassoc-1")})
				return err
			},
		},
		"ReleaseUsed": {
			reason: "An associated address is not released.", code: "InvalidIPAddress.InUse",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.ReleaseAddress(ctx, &awsec2.ReleaseAddressInput{AllocationId: aws.String("eipalloc-used")})
				return err
			},
		},
		"AllocateInClassic": {
			reason: "Addresses are for VPCs.", code: "InvalidParameterValue",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.AllocateAddress(ctx, &awsec2.AllocateAddressInput{Domain: ec2types.DomainTypeStandard})
				return err
			},
		},
		"UnknownPublicIP": {
			reason: "An address that is not allocated is an error.", code: "InvalidAddress.NotFound",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.DescribeAddresses(ctx, &awsec2.DescribeAddressesInput{PublicIps: []string{"192.0.2.1"}})
				return err
			},
		},
	}
}

// interfaceOf returns the interface of an Elastic IP, or "".
func (f *fixture) interfaceOf(allocation string) string {
	a, _ := f.ElasticIP(allocation)
	return a.NetworkInterfaceID
}

func TestElasticIPMoves(t *testing.T) {
	f := newFixture(t, Options{})
	yes := func(in *awsec2.AssociateAddressInput) { in.AllowReassociation = nil }
	if err := associating("eipalloc-used", "eni-free", yes)(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("eni-free", f.interfaceOf("eipalloc-used")); diff != "" {
		t.Errorf("EC2 moves an address unless AllowReassociation is false.\n-want, +got:\n%s", diff)
	}
	if err := associating("eipalloc-free", "eni-free", nil)(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"", "eni-free"}, []string{f.interfaceOf("eipalloc-used"), f.interfaceOf("eipalloc-free")}); diff != "" {
		t.Errorf("An address replaces another address of the interface.\n-want, +got:\n%s", diff)
	}
	if _, err := f.client.DeleteNetworkInterface(t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: aws.String("eni-free")}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("", f.interfaceOf("eipalloc-free")); diff != "" {
		t.Errorf("EC2 disassociates the address of a deleted interface.\n-want, +got:\n%s", diff)
	}
}

func TestElasticIPOfSecondaryAddress(t *testing.T) {
	f := newFixture(t, Options{})
	second := []string{"10.0.0.150"}
	if _, err := f.client.AssignPrivateIpAddresses(t.Context(), &awsec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: aws.String("eni-free"), PrivateIpAddresses: second}); err != nil {
		t.Fatal(err)
	}
	if err := associating("eipalloc-free", "eni-free", func(in *awsec2.AssociateAddressInput) { in.PrivateIpAddress = &second[0] })(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}
	n, _ := f.NetworkInterface("eni-free")
	if diff := cmp.Diff("", n.PublicIPAddress); diff != "" {
		t.Errorf("The address of a secondary private address is not the address of the interface.\n-want, +got:\n%s", diff)
	}
	if _, err := f.client.AssignPrivateIpAddresses(t.Context(), &awsec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: aws.String("eni-v6"), PrivateIpAddresses: second, AllowReassignment: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("eni-v6", f.interfaceOf("eipalloc-free")); diff != "" {
		t.Errorf("An address moves with its private address.\n-want, +got:\n%s", diff)
	}
	if _, err := f.client.UnassignPrivateIpAddresses(t.Context(), &awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: aws.String("eni-v6"), PrivateIpAddresses: second}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("", f.interfaceOf("eipalloc-free")); diff != "" {
		t.Errorf("EC2 disassociates the address of an unassigned private address.\n-want, +got:\n%s", diff)
	}
}

func TestElasticIPsLag(t *testing.T) {
	f := newFixture(t, Options{VisibilityDelay: time.Second})
	if err := associating("eipalloc-free", "eni-free", nil)(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}
	count := func() []int {
		t.Helper()
		byENI, err := filtering(t.Context(), f.client, "NetworkInterfaces", filters("association.allocation-id", "eipalloc-free"))
		if err != nil {
			t.Fatal(err)
		}
		byAddress, err := filtering(t.Context(), f.client, "Addresses", filters("network-interface-id", "eni-free"))
		if err != nil {
			t.Fatal(err)
		}
		return []int{byENI, byAddress}
	}
	if diff := cmp.Diff([]int{0, 0}, count()); diff != "" {
		t.Errorf("A new association is not visible at once.\n-want, +got:\n%s", diff)
	}
	f.step(2 * time.Second)
	if diff := cmp.Diff([]int{1, 1}, count()); diff != "" {
		t.Errorf("A new association is visible after the delay.\n-want, +got:\n%s", diff)
	}
}

func TestAssignedPublicAddress(t *testing.T) {
	f := newFixture(t, Options{})
	if _, err := f.AddNetworkInterface(NetworkInterface{ID: "eni-public", SubnetID: "subnet-a", PublicIPAddress: "203.0.113.9"}); err != nil {
		t.Fatal(err)
	}
	out, err := f.client.DescribeNetworkInterfaces(t.Context(), &awsec2.DescribeNetworkInterfacesInput{Filters: filters("association.ip-owner-id", "amazon")})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.NetworkInterfaces) != 1 {
		t.Fatalf("An address that EC2 assigned belongs to Amazon.\ngot %d interfaces, want 1", len(out.NetworkInterfaces))
	}
	if a := out.NetworkInterfaces[0].Association; aws.ToString(a.PublicIp) != "203.0.113.9" || a.AllocationId != nil || a.AssociationId != nil {
		t.Errorf("It has no allocation and no association that could end.\ngot %+v", a)
	}
}
