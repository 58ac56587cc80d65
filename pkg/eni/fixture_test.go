// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

const owner = "team/app"

// serve returns a server and a client of the owner with its own rate limits.
func serve(t *testing.T, o enitest.Options, opts ...eni.Option) (*enitest.Server, *eni.Client) {
	t.Helper()
	s, err := enitest.NewServer(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, connect(t, s, opts...)
}

func connect(t *testing.T, s *enitest.Server, opts ...eni.Option) *eni.Client {
	t.Helper()
	c, err := s.Client(append([]eni.Option{eni.WithOwner(owner)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// create creates a network interface that is available.
func create(t *testing.T, c *eni.Client) *eni.NetworkInterface {
	t.Helper()
	n, err := c.Create(t.Context(), &eni.CreateInput{SubnetID: enitest.SubnetID})
	if err != nil {
		t.Fatal(err)
	}
	if n, err = c.WaitAvailable(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	return n
}

// attach attaches a network interface, and waits until it is attached.
func attach(t *testing.T, c *eni.Client, id string) *eni.Attachment {
	t.Helper()
	a, err := c.Attach(t.Context(), &eni.AttachInput{NetworkInterfaceID: id, InstanceID: enitest.InstanceID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WaitAttached(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return a
}

// primary returns the primary network interface of the instance.
func primary(t *testing.T, c *eni.Client) eni.NetworkInterface {
	t.Helper()
	all, err := c.ListByInstance(t.Context(), enitest.InstanceID)
	if err != nil || len(all) == 0 {
		t.Fatalf("ListByInstance(...): %v, %v", all, err)
	}
	return all[0]
}

// foreign returns a network interface that no Client created, attached or not.
func foreign(t *testing.T, s *enitest.Server, attached bool, tags map[string]string) eni.NetworkInterface {
	t.Helper()
	n := eni.NetworkInterface{SubnetID: enitest.SubnetID, Tags: tags}
	if attached {
		n.Attachment = &eni.Attachment{InstanceID: enitest.InstanceID, DeviceIndex: 1}
	}
	n, err := s.AddNetworkInterface(n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// count returns the existing network interfaces in the tenants' subnet.
func count(s *enitest.Server) int {
	n := 0
	for _, x := range s.NetworkInterfaces() {
		if x.SubnetID == enitest.SubnetID {
			n++
		}
	}
	return n
}

// without returns a changed configuration.
func without(cfg aws.Config, change func(*aws.Config)) aws.Config {
	change(&cfg)
	return cfg
}
