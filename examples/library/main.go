// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command library shows the Go library: it attaches a second network interface to an instance,
// lists the network interfaces of the instance, and releases the new one.
//
//	go run ./examples/library -instance i-… -subnet NAME
//
// Without an AWS account, run it against the EC2 emulator (go run ./hack/ec2emulator):
//
//	AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any go run ./examples/library \
//	    -endpoint http://127.0.0.1:4566 -region us-east-1 -instance i-000000000000000a1 -subnet tenant-a
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
)

type flags struct{ endpoint, region, owner, instance, subnet string }

func main() {
	f := flags{}
	flag.StringVar(&f.endpoint, "endpoint", "", "URL of the EC2 API; default: AWS's own")
	flag.StringVar(&f.region, "region", "", "region; default: from the AWS configuration")
	flag.StringVar(&f.owner, "owner", "examples/library", "owner id in the tags of the network interface")
	flag.StringVar(&f.instance, "instance", "", "id of the instance; required")
	flag.StringVar(&f.subnet, "subnet", "", "name of a subnet in the VPC and zone of the instance; required")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, f); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // the process ends
	}
}

func run(ctx context.Context, f flags) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	client, err := connect(ctx, f)
	if err != nil {
		return err
	}
	subnet, err := findSubnet(ctx, client, f)
	if err != nil {
		return err
	}
	// A second run after a crash continues with the same network interface.
	n, err := client.Create(ctx, &eni.CreateInput{
		SubnetID: subnet.ID, Description: "examples/library", ClientToken: f.instance + "/" + subnet.ID, Tags: map[string]string{"Name": "example"},
	})
	if err != nil {
		return err
	}
	fmt.Printf("created %s in subnet %s (%s)\n", n.ID, subnet.ID, subnet.CIDRBlock)
	return errors.Join(use(ctx, client, f, n.ID), release(context.WithoutCancel(ctx), client, n.ID))
}

func connect(ctx context.Context, f flags) (*eni.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(f.region), config.WithBaseEndpoint(f.endpoint))
	if err != nil {
		return nil, err
	}
	return eni.NewFromConfig(cfg, eni.WithOwner(f.owner))
}

// findSubnet returns the subnet with the name in the VPC and zone of the instance.
func findSubnet(ctx context.Context, client eni.API, f flags) (*eni.Subnet, error) {
	attached, err := client.ListByInstance(ctx, f.instance)
	if err != nil {
		return nil, err
	}
	if len(attached) == 0 {
		return nil, fmt.Errorf("instance %q does not exist", f.instance)
	}
	return client.Subnet(ctx, &eni.SubnetFilter{VPCID: attached[0].VPCID, AvailabilityZone: attached[0].AvailabilityZone, Name: f.subnet})
}

// use attaches the network interface, and lists the network interfaces of the instance.
func use(ctx context.Context, client eni.API, f flags, id string) error {
	if _, err := client.WaitAvailable(ctx, id); err != nil {
		return err
	}
	a, err := client.Attach(ctx, &eni.AttachInput{NetworkInterfaceID: id, InstanceID: f.instance, DeleteOnTermination: true})
	if err != nil {
		return err
	}
	if _, err := client.WaitAttached(ctx, id); err != nil {
		return err
	}
	fmt.Printf("attached %s at device index %d (%s)\n", id, a.DeviceIndex, a.ID)
	all, err := client.ListByInstance(ctx, f.instance)
	for _, n := range all {
		fmt.Printf("  %d: %s %s %v\n", n.Attachment.DeviceIndex, n.ID, n.SubnetID, n.PrivateIPAddresses)
	}
	return err
}

// release detaches and deletes the network interface.
func release(ctx context.Context, client eni.API, id string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := client.Detach(ctx, &eni.DetachInput{NetworkInterfaceID: id}); err != nil {
		return err
	}
	if err := client.WaitDetached(ctx, id); err != nil {
		return err
	}
	if err := client.Delete(ctx, &eni.DeleteInput{NetworkInterfaceID: id}); err != nil {
		return err
	}
	fmt.Printf("deleted %s\n", id)
	return client.WaitDeleted(ctx, id)
}
