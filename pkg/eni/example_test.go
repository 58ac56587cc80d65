// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

// newClient returns a client of an EC2 emulator. In production code, use eni.NewFromConfig.
func newClient(ctx context.Context) (client *eni.Client, stop func()) {
	server, err := enitest.NewServer(ctx, enitest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	client, err = server.Client(eni.WithOwner("team/app"))
	if err != nil {
		log.Fatal(err)
	}
	return client, server.Close
}

// The whole life of a network interface. Each step can be repeated after a failure.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, stop := newClient(ctx)
	defer stop()

	n, err := client.Create(ctx, &eni.CreateInput{
		SubnetID:         enitest.SubnetID,
		SecurityGroupIDs: []string{enitest.SecurityGroupID},
		Description:      "second interface of a node",
		ClientToken:      "node-a1",
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.WaitAvailable(ctx, n.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println("created for", n.Owner)

	a, err := client.Attach(ctx, &eni.AttachInput{NetworkInterfaceID: n.ID, InstanceID: enitest.InstanceID, DeleteOnTermination: true})
	if err != nil {
		log.Fatal(err)
	}
	if n, err = client.WaitAttached(ctx, n.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(n.Attachment.Status, "at device index", a.DeviceIndex)

	if err := client.Detach(ctx, &eni.DetachInput{NetworkInterfaceID: n.ID}); err != nil {
		log.Fatal(err)
	}
	if err := client.WaitDetached(ctx, n.ID); err != nil {
		log.Fatal(err)
	}
	if err := client.Delete(ctx, &eni.DeleteInput{NetworkInterfaceID: n.ID}); err != nil {
		log.Fatal(err)
	}
	if err := client.WaitDeleted(ctx, n.ID); err != nil {
		log.Fatal(err)
	}
	_, err = client.Get(ctx, n.ID)
	fmt.Println("deleted:", eni.IsNotFound(err))
	// Output:
	// created for team/app
	// attached at device index 1
	// deleted: true
}

// The network interfaces of an instance include the primary network interface, which no Client
// changes.
func ExampleClient_ListByInstance() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, stop := newClient(ctx)
	defer stop()
	n, err := client.Create(ctx, &eni.CreateInput{SubnetID: enitest.SubnetID})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Attach(ctx, &eni.AttachInput{NetworkInterfaceID: n.ID, InstanceID: enitest.InstanceID, DeviceIndex: 2}); err != nil {
		log.Fatal(err)
	}

	all, err := client.ListByInstance(ctx, enitest.InstanceID)
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range all {
		fmt.Printf("device index %d: subnet %s, owner %q\n", n.Attachment.DeviceIndex, n.SubnetID, n.Owner)
	}
	// Output:
	// device index 0: subnet subnet-nodes-a, owner ""
	// device index 2: subnet subnet-tenant-a, owner "team/app"
}

// ListOwned finds network interfaces that a crashed program left behind.
func ExampleClient_ListOwned() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, stop := newClient(ctx)
	defer stop()
	for _, node := range []string{"node-1", "node-2"} {
		if _, err := client.Create(ctx, &eni.CreateInput{SubnetID: enitest.SubnetID, Description: node, ClientToken: node}); err != nil {
			log.Fatal(err)
		}
	}

	owned, err := client.ListOwned(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range owned {
		if err := client.Delete(ctx, &eni.DeleteInput{NetworkInterfaceID: n.ID}); err != nil {
			log.Fatal(err)
		}
		fmt.Println("deleted the network interface of", n.Description)
	}
	// Unordered output:
	// deleted the network interface of node-1
	// deleted the network interface of node-2
}

// A subnet is selected by its tag Name, within a VPC.
func ExampleClient_Subnet() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, stop := newClient(ctx)
	defer stop()

	s, err := client.Subnet(ctx, &eni.SubnetFilter{VPCID: enitest.VPCID, Name: "tenant-b"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.ID, s.CIDRBlock, s.AvailabilityZone)

	_, err = client.Subnet(ctx, &eni.SubnetFilter{VPCID: enitest.VPCID, Name: "tenant-*"})
	fmt.Println("ambiguous:", eni.IsAmbiguous(err))
	// Output:
	// subnet-tenant-b 10.0.11.0/24 us-east-1b
	// ambiguous: true
}
