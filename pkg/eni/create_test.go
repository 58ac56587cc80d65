// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

// TestCreateLostResponse creates a network interface while EC2's responses are lost.
func TestCreateLostResponse(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		lost   int
		failed bool
	}{
		"One": {reason: "A retry within the call has the same client token.", lost: 1},
		"All": {reason: "A later call with the same ClientToken finds the network interface.", lost: 3, failed: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, enitest.Options{})
			s.Inject(enitest.Fault{Action: "CreateNetworkInterface", Times: tc.lost, LoseResponse: true})
			in := &eni.CreateInput{SubnetID: enitest.SubnetID, ClientToken: "node-1", Tags: map[string]string{"a": "b"}}
			first, err := c.Create(t.Context(), in)
			if (err != nil) != tc.failed || (err != nil && !eni.IsTransient(err)) {
				t.Fatalf("\n%s\nCreate(...): %v", tc.reason, err)
			}
			// After a crash of the program.
			second, err := connect(t, s).Create(t.Context(), in)
			if err != nil {
				t.Fatalf("\n%s\nCreate(...): %v", tc.reason, err)
			}
			if count(s) != 1 || (first != nil && first.ID != second.ID) || second.Tags["a"] != "b" || second.Owner != owner {
				t.Errorf("\n%s\nCreate(...): got %+v, then %+v, %d network interfaces exist", tc.reason, first, second, count(s))
			}
		})
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	const token = "node-1"
	base := eni.CreateInput{SubnetID: enitest.SubnetID, Description: "first", ClientToken: token}
	with := func(change func(in *eni.CreateInput)) *eni.CreateInput { in := base; change(&in); return &in }
	cases := map[string]struct {
		reason string
		second *eni.CreateInput
		is     func(error) bool // nil: no error
		exist  int
	}{
		"Same":            {reason: "The same token returns the same network interface.", second: &base, exist: 1},
		"OtherToken":      {reason: "Another token creates another one.", second: with(func(in *eni.CreateInput) { in.ClientToken = "node-2" }), exist: 2},
		"NoToken":         {reason: "Without a token each call creates one.", second: with(func(in *eni.CreateInput) { in.ClientToken = "" }), exist: 2},
		"OtherSubnet":     {reason: "A token is for one subnet.", second: with(func(in *eni.CreateInput) { in.SubnetID = enitest.NodeSubnetID }), is: eni.IsClientTokenMismatch, exist: 1},
		"OtherText":       {reason: "A token is for one description.", second: with(func(in *eni.CreateInput) { in.Description = "second" }), is: eni.IsClientTokenMismatch, exist: 1},
		"OtherGroups":     {reason: "A token is for the same groups.", second: with(func(in *eni.CreateInput) { in.SecurityGroupIDs = []string{enitest.SecurityGroupID} }), is: eni.IsClientTokenMismatch, exist: 1},
		"NoSubnet":        {reason: "A subnet is required.", second: &eni.CreateInput{}, is: eni.IsInvalid, exist: 1},
		"Nil":             {reason: "An input is required.", is: eni.IsInvalid, exist: 1},
		"MissingSubnet":   {reason: "EC2 rejects a subnet that does not exist.", second: &eni.CreateInput{SubnetID: "subnet-0123456789abcdef0"}, is: eni.IsNotFound, exist: 1},
		"ReservedTag":     {reason: "The ownership tags are the client's.", second: &eni.CreateInput{SubnetID: enitest.SubnetID, Tags: map[string]string{eni.OwnerTagKey: "x"}}, is: eni.IsInvalid, exist: 1},
		"AWSTag":          {reason: "EC2 reserves the prefix aws.", second: &eni.CreateInput{SubnetID: enitest.SubnetID, Tags: map[string]string{"AWS:x": "x"}}, is: eni.IsInvalid, exist: 1},
		"NegativeAddress": {reason: "A number of addresses is not negative.", second: &eni.CreateInput{SubnetID: enitest.SubnetID, IPv6AddressCount: -1}, is: eni.IsInvalid, exist: 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, enitest.Options{})
			if _, err := c.Create(t.Context(), &base); err != nil {
				t.Fatal(err)
			}
			_, err := c.Create(t.Context(), tc.second)
			if (tc.is == nil && err != nil) || (tc.is != nil && !tc.is(err)) || count(s) != tc.exist {
				t.Errorf("\n%s\nCreate(...): %v, %d network interfaces exist", tc.reason, err, count(s))
			}
		})
	}
}

// TestCreateWithAddresses creates a network interface with every parameter.
func TestCreateWithAddresses(t *testing.T) {
	t.Parallel()
	_, c := serve(t, enitest.Options{})
	n, err := c.Create(t.Context(), &eni.CreateInput{
		SubnetID: enitest.SubnetID, SecurityGroupIDs: []string{enitest.SecurityGroupID}, Description: "text",
		PrivateIPAddress: "10.0.10.50", SecondaryPrivateIPAddressCount: 2, IPv6AddressCount: 1, Tags: map[string]string{"a": "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err = c.WaitAvailable(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	if len(n.PrivateIPAddresses) != 3 || n.PrivateIPAddresses[0] != "10.0.10.50" || len(n.IPv6Addresses) != 1 || n.Description != "text" ||
		n.SecurityGroupIDs[0] != enitest.SecurityGroupID || n.Tags["a"] != "b" || n.Tags["node.k8s.amazonaws.com/no_manage"] != "true" || n.VPCID != enitest.VPCID || n.MACAddress == "" {
		t.Errorf("WaitAvailable(...): got %+v", n)
	}
}
