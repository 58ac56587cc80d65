// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package enitest_test

import (
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

// TestResources uses resources that a test adds.
func TestResources(t *testing.T) {
	t.Parallel()
	s, err := enitest.NewServer(t.Context(), enitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := s.Client(eni.WithOwner("team/app"))
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := s.AddSubnet(eni.Subnet{Name: "own", CIDRBlock: "10.0.50.0/28"})
	if err != nil || subnet.ID == "" || subnet.Name != "own" || subnet.AvailableIPAddressCount != 11 {
		t.Fatalf("AddSubnet(...): %+v, %v", subnet, err)
	}
	group, err := s.AddSecurityGroup(eni.SecurityGroup{Name: "own"})
	if err != nil || group.ID == "" {
		t.Fatalf("AddSecurityGroup(...): %+v, %v", group, err)
	}
	instance, err := s.AddInstance("", subnet.ID)
	if err != nil {
		t.Fatal(err)
	}
	seeded, err := s.AddNetworkInterface(eni.NetworkInterface{
		SubnetID: subnet.ID, SecurityGroupIDs: []string{group.ID}, Tags: map[string]string{eni.OwnerTagKey: "team/app"},
		Attachment: &eni.Attachment{InstanceID: instance, DeviceIndex: 2},
	})
	if err != nil || seeded.Attachment == nil || seeded.Owner != "team/app" || seeded.Status != eni.StatusInUse {
		t.Fatalf("AddNetworkInterface(...): %+v, %v", seeded, err)
	}
	all, err := c.ListByInstance(t.Context(), instance)
	if err != nil || len(all) != 2 || all[1].ID != seeded.ID || all[1].SecurityGroupIDs[0] != group.ID {
		t.Errorf("ListByInstance(...): %+v, %v", all, err)
	}
	if got := len(s.NetworkInterfaces()); got != 8 { // of seven instances, and the seeded one
		t.Errorf("NetworkInterfaces(): got %d", got)
	}
	if _, err := s.AddInstance("none", subnet.ID); err == nil {
		t.Error("AddInstance(...) with a type that does not exist: no error")
	}
}

// TestFaults injects errors and a delay.
func TestFaults(t *testing.T) {
	t.Parallel()
	s, err := enitest.NewServer(t.Context(), enitest.Options{Throttle: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := s.Client(eni.WithOwner("team/app"))
	if err != nil {
		t.Fatal(err)
	}
	in := &eni.CreateInput{SubnetID: enitest.SubnetID}
	s.Inject(enitest.Fault{Code: "UnauthorizedOperation", Times: 1})
	if _, err := c.Create(t.Context(), in); !eni.IsUnauthorized(err) {
		t.Errorf("Create(...) with an error: %v", err)
	}
	s.Inject(enitest.Fault{Action: "CreateNetworkInterface", Delay: 100 * time.Millisecond})
	began := time.Now()
	if _, err := c.Create(t.Context(), in); err != nil || time.Since(began) < 100*time.Millisecond {
		t.Errorf("Create(...) with a delay: %v after %s", err, time.Since(began))
	}
	s.Inject(enitest.Fault{Code: "UnauthorizedOperation"})
	s.RemoveFaults()
	if _, err := c.Create(t.Context(), in); err != nil {
		t.Errorf("Create(...) without faults: %v", err)
	}
	if s.Calls("CreateNetworkInterface") != 3 || s.Calls("") != 3 {
		t.Errorf("Calls(...): got %d of %d", s.Calls("CreateNetworkInterface"), s.Calls(""))
	}
}
