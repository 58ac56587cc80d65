// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A client that retries a call after a lost response creates one network interface.
func ExampleServer_Inject() {
	ctx := context.Background()
	s := ec2emulator.New(ec2emulator.Options{})
	defer s.Close()
	if err := s.Seed(ec2emulator.DefaultSeed("us-east-1")); err != nil {
		fmt.Println(err)
		return
	}
	url, err := s.Start(ctx, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	client := awsec2.New(awsec2.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(url),
		Credentials:  credentials.NewStaticCredentialsProvider("any", "any", ""),
	})

	s.Inject(ec2emulator.Fault{Action: "CreateNetworkInterface", Nth: 1, LoseResponse: true})
	_, err = client.CreateNetworkInterface(ctx, &awsec2.CreateNetworkInterfaceInput{
		SubnetId:    aws.String("subnet-tenant-a"),
		Description: aws.String("example"),
	})

	fmt.Println("error:", err)
	fmt.Println("calls:", s.Count(ec2emulator.ByAction("CreateNetworkInterface")))
	fmt.Println("interfaces:", len(s.ENIs(func(n ec2emulator.NetworkInterface) bool { return n.Description == "example" })))
	// Output:
	// error: <nil>
	// calls: 2
	// interfaces: 1
}
