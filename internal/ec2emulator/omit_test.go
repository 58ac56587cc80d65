// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
)

// TestOmit omits resources from successful responses.
func TestOmit(t *testing.T) {
	f := newFixture(t, Options{})
	shown := func() []string {
		t.Helper()
		out, err := f.client.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, s := range out.Subnets {
			ids = append(ids, aws.ToString(s.SubnetId))
		}
		slices.Sort(ids)
		return ids
	}
	all := shown()
	cases := map[string]struct {
		reason string
		fault  Fault
		want   []string
	}{
		"All":   {reason: "An answer can be empty.", fault: Fault{Omit: 1}},
		"Named": {reason: "An answer can lack one resource.", fault: Fault{OmitIDs: []string{"subnet-b"}}, want: slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == "subnet-b" })},
		"Other": {reason: "A rule for another action has no effect.", fault: Fault{Action: "DescribeInstances", Omit: 1}, want: all},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			defer f.Inject(tc.fault).Remove()
			if diff := cmp.Diff(tc.want, shown()); diff != "" {
				t.Errorf("\n%s\nDescribeSubnets: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	h := f.Inject(Fault{Omit: 0.5})
	some := shown()
	if diff := cmp.Diff(some, shown()); diff != "" {
		t.Errorf("\nA partial response omits the same resources each time.\nDescribeSubnets: -first, +second:\n%s", diff)
	}
	h.Remove()
	if diff := cmp.Diff(all, shown()); diff != "" {
		t.Errorf("\nA removed rule has no effect.\nDescribeSubnets: -want, +got:\n%s", diff)
	}
}
