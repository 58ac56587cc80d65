// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A fixture is a seeded Server on a clock that only the test moves, unless Options name another, and a real client of
// it that never retries.
type fixture struct {
	*Server

	fake   *clocktesting.FakeClock
	url    string
	client *awsec2.Client
}

func newFixture(t *testing.T, o Options) *fixture {
	t.Helper()
	f := &fixture{}
	if o.Clock == nil {
		f.fake = clocktesting.NewFakeClock(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
		o.Clock = f.fake
	}
	f.Server = New(o)
	t.Cleanup(f.Close)
	if err := f.Seed(testSeed()); err != nil {
		t.Fatalf("Seed(...): %s", err)
	}
	url, err := f.Start(t.Context(), "")
	if err != nil {
		t.Fatalf("Start(...): %s", err)
	}
	f.url = url
	f.client = f.as("AKIATEST", 1)
	return f
}

// as is a client with another access key, and with retries.
func (f *fixture) as(key string, attempts int) *awsec2.Client {
	return awsec2.New(awsec2.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(f.url), RetryMaxAttempts: attempts,
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
	})
}

// step moves time, settles and delivers.
func (f *fixture) step(d time.Duration) {
	f.fake.Step(d)
	f.Drain()
}

func testSeed() Seed {
	return Seed{
		VPCs: []VPC{
			{ID: "vpc-a", CIDR: "10.0.0.0/16", IPv6CIDR: "2600:1f18:1234:5600::/56", Tags: map[string]string{"Name": "a"}},
			{ID: "vpc-b", CIDR: "10.1.0.0/16"},
		},
		Subnets: []Subnet{
			{ID: "subnet-a", VPCID: "vpc-a", CIDR: "10.0.0.0/24", IPv6CIDR: "2600:1f18:1234:5600::/64", Tags: map[string]string{"Name": "a"}},
			{ID: "subnet-b", VPCID: "vpc-a", CIDR: "10.0.1.0/24", AvailabilityZone: "us-east-1b"},
			{ID: "subnet-tiny", VPCID: "vpc-a", CIDR: "10.0.2.0/28"},
			{ID: "subnet-other", VPCID: "vpc-b", CIDR: "10.1.0.0/24"},
		},
		SecurityGroups: []SecurityGroup{
			{ID: "sg-a", VPCID: "vpc-a", Name: "a"}, {ID: "sg-a2", VPCID: "vpc-a", Name: "a2"}, {ID: "sg-other", VPCID: "vpc-b", Name: "a"},
		},
		Instances: []Instance{
			{ID: "i-a", Type: "t3.medium", SubnetID: "subnet-a"},
			{ID: "i-b", Type: "t3.medium", SubnetID: "subnet-b"},
			{ID: "i-stopped", Type: "c5n.18xlarge", SubnetID: "subnet-a", State: "stopped"},
			{ID: "i-pending", Type: "t3.medium", SubnetID: "subnet-a", State: "pending"},
			{ID: "i-cards", Type: "c6in.32xlarge", SubnetID: "subnet-a"},
			{ID: "i-efa", Type: "c5n.18xlarge", SubnetID: "subnet-a"},
		},
		NetworkInterfaces: []NetworkInterface{
			{ID: "eni-free", SubnetID: "subnet-a", PrivateIPAddresses: []string{"10.0.0.100"}},
			{ID: "eni-zone-b", SubnetID: "subnet-b"},
			{ID: "eni-efa", SubnetID: "subnet-a", InterfaceType: "efa"},
			{ID: "eni-v6", SubnetID: "subnet-a", IPv6Addresses: []string{"2600:1f18:1234:5600::10"}},
			{ID: "eni-used", SubnetID: "subnet-a", Attachment: &Attachment{ID: "eni-attach-used", InstanceID: "i-a", DeviceIndex: 1}},
			{ID: "eni-lb", SubnetID: "subnet-a", RequesterID: "amazon-elb"},
			{ID: "eni-op", SubnetID: "subnet-a", OperatorPrincipal: "eks.amazonaws.com"},
			{ID: "eni-trunk", SubnetID: "subnet-a", InterfaceType: "trunk"},
			{ID: "eni-branch", SubnetID: "subnet-a", InterfaceType: "branch"},
		},
		ElasticIPs: []ElasticIP{
			{AllocationID: "eipalloc-free", PublicIP: "203.0.113.1"},
			{AllocationID: "eipalloc-used", PublicIP: "203.0.113.2", NetworkInterfaceID: "eni-used"},
			{AllocationID: "eipalloc-lb", PublicIP: "203.0.113.3", NetworkInterfaceID: "eni-lb"},
		},
	}
}

// code is the EC2 code in err; "" for none.
func code(err error) string {
	if e := smithy.APIError(nil); errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return "not an API error: " + err.Error()
	}
	return ""
}

// message is the EC2 message in err.
func message(err error) string {
	if e := smithy.APIError(nil); errors.As(err, &e) {
		return e.ErrorMessage()
	}
	return ""
}

// create makes an interface in subnet-a and fails the test if it cannot.
func (f *fixture) create(t *testing.T, in *awsec2.CreateNetworkInterfaceInput) ec2types.NetworkInterface {
	t.Helper()
	if in.SubnetId == nil {
		in.SubnetId = aws.String("subnet-a")
	}
	out, err := f.client.CreateNetworkInterface(t.Context(), in)
	if err != nil {
		t.Fatalf("CreateNetworkInterface(...): %s", err)
	}
	return *out.NetworkInterface
}

// attach attaches, and fails the test if it cannot.
func (f *fixture) attach(t *testing.T, eniID, instanceID string, index int32) string {
	t.Helper()
	out, err := f.client.AttachNetworkInterface(t.Context(), attachInput(eniID, instanceID, index))
	if err != nil {
		t.Fatalf("AttachNetworkInterface(...): %s", err)
	}
	return aws.ToString(out.AttachmentId)
}

func attachInput(eniID, instanceID string, index int32) *awsec2.AttachNetworkInterfaceInput {
	return &awsec2.AttachNetworkInterfaceInput{NetworkInterfaceId: aws.String(eniID), InstanceId: aws.String(instanceID), DeviceIndex: aws.Int32(index)}
}

// describe is one interface as EC2 shows it.
func (f *fixture) describe(t *testing.T, id string) ec2types.NetworkInterface {
	t.Helper()
	out, err := f.client.DescribeNetworkInterfaces(t.Context(), &awsec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})
	if err != nil {
		t.Fatalf("DescribeNetworkInterfaces(%q): %s", id, err)
	}
	return out.NetworkInterfaces[0]
}

// free is AvailableIpAddressCount.
func (f *fixture) free(t *testing.T, subnetID string) int32 {
	t.Helper()
	out, err := f.client.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{SubnetIds: []string{subnetID}})
	if err != nil {
		t.Fatalf("DescribeSubnets(%q): %s", subnetID, err)
	}
	return aws.ToInt32(out.Subnets[0].AvailableIpAddressCount)
}

func filters(pairs ...string) []ec2types.Filter {
	out := []ec2types.Filter{}
	for pair := range slices.Chunk(pairs, 2) {
		out = append(out, ec2types.Filter{Name: aws.String(pair[0]), Values: []string{pair[1]}})
	}
	return out
}

func tagSpecs(rt ec2types.ResourceType, pairs ...string) []ec2types.TagSpecification {
	s := ec2types.TagSpecification{ResourceType: rt}
	for pair := range slices.Chunk(pairs, 2) {
		s.Tags = append(s.Tags, ec2types.Tag{Key: aws.String(pair[0]), Value: aws.String(pair[1])})
	}
	return []ec2types.TagSpecification{s}
}
