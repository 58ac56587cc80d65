// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

func TestRunInstances(t *testing.T) {
	f := newFixture(t, Options{})
	ctx := t.Context()
	in := &awsec2.RunInstancesInput{
		ImageId: aws.String("ami-1"), InstanceType: "c5n.18xlarge", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ClientToken: aws.String("run"),
		TagSpecifications: append(tagSpecs("instance", "Name", "new"), tagSpecs("network-interface", "of", "new")...),
		NetworkInterfaces: []ec2types.InstanceNetworkInterfaceSpecification{
			{DeviceIndex: aws.Int32(0), SubnetId: aws.String("subnet-a"), Groups: []string{"sg-a"}},
			{DeviceIndex: aws.Int32(1), NetworkInterfaceId: aws.String("eni-efa")},
		},
	}
	out, err := f.client.RunInstances(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	id := aws.ToString(out.Instances[0].InstanceId)
	again, err := f.client.RunInstances(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(id, aws.ToString(again.Instances[0].InstanceId)); diff != "" {
		t.Errorf("The same token is the same instance.\n-want, +got:\n%s", diff)
	}
	f.step(800 * time.Millisecond)
	d, err := f.client.DescribeInstances(ctx, &awsec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	i := d.Reservations[0].Instances[0]
	got := []string{string(i.State.Name)}
	for _, n := range i.NetworkInterfaces {
		got = append(got, fmt.Sprint(aws.ToInt32(n.Attachment.DeviceIndex), " ", n.Attachment.Status, " ", aws.ToBool(n.Attachment.DeleteOnTermination)))
	}
	want := []string{"running", "0 attached true", "1 attached false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("An EFA can be attached at launch; interfaces created with an instance are deleted with it, existing ones stay.\n-want, +got:\n%s", diff)
	}
	if got := len(f.ENIs(WithTag("of", "new"))); got != 1 {
		t.Errorf("Only the new interface gets the tags: got %d", got)
	}
}

func TestRunInstancesAllOrNothing(t *testing.T) {
	f := newFixture(t, Options{})
	before := f.State()
	_, err := f.client.RunInstances(t.Context(), &awsec2.RunInstancesInput{
		ImageId: aws.String("ami-1"), InstanceType: "t3.medium", MinCount: aws.Int32(12), MaxCount: aws.Int32(12), SubnetId: aws.String("subnet-tiny"),
	})
	if diff := cmp.Diff("InsufficientFreeAddressesInSubnet", code(err)); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(before, f.State()); diff != "" {
		t.Errorf("A launch that fails leaves nothing behind.\n-before, +after:\n%s", diff)
	}
}

func TestStopAndStart(t *testing.T) {
	f := newFixture(t, Options{})
	ids := []string{"i-a"}
	got := []string{}
	look := func() {
		i, _ := f.Instance("i-a")
		got = append(got, i.State)
	}
	if _, err := f.client.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: ids}); err != nil {
		t.Fatal(err)
	}
	look()
	_, early := f.client.StartInstances(t.Context(), &awsec2.StartInstancesInput{InstanceIds: ids})
	f.step(500 * time.Millisecond)
	look()
	if err := attachingTo("eni-free", "i-a", 2, nil)(t.Context(), f.client); err != nil {
		t.Errorf("A stopped instance takes attachments: %s", err)
	}
	if _, err := f.client.StartInstances(t.Context(), &awsec2.StartInstancesInput{InstanceIds: ids}); err != nil {
		t.Fatal(err)
	}
	look()
	f.step(500 * time.Millisecond)
	look()
	if diff := cmp.Diff([]string{"stopping", "stopped", "pending", "running"}, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff("IncorrectInstanceState", code(early)); diff != "" {
		t.Errorf("A stopping instance cannot be started.\n-want, +got:\n%s", diff)
	}
	if err := attachingTo("eni-efa", "i-stopped", 1, nil)(t.Context(), f.client); err != nil {
		t.Errorf("A stopped instance takes an EFA: %s", err)
	}
}

func TestCreateNetwork(t *testing.T) {
	f := newFixture(t, Options{})
	ctx := t.Context()
	v, err := f.client.CreateVpc(ctx, &awsec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16"), TagSpecifications: tagSpecs("vpc", "Name", "new")})
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.client.CreateSubnet(ctx, &awsec2.CreateSubnetInput{VpcId: v.Vpc.VpcId, CidrBlock: aws.String("10.9.1.0/24"), AvailabilityZone: aws.String("us-east-1c")})
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.client.CreateSecurityGroup(ctx, &awsec2.CreateSecurityGroupInput{VpcId: v.Vpc.VpcId, GroupName: aws.String("g"), Description: aws.String("d")})
	if err != nil {
		t.Fatal(err)
	}
	n := f.create(t, &awsec2.CreateNetworkInterfaceInput{SubnetId: s.Subnet.SubnetId, Groups: []string{aws.ToString(g.GroupId)}})
	if diff := cmp.Diff("10.9.1.4 us-east-1c", aws.ToString(n.PrivateIpAddress)+" "+aws.ToString(n.AvailabilityZone)); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	_, err = f.client.CreateSubnet(ctx, &awsec2.CreateSubnetInput{VpcId: v.Vpc.VpcId, CidrBlock: aws.String("10.9.1.128/25")})
	if diff := cmp.Diff("InvalidSubnet.Conflict", code(err)); diff != "" {
		t.Errorf("Subnets do not overlap.\n-want, +got:\n%s", diff)
	}
	_, err = f.client.CreateSubnet(ctx, &awsec2.CreateSubnetInput{VpcId: v.Vpc.VpcId, CidrBlock: aws.String("10.8.1.0/24")})
	if diff := cmp.Diff("InvalidSubnet.Range", code(err)); diff != "" {
		t.Errorf("A subnet is inside its VPC.\n-want, +got:\n%s", diff)
	}
}

func TestRunManyInstances(t *testing.T) {
	f := newFixture(t, Options{})
	ctx := t.Context()
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Reservation.html
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html (amiLaunchIndex)
	in := &awsec2.RunInstancesInput{
		ImageId: aws.String("ami-1"), InstanceType: "t3.medium", MinCount: aws.Int32(1), MaxCount: aws.Int32(3), SubnetId: aws.String("subnet-a"),
		SecurityGroupIds: []string{"sg-a", "sg-a2"}, Ipv6AddressCount: aws.Int32(1), EnablePrimaryIpv6: aws.Bool(true),
		Placement: &ec2types.Placement{AvailabilityZone: aws.String("us-east-1a")},
	}
	out, err := f.client.RunInstances(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	described, err := f.client.DescribeInstances(ctx, &awsec2.DescribeInstancesInput{Filters: filters("reservation-id", aws.ToString(out.ReservationId))})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(1, len(described.Reservations)); diff != "" {
		t.Fatalf("A launch is one reservation.\n-want, +got:\n%s", diff)
	}
	line := func(i ec2types.Instance) string {
		n := i.NetworkInterfaces[0]
		groups := ""
		for _, g := range i.SecurityGroups {
			groups += " " + aws.ToString(g.GroupName)
		}
		return fmt.Sprint(aws.ToInt32(i.AmiLaunchIndex), " ", aws.ToString(i.Placement.AvailabilityZone), " ", aws.ToString(i.Placement.AvailabilityZoneId),
			" ", len(n.Ipv6Addresses), " ", aws.ToBool(n.Ipv6Addresses[0].IsPrimaryIpv6), groups)
	}
	want := map[string]bool{"0 us-east-1a use1-az1 1 true a a2": true, "1 us-east-1a use1-az1 1 true a a2": true, "2 us-east-1a use1-az1 1 true a a2": true}
	for name, instances := range map[string][]ec2types.Instance{"RunInstances": out.Instances, "DescribeInstances": described.Reservations[0].Instances} {
		got := map[string]bool{}
		for _, i := range instances {
			got[line(i)] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s shows index, zone, addresses and groups of each instance.\n-want, +got:\n%s", name, diff)
		}
	}
	second, err := f.client.DescribeInstances(ctx, &awsec2.DescribeInstancesInput{Filters: filters("launch-index", "2")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(aws.ToString(out.Instances[2].InstanceId), aws.ToString(second.Reservations[0].Instances[0].InstanceId)); diff != "" {
		t.Errorf("An instance is found by its launch index.\n-want, +got:\n%s", diff)
	}
	none, err := f.client.DescribeInstances(ctx, &awsec2.DescribeInstancesInput{Filters: filters("launch-index", "3")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(0, len(none.Reservations)); diff != "" {
		t.Errorf("No instance is no reservation.\n-want, +got:\n%s", diff)
	}
}

func TestFailedLaunchKeepsNothing(t *testing.T) {
	f := newFixture(t, Options{})
	before := f.State()
	_, err := f.client.RunInstances(t.Context(), &awsec2.RunInstancesInput{
		ImageId: aws.String("ami-1"), InstanceType: "t3.medium", MinCount: aws.Int32(2), MaxCount: aws.Int32(2),
		NetworkInterfaces: []ec2types.InstanceNetworkInterfaceSpecification{
			{DeviceIndex: aws.Int32(0), SubnetId: aws.String("subnet-tiny"), DeleteOnTermination: aws.Bool(false), SecondaryPrivateIpAddressCount: aws.Int32(5)},
		},
	})
	if diff := cmp.Diff("InsufficientFreeAddressesInSubnet", code(err)); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(before, f.State()); diff != "" {
		t.Errorf("A failed launch also removes interfaces that would outlive their instance.\n-before, +after:\n%s", diff)
	}
}
