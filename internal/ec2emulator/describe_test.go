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

func TestFilters(t *testing.T) {
	f := newFixture(t, Options{AttachDelay: -1})
	f.create(t, &awsec2.CreateNetworkInterfaceInput{Description: aws.String("x*y"), TagSpecifications: tagSpecs("network-interface", "cluster", "blue", "slot", "1")})
	f.create(t, &awsec2.CreateNetworkInterfaceInput{Description: aws.String("xzy"), TagSpecifications: tagSpecs("network-interface", "cluster", "black")})

	cases := map[string]struct {
		reason  string
		filters []ec2types.Filter
		want    int
	}{
		"Tag":              {reason: "A tag is matched by key and value.", filters: filters("tag:cluster", "blue"), want: 1},
		"TagWildcard":      {reason: "A star is any text.", filters: filters("tag:cluster", "bl*"), want: 2},
		"QuestionMark":     {reason: "A question mark is one character.", filters: filters("tag:cluster", "blu?"), want: 1},
		"Escaped":          {reason: "A backslash escapes a star.", filters: filters("description", `x\*y`), want: 1},
		"TagKey":           {reason: "A tag can be matched by its key alone.", filters: filters("tag-key", "slot"), want: 1},
		"And":              {reason: "All filters must match.", filters: filters("tag-key", "cluster", "description", "xzy"), want: 1},
		"Or":               {reason: "Any value of a filter will do.", filters: []ec2types.Filter{{Name: aws.String("tag:cluster"), Values: []string{"blue", "black"}}}, want: 2},
		"NoValues":         {reason: "A filter without values matches nothing, and is no error.", filters: []ec2types.Filter{{Name: aws.String("subnet-id")}}, want: 0},
		"Nothing":          {reason: "No match is no error.", filters: filters("tag:cluster", "green"), want: 0},
		"Instance":         {reason: "Attachments can be searched by instance.", filters: filters("attachment.instance-id", "i-a"), want: 2},
		"DeviceIndex":      {reason: "And by index.", filters: filters("attachment.instance-id", "i-a", "attachment.device-index", "1"), want: 1},
		"Address":          {reason: "An interface is found by an address.", filters: filters("addresses.private-ip-address", "10.0.0.100"), want: 1},
		"Subnet":           {reason: "And by its subnet.", filters: filters("subnet-id", "subnet-b"), want: 2},
		"RequesterManaged": {reason: "Interfaces of services are filtered.", filters: filters("requester-managed", "true"), want: 1},
		"OperatorManaged":  {reason: "Interfaces of operators are filtered.", filters: filters("operator.managed", "true"), want: 1},
		"Type":             {reason: "And by type.", filters: filters("interface-type", "trunk"), want: 1},
		"CaseSensitive":    {reason: "Values are compared exactly.", filters: filters("tag:cluster", "Blue"), want: 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			out, err := f.client.DescribeNetworkInterfaces(t.Context(), &awsec2.DescribeNetworkInterfacesInput{Filters: tc.filters})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, len(out.NetworkInterfaces)); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestPages(t *testing.T) {
	f := newFixture(t, Options{})
	for i := range 8 {
		f.create(t, &awsec2.CreateNetworkInterfaceInput{TagSpecifications: tagSpecs("network-interface", "n", fmt.Sprint(i))})
	}
	p := awsec2.NewDescribeNetworkInterfacesPaginator(f.client, &awsec2.DescribeNetworkInterfacesInput{Filters: filters("tag-key", "n"), MaxResults: aws.Int32(5)})
	sizes, seen := []int{}, map[string]bool{}
	for p.HasMorePages() {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.NetworkInterfaces))
		for _, n := range page.NetworkInterfaces {
			id := aws.ToString(n.NetworkInterfaceId)
			seen[id] = true
			// Deleting an item of an earlier page does not shift later pages.
			if err := deleting(id)(t.Context(), f.client); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff([]int{5, 3}, sizes); diff != "" || len(seen) != 8 {
		t.Errorf("Pages hold everything once, %d of 8.\n-want, +got:\n%s", len(seen), diff)
	}
}

func TestEventualConsistency(t *testing.T) {
	f := newFixture(t, Options{VisibilityDelay: time.Second})
	id := aws.ToString(f.create(t, &awsec2.CreateNetworkInterfaceInput{TagSpecifications: tagSpecs("network-interface", "a", "b")}).NetworkInterfaceId)
	byID := func() string {
		return code(describing(&awsec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})(t.Context(), f.client))
	}
	byTag := func(k, v string) int {
		out, err := f.client.DescribeNetworkInterfaces(t.Context(), &awsec2.DescribeNetworkInterfacesInput{Filters: filters("tag:"+k, v)})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.NetworkInterfaces)
	}
	tag := func(v string) {
		in := &awsec2.CreateTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: aws.String("late"), Value: aws.String(v)}}}
		if _, err := f.client.CreateTags(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	got := []any{byID(), byTag("a", "b")}
	f.step(time.Second)
	got = append(got, byID(), byTag("a", "b"))
	tag("one")
	got = append(got, byTag("late", "one"))
	f.step(time.Second)
	got = append(got, byTag("late", "one"))
	tag("two")
	got = append(got, byTag("late", "one"), byTag("late", "two"))
	f.step(time.Second)
	got = append(got, byTag("late", "one"), byTag("late", "two"))
	want := []any{"InvalidNetworkInterfaceID.NotFound", 0, "", 1, 0, 1, 1, 0, 0, 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Descriptions lag behind creations and tags.\n-want, +got:\n%s", diff)
	}
}

func TestAttachmentsLag(t *testing.T) {
	f := newFixture(t, Options{VisibilityDelay: time.Second, AttachDelay: 100 * time.Millisecond, DetachDelay: 100 * time.Millisecond})
	id := aws.ToString(f.create(t, &awsec2.CreateNetworkInterfaceInput{}).NetworkInterfaceId)
	f.step(time.Second)
	shown := func() string {
		out, err := f.client.DescribeNetworkInterfaces(t.Context(), &awsec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}})
		if err != nil {
			t.Fatal(err)
		}
		a := out.NetworkInterfaces[0].Attachment
		if a == nil {
			return string(out.NetworkInterfaces[0].Status)
		}
		return string(a.Status)
	}
	got := []string{shown()}
	a, err := f.client.AttachNetworkInterface(t.Context(), &awsec2.AttachNetworkInterfaceInput{NetworkInterfaceId: &id, InstanceId: aws.String("i-a"), DeviceIndex: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	look := func() {
		got = append(got, shown())
		f.step(500 * time.Millisecond)
		got = append(got, shown())
		f.step(550 * time.Millisecond)
		got = append(got, shown())
		f.step(time.Second)
		got = append(got, shown())
	}
	look()
	if _, err := f.client.DetachNetworkInterface(t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: a.AttachmentId}); err != nil {
		t.Fatal(err)
	}
	look()
	want := []string{"available", "available", "available", "attaching", "attached", "attached", "attached", "detaching", "available"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Descriptions lag behind attachments, one state after the other.\n-want, +got:\n%s", diff)
	}
}

func TestOtherDescriptions(t *testing.T) {
	f := newFixture(t, Options{})
	ctx := t.Context()
	types4, err := f.client.DescribeInstanceTypes(ctx, &awsec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{"c6in.32xlarge", "t3.medium"}})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, v := range types4.InstanceTypes {
		n := v.NetworkInfo
		got = append(got, fmt.Sprint(v.InstanceType, " ", aws.ToInt32(n.MaximumNetworkInterfaces), " ", aws.ToInt32(n.Ipv4AddressesPerInterface), " ",
			aws.ToInt32(n.MaximumNetworkCards), " ", aws.ToInt32(n.NetworkCards[len(n.NetworkCards)-1].NetworkCardIndex), " ",
			aws.ToBool(n.EfaSupported), " ", aws.ToBool(n.EnaSrdSupported), " ", n.FlexibleEnaQueuesSupport))
	}
	subnets, err := f.client.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{Filters: filters("tag:Name", "a", "vpc-id", "vpc-a")})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := f.client.DescribeSecurityGroups(ctx, &awsec2.DescribeSecurityGroupsInput{Filters: filters("group-name", "a")})
	if err != nil {
		t.Fatal(err)
	}
	instances, err := f.client.DescribeInstances(ctx, &awsec2.DescribeInstancesInput{Filters: filters("instance-state-name", "running", "network-interface.subnet-id", "subnet-b")})
	if err != nil {
		t.Fatal(err)
	}
	zones, err := f.client.DescribeAvailabilityZones(ctx, &awsec2.DescribeAvailabilityZonesInput{})
	if err != nil {
		t.Fatal(err)
	}
	vpcs, err := f.client.DescribeVpcs(ctx, &awsec2.DescribeVpcsInput{Filters: filters("tag:Name", "a")})
	if err != nil {
		t.Fatal(err)
	}
	tags, err := f.client.DescribeTags(ctx, &awsec2.DescribeTagsInput{Filters: filters("resource-type", "subnet")})
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, aws.ToString(subnets.Subnets[0].SubnetId), fmt.Sprint(len(groups.SecurityGroups)),
		aws.ToString(instances.Reservations[0].Instances[0].InstanceId), aws.ToString(zones.AvailabilityZones[1].ZoneId),
		aws.ToString(vpcs.Vpcs[0].VpcId), aws.ToString(tags.Tags[0].ResourceId))
	want := []string{
		"c6in.32xlarge 16 50 2 1 true true supported", "t3.medium 3 6 1 0 false false unsupported",
		"subnet-a", "2", "i-b", "use1-az2", "vpc-a", "subnet-a",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}
