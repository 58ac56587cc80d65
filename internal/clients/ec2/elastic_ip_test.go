// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"testing"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestElasticIPs(t *testing.T) {
	s, c := region(t)
	for _, a := range []ec2emulator.ElasticIP{
		{AllocationID: "eipalloc-1", PublicIP: "203.0.113.1", Tags: map[string]string{"pool": "a"}, NetworkInterfaceID: "eni-2"},
		{AllocationID: "eipalloc-2", PublicIP: "203.0.113.2", Tags: map[string]string{"pool": "a"}},
		{AllocationID: "eipalloc-3", PublicIP: "203.0.113.3", Tags: map[string]string{"pool": "b"}},
	} {
		if _, err := s.AddElasticIP(a); err != nil {
			t.Fatal(err)
		}
	}
	first := ElasticIP{AllocationID: "eipalloc-1", PublicIP: "203.0.113.1", NetworkInterfaceID: "eni-2", Tags: map[string]string{"pool": "a"}}
	second := ElasticIP{AllocationID: "eipalloc-2", PublicIP: "203.0.113.2", Tags: map[string]string{"pool": "a"}}
	for range 3 {
		found, err := c.ElasticIPsTagged(t.Context(), map[string]string{"pool": "a"}, Cached)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]ElasticIP{first, second}, found); diff != "" {
			t.Errorf("Elastic IPs are found by tags.\n-want, +got:\n%s", diff)
		}
	}
	describes := func() int { return s.Count(ec2emulator.ByAction("DescribeAddresses")) }
	if diff := cmp.Diff(1, describes()); diff != "" {
		t.Errorf("NodeENIs with the same tags share a call.\nDescribeAddresses: -want, +got:\n%s", diff)
	}

	// Another client moves the first address away.
	if _, err := s.AddNetworkInterface(ec2emulator.NetworkInterface{ID: "eni-3", SubnetID: "subnet-1"}); err != nil {
		t.Fatal(err)
	}
	moved := &awsec2.AssociateAddressInput{AllocationId: new("eipalloc-1"), NetworkInterfaceId: new("eni-3")}
	if _, err := c.api.AssociateAddress(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	at := func(consistency Consistency) string {
		t.Helper()
		found, err := c.ElasticIPsTagged(t.Context(), map[string]string{"pool": "a"}, consistency)
		if err != nil {
			t.Fatal(err)
		}
		return found[0].NetworkInterfaceID
	}
	if diff := cmp.Diff([]string{"eni-2", "eni-3", "eni-3"}, []string{at(Cached), at(Fresh), at(Cached)}); diff != "" {
		t.Errorf("A fresh description has the present association, and replaces the cached one.\n-want, +got:\n%s", diff)
	}
	before := describes()
	at(Fresh)
	if diff := cmp.Diff(before, describes()); diff != "" {
		t.Errorf("Fresh descriptions share a call too.\nDescribeAddresses: -want, +got:\n%s", diff)
	}
	p := permit(eni.ActionDelete, "eni-3")
	if _, err := c.Mutate(p).DeleteNetworkInterface(t.Context(), deleteInput("eni-3")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("", at(Fresh)); diff != "" {
		t.Errorf("The Elastic IP of an ENI that this client deletes is free at once.\n-want, +got:\n%s", diff)
	}
	found, err := c.ElasticIPsByID(t.Context(), []string{"eipalloc-3", "eipalloc-9"}, Cached)
	if err != nil || len(found) != 1 || found[0].PublicIP != "203.0.113.3" {
		t.Errorf("Elastic IPs that do not exist are left out.\nElasticIPsByID(...): %v, %v", found, err)
	}
}

func deleteInput(id string) *awsec2.DeleteNetworkInterfaceInput {
	return &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id}
}

// TestAssociateNeverTakes associates an address that another ENI has.
func TestAssociateNeverTakes(t *testing.T) {
	s, c := region(t)
	if _, err := s.AddElasticIP(ec2emulator.ElasticIP{AllocationID: "eipalloc-1", NetworkInterfaceID: "eni-1"}); err != nil {
		t.Fatal(err)
	}
	for _, in := range []*awsec2.AssociateAddressInput{
		{AllocationId: new("eipalloc-1"), NetworkInterfaceId: new("eni-2")},
		{AllocationId: new("eipalloc-1"), NetworkInterfaceId: new("eni-2"), AllowReassociation: new(true)},
	} {
		if _, err := c.Mutate(permit(eni.ActionAssociate, "eni-2")).AssociateAddress(t.Context(), in); err == nil {
			t.Error("An address of another ENI was associated, want an error")
		}
	}
	if a, _ := s.ElasticIP("eipalloc-1"); a.NetworkInterfaceID != "eni-1" {
		t.Errorf("The address is associated with %q, want eni-1", a.NetworkInterfaceID)
	}
}

func TestDisassociateNeedsPermit(t *testing.T) {
	s, c := region(t)
	a, err := s.AddElasticIP(ec2emulator.ElasticIP{AllocationID: "eipalloc-1", NetworkInterfaceID: "eni-1"})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := s.AddElasticIP(ec2emulator.ElasticIP{AllocationID: "eipalloc-2", NetworkInterfaceID: "eni-2"})
	if err != nil {
		t.Fatal(err)
	}
	actor := eni.Actor{Cluster: "c", UID: "uid", AllocationID: "eipalloc-1"}
	view := eni.Interface{ID: "eni-1", Tags: map[string]string{eni.TagCluster: "c", eni.TagUID: "uid"}, Association: &eni.Association{ID: a.AssociationID, AllocationID: "eipalloc-1"}}
	p, refused := eni.Allow(actor, eni.ActionDisassociate, view)
	if refused != nil {
		t.Fatal(refused)
	}
	end := func(ctx context.Context, id string) error {
		_, err := c.Mutate(p).DisassociateAddress(ctx, &awsec2.DisassociateAddressInput{AssociationId: &id})
		return err
	}
	if err := end(t.Context(), foreign.AssociationID); err == nil {
		t.Error("A permit covers one association, but another ended")
	}
	if err := end(t.Context(), a.AssociationID); err != nil {
		t.Errorf("A permit covers its association: %s", err)
	}
	first, _ := s.ElasticIP("eipalloc-1")
	second, _ := s.ElasticIP("eipalloc-2")
	if diff := cmp.Diff([]string{"", "eni-2"}, []string{first.NetworkInterfaceID, second.NetworkInterfaceID}); diff != "" {
		t.Errorf("The interfaces of the addresses: -want, +got:\n%s", diff)
	}
}
