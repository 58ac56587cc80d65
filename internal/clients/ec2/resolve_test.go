// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// region starts an emulated region with two VPCs, and a client of it.
func region(t *testing.T) (*ec2emulator.Server, *Client) {
	t.Helper()
	s := ec2emulator.New(ec2emulator.Options{AttachDelay: -1, AvailableDelay: -1})
	t.Cleanup(s.Close)
	tags := func(kv ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i < len(kv); i += 2 {
			out[kv[i]] = kv[i+1]
		}
		return out
	}
	if err := s.Seed(ec2emulator.Seed{
		VPCs: []ec2emulator.VPC{{ID: "vpc-1", CIDR: "10.0.0.0/16", IPv6CIDR: "2600:1f13:abc:1000::/56"}, {ID: "vpc-2", CIDR: "10.1.0.0/16"}},
		Subnets: []ec2emulator.Subnet{
			{ID: "subnet-1", VPCID: "vpc-1", CIDR: "10.0.1.0/24", IPv6CIDR: "2600:1f13:abc:1001::/64", AvailabilityZone: "us-east-1a", Tags: tags("Name", "data", "role", "data")},
			{ID: "subnet-2", VPCID: "vpc-1", CIDR: "10.0.2.0/24", AvailabilityZone: "us-east-1b", Tags: tags("Name", "data", "role", "data")},
			{ID: "subnet-3", VPCID: "vpc-2", CIDR: "10.1.1.0/24", AvailabilityZone: "us-east-1a", Tags: tags("Name", "other", "role", "")},
		},
		SecurityGroups: []ec2emulator.SecurityGroup{
			{ID: "sg-1", VPCID: "vpc-1", Name: "web", Tags: tags("tier", "front", "Name", "shadow")},
			{ID: "sg-2", VPCID: "vpc-1", Name: "db", Tags: tags("tier", "back", "Name", "web")},
			{ID: "sg-3", VPCID: "vpc-1", Name: "cache", Tags: tags("tier", "back", "Name", "store")},
			{ID: "sg-4", VPCID: "vpc-1", Name: "queue", Tags: tags("Name", "store")},
			{ID: "sg-5", VPCID: "vpc-2", Name: "web"},
		},
		Instances: []ec2emulator.Instance{
			{ID: "i-1", Type: "t3.medium", SubnetID: "subnet-1"},
			{ID: "i-2", Type: "c6in.32xlarge", SubnetID: "subnet-2", State: "stopped"},
		},
		NetworkInterfaces: []ec2emulator.NetworkInterface{
			{ID: "eni-1", SubnetID: "subnet-1", Tags: tags("owner", "a"), Attachment: &ec2emulator.Attachment{ID: "eni-attach-1", InstanceID: "i-1", DeviceIndex: 1}},
			{ID: "eni-2", SubnetID: "subnet-1", Tags: tags("owner", "b")},
		},
	}); err != nil {
		t.Fatal(err)
	}
	url, err := s.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s, NewClient(awsec2.New(awsec2.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", ""),
	}), "us-east-1", WithSnapshot(OwnershipTags{OwnerTag: "owner"}, time.Minute))
}

func TestSubnet(t *testing.T) {
	s, c := region(t)
	cases := map[string]struct {
		reason string
		args   string
		want   *Subnet
	}{
		"Known": {
			reason: "A subnet is described by its id, with its ranges, zone and VPC.",
			args:   "subnet-1",
			want: &Subnet{
				ID: "subnet-1", Name: "data", VPCID: "vpc-1", AvailabilityZone: "us-east-1a", CIDR: "10.0.1.0/24",
				IPv6CIDRs: []string{"2600:1f13:abc:1001::/64"}, Tags: map[string]string{"Name": "data", "role": "data"},
			},
		},
		"Unknown": {reason: "A subnet that does not exist is nothing, and no error.", args: "subnet-9"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := c.Subnet(t.Context(), tc.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreFields(Subnet{}, "FreeAddresses")); diff != "" {
				t.Errorf("\n%s\nSubnet(%q): -want, +got:\n%s", tc.reason, tc.args, diff)
			}
		})
	}

	before := s.Count(ec2emulator.ByAction("DescribeSubnets"))
	for _, id := range []string{"subnet-1", "subnet-9"} {
		if _, err := c.Subnet(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, s.Count(ec2emulator.ByAction("DescribeSubnets"))); diff != "" {
		t.Errorf("\nExisting and missing subnets are cached.\nSubnet(...): calls: -want, +got:\n%s", diff)
	}
}

func TestSubnetsTagged(t *testing.T) {
	_, c := region(t)
	cases := map[string]struct {
		reason string
		args   map[string]string
		want   []string
	}{
		"Name":     {reason: "A name may stand for several subnets, sorted by id.", args: map[string]string{"Name": "data"}, want: []string{"subnet-1", "subnet-2"}},
		"All":      {reason: "All tags must be there.", args: map[string]string{"Name": "other", "role": "data"}},
		"AnyValue": {reason: "An empty value matches any value.", args: map[string]string{"role": ""}, want: []string{"subnet-1", "subnet-2", "subnet-3"}},
		"None":     {reason: "Tags that no subnet has find none, which is no error.", args: map[string]string{"Name": "nothing"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			found, err := c.SubnetsTagged(t.Context(), tc.args)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range found {
				got = append(got, s.ID)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nSubnetsTagged(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSecurityGroupNamed(t *testing.T) {
	_, c := region(t)
	type want struct {
		ID, Error string
	}
	cases := map[string]struct {
		reason string
		args   string
		want   want
	}{
		"Name":      {reason: "The group's name wins over another's Name tag.", args: "web", want: want{ID: "sg-1"}},
		"Tag":       {reason: "Where no group has the name its Name tag counts.", args: "shadow", want: want{ID: "sg-1"}},
		"Ambiguous": {reason: "A tag of several groups means none of them, and they are named.", args: "store", want: want{Error: `security group name "store" is ambiguous, it matches several groups of VPC "vpc-1": sg-3, sg-4; use the id of a group`}},
		"Missing":   {reason: "A name that no group has is named.", args: "nothing", want: want{Error: `no security group of VPC "vpc-1" has the name or Name tag "nothing"`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			id, err := c.SecurityGroupNamed(t.Context(), "vpc-1", tc.args)
			if diff := cmp.Diff(tc.want, want{id, text(err)}); diff != "" {
				t.Errorf("\n%s\nSecurityGroupNamed(...): -want, +got:\n%s", tc.reason, diff)
			}
			if err != nil && !awserr.IsLookup(err) {
				t.Errorf("\n%s\nIsLookup(...): want true: a retry does not resolve it", tc.reason)
			}
		})
	}
}

func TestSecurityGroupsTagged(t *testing.T) {
	_, c := region(t)
	type want struct {
		IDs   []string
		Error string
	}
	cases := map[string]struct {
		reason string
		args   map[string]string
		want   want
	}{
		"Several": {reason: "Every group that has the tags is used, sorted by id.", args: map[string]string{"tier": "back"}, want: want{IDs: []string{"sg-2", "sg-3"}}},
		"None":    {reason: "That no group has the tags is an error that names them in order.", args: map[string]string{"tier": "back", "Name": "shadow"}, want: want{Error: `no security group of VPC "vpc-1" is tagged Name=shadow, tier=back`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			ids, err := c.SecurityGroupsTagged(t.Context(), "vpc-1", tc.args)
			if diff := cmp.Diff(tc.want, want{ids, text(err)}); diff != "" {
				t.Errorf("\n%s\nSecurityGroupsTagged(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCheckSecurityGroups(t *testing.T) {
	_, c := region(t)
	cases := map[string]struct {
		reason string
		args   []string
		want   string
	}{
		"Good":     {reason: "Groups of the subnet's VPC are good.", args: []string{"sg-1", "sg-2"}},
		"OtherVPC": {reason: "A group of another VPC is named with both VPCs.", args: []string{"sg-1", "sg-5"}, want: `security group "sg-5" is in VPC "vpc-2", but the subnet is in VPC "vpc-1": use a group of the subnet's VPC`},
		"Missing":  {reason: "A group that does not exist is named.", args: []string{"sg-9"}, want: `security group "sg-9" does not exist in region "us-east-1"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, text(c.CheckSecurityGroups(t.Context(), "vpc-1", tc.args))); diff != "" {
				t.Errorf("\n%s\nCheckSecurityGroups(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// ids returns the ids of ENIs in their order.
func ids(enis []ec2types.NetworkInterface) []string {
	var out []string
	for _, n := range enis {
		out = append(out, aws.ToString(n.NetworkInterfaceId))
	}
	return out
}

func TestNetworkInterfaces(t *testing.T) {
	_, c := region(t)
	one := func(n *ec2types.NetworkInterface, err error) ([]ec2types.NetworkInterface, error) {
		if n == nil {
			return nil, err
		}
		return []ec2types.NetworkInterface{*n}, err
	}
	cases := map[string]struct {
		reason string
		args   func() ([]ec2types.NetworkInterface, error)
		want   []string
	}{
		"ByID":      {reason: "An ENI is found by its id.", args: func() ([]ec2types.NetworkInterface, error) { return one(c.NetworkInterface(t.Context(), "eni-1")) }, want: []string{"eni-1"}},
		"UnknownID": {reason: "An ENI that does not exist is nil without an error.", args: func() ([]ec2types.NetworkInterface, error) { return one(c.NetworkInterface(t.Context(), "eni-9")) }},
		"ByOwner": {reason: "An ENI is found by its owner tag.", args: func() ([]ec2types.NetworkInterface, error) {
			return one(c.NetworkInterfaceOwnedBy(t.Context(), "b"))
		}, want: []string{"eni-2"}},
		"UnknownOwner": {reason: "An unknown owner has no ENI.", args: func() ([]ec2types.NetworkInterface, error) {
			return one(c.NetworkInterfaceOwnedBy(t.Context(), "c"))
		}},
		"ByAttachment": {reason: "An ENI is found by its attachment.", args: func() ([]ec2types.NetworkInterface, error) {
			return one(c.NetworkInterfaceOfAttachment(t.Context(), "eni-attach-1"))
		}, want: []string{"eni-1"}},
		"NoAttachment": {reason: "An attachment that does not exist finds none.", args: func() ([]ec2types.NetworkInterface, error) {
			return one(c.NetworkInterfaceOfAttachment(t.Context(), "eni-attach-9"))
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := tc.args()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, ids(got)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestInstances(t *testing.T) {
	s, c := region(t)
	one := Instance{ID: "i-1", Type: "t3.medium", State: ec2types.InstanceStateNameRunning, AvailabilityZone: "us-east-1a", VPCID: "vpc-1"}
	two := Instance{ID: "i-2", Type: "c6in.32xlarge", State: ec2types.InstanceStateNameStopped, AvailabilityZone: "us-east-1b", VPCID: "vpc-1"}

	got, err := c.Instances(t.Context(), []string{"i-1", "i-9", "i-2"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for id, i := range got { // they have a test of their own
		i.Interfaces = nil
		got[id] = i
	}
	if diff := cmp.Diff(map[string]Instance{"i-1": one, "i-2": two}, got); diff != "" {
		t.Errorf("\nAn id that EC2 does not know does not hide the others.\nInstances(...): -want, +got:\n%s", diff)
	}
	before := s.Count(ec2emulator.ByAction("DescribeInstances"))
	alone, err := c.Instance(t.Context(), "i-1")
	if err != nil {
		t.Fatal(err)
	}
	alone.Interfaces = nil
	if diff := cmp.Diff(one, alone); diff != "" {
		t.Errorf("\nAn instance is described by its id.\nInstance(...): -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(before, s.Count(ec2emulator.ByAction("DescribeInstances"))); diff != "" {
		t.Errorf("\nInstances serves the cache of Instance.\nInstance(...): calls: -want, +got:\n%s", diff)
	}
	unknown, err := c.Instance(t.Context(), "i-9")
	if err != nil {
		t.Fatal(err)
	}
	if unknown.Terminated() || unknown.Attachable() {
		t.Error("\nAn instance that EC2 did not return is not proven to be terminated.\nTerminated(): want false")
	}
}

func TestInstanceStates(t *testing.T) {
	type want struct{ Terminated, Attachable bool }
	cases := map[ec2types.InstanceStateName]struct {
		reason string
		want   want
	}{
		ec2types.InstanceStateNamePending:      {reason: "A starting instance takes no ENI yet.", want: want{}},
		ec2types.InstanceStateNameRunning:      {reason: "A running instance takes ENIs.", want: want{Attachable: true}},
		ec2types.InstanceStateNameStopping:     {reason: "A stopping instance takes no ENI.", want: want{}},
		ec2types.InstanceStateNameStopped:      {reason: "A stopped instance takes ENIs.", want: want{Attachable: true}},
		ec2types.InstanceStateNameShuttingDown: {reason: "An instance that is shutting down is in a terminal state.", want: want{Terminated: true}},
		ec2types.InstanceStateNameTerminated:   {reason: "A terminated instance is in a terminal state.", want: want{Terminated: true}},
	}
	for state, tc := range cases {
		t.Run(string(state), func(t *testing.T) {
			i := Instance{ID: "i-1", State: state}
			if diff := cmp.Diff(tc.want, want{i.Terminated(), i.Attachable()}); diff != "" {
				t.Errorf("\n%s\nTerminated(), Attachable(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestInstanceType(t *testing.T) {
	_, c := region(t)
	cases := map[string]struct {
		reason string
		args   string
		want   InstanceType
	}{
		"OneCard":  {reason: "A type has a limit for all its ENIs.", args: "t3.medium", want: InstanceType{Name: "t3.medium", MaxNetworkInterfaces: 3, CardLimits: []int32{3}, AddressesPerInterface: 6}},
		"TwoCards": {reason: "A type with several network cards has a limit for each.", args: "c6in.32xlarge", want: InstanceType{Name: "c6in.32xlarge", MaxNetworkInterfaces: 16, CardLimits: []int32{8, 8}, AddressesPerInterface: 50}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := c.InstanceType(t.Context(), tc.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nInstanceType(%q): -want, +got:\n%s", tc.reason, tc.args, diff)
			}
		})
	}
}

func TestInstanceInterfaces(t *testing.T) {
	_, c := region(t)
	there := func(instance string, consistency Consistency) []string {
		t.Helper()
		got, err := c.InstanceInterfaces(t.Context(), instance, consistency)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, i := range got {
			out = append(out, i.NetworkInterfaceID)
		}
		return out
	}
	before := there("i-1", Fresh)
	c.recent.add("i-1", InstanceInterface{NetworkInterfaceID: "eni-new", DeviceIndex: 5})
	c.recent.add("i-1", InstanceInterface{NetworkInterfaceID: "eni-1", DeviceIndex: 1})
	for _, consistency := range []Consistency{Cached, Fresh} {
		if diff := cmp.Diff(append(slices.Clone(before), "eni-new"), there("i-1", consistency)); diff != "" {
			t.Errorf("\nA new attachment is included before EC2 returns it, and once afterwards.\nInstanceInterfaces(..., %v): -want, +got:\n%s", consistency, diff)
		}
	}
	if got := there("i-2", Cached); len(got) != 1 {
		t.Errorf("\nAn attachment is included on its own instance only.\nInstanceInterfaces(...): %v", got)
	}
	c.recent.remove("eni-new")
	if diff := cmp.Diff(before, there("i-1", Cached)); diff != "" {
		t.Errorf("\nA detached ENI is not included.\nInstanceInterfaces(...): -want, +got:\n%s", diff)
	}
}

// TestFailures checks that errors name the call and have the same text each time.
func TestFailures(t *testing.T) {
	s, c := region(t)
	s.Inject(ec2emulator.Fault{Code: "UnauthorizedOperation"})
	ask := map[string]func() error{
		"Subnet":        func() error { _, err := c.Subnet(t.Context(), "subnet-1"); return err },
		"SubnetsTagged": func() error { _, err := c.SubnetsTagged(t.Context(), map[string]string{"a": "b"}); return err },
		"GroupNamed":    func() error { _, err := c.SecurityGroupNamed(t.Context(), "vpc-1", "web"); return err },
		"GroupsTagged": func() error {
			_, err := c.SecurityGroupsTagged(t.Context(), "vpc-1", map[string]string{"a": "b"})
			return err
		},
		"CheckGroups":        func() error { return c.CheckSecurityGroups(t.Context(), "vpc-1", []string{"sg-1"}) },
		"NetworkInterface":   func() error { _, err := c.NetworkInterface(t.Context(), "eni-1"); return err },
		"OwnedBy":            func() error { _, err := c.NetworkInterfaceOwnedBy(t.Context(), "b"); return err },
		"OfAttachment":       func() error { _, err := c.NetworkInterfaceOfAttachment(t.Context(), "eni-attach-1"); return err },
		"InstanceInterfaces": func() error { _, err := c.InstanceInterfaces(t.Context(), "i-1", Cached); return err },
		"Instance":           func() error { _, err := c.Instance(t.Context(), "i-1"); return err },
		"Instances":          func() error { _, err := c.Instances(t.Context(), []string{"i-1"}, nil); return err },
		"InstanceType":       func() error { _, err := c.InstanceType(t.Context(), "t3.medium"); return err },
	}
	for name, fn := range ask {
		t.Run(name, func(t *testing.T) {
			first, second := fn(), fn()
			if !awserr.IsUnauthorized(first) {
				t.Fatalf("\nA failure keeps its code.\n%s: got %v", name, first)
			}
			if diff := cmp.Diff(first.Error(), second.Error()); diff != "" {
				t.Errorf("\nThe same problem has the same text each time.\n%s: -first, +second:\n%s", name, diff)
			}
			if !strings.HasPrefix(first.Error(), "cannot ") || !strings.Contains(first.Error(), ": UnauthorizedOperation") {
				t.Errorf("\nAn error names the failed operation and EC2's code.\n%s: got %q", name, first)
			}
		})
	}
}

func TestTagged(t *testing.T) {
	cases := map[string]struct {
		reason string
		tags   map[string]string
		want   bool
	}{
		"None":          {reason: "No tags match any subnet.", want: true},
		"Equal":         {reason: "A tag matches its value.", tags: map[string]string{"Name": "data.a"}, want: true},
		"Other":         {reason: "And no other, in any case of letters.", tags: map[string]string{"Name": "DATA.A"}},
		"Part":          {reason: "A part of a value does not match.", tags: map[string]string{"Name": "data"}},
		"NotExpression": {reason: "A value is no regular expression.", tags: map[string]string{"Name": "data.[a]"}},
		"Missing":       {reason: "A tag that the subnet does not carry does not match.", tags: map[string]string{"role": ""}},
		"AnyValue":      {reason: "An empty value matches any.", tags: map[string]string{"Name": ""}, want: true},
		"Star":          {reason: "* matches any characters.", tags: map[string]string{"Name": "da*a"}, want: true},
		"QuestionMark":  {reason: "? matches one character.", tags: map[string]string{"Name": "data?a"}, want: true},
		"All":           {reason: "All tags must match.", tags: map[string]string{"Name": "data.a", "role": "x"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := (Subnet{Tags: map[string]string{"Name": "data.a"}}).Tagged(tc.tags); got != tc.want {
				t.Errorf("\n%s\nTagged(...): %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
}
