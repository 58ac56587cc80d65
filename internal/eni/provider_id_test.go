// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestInstanceID(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   string
		want   string
	}{
		"Zone": {
			reason: "The cloud controller manager writes zone and instance.",
			args:   "aws:///us-east-1a/i-0123456789abcdef0",
			want:   "i-0123456789abcdef0",
		},
		"NoZone": {
			reason: "The zone is optional.",
			args:   "aws:///i-0123456789abcdef0",
			want:   "i-0123456789abcdef0",
		},
		"Host": {
			reason: "The zone may be the host.",
			args:   "aws://us-east-1a/i-0123456789abcdef0",
			want:   "i-0123456789abcdef0",
		},
		"Empty": {
			reason: "A node without providerID has no instance.",
			args:   "",
			want:   "",
		},
		"Fargate": {
			reason: "A Fargate node is not an instance.",
			args:   "aws:///us-east-1a/2d7a1b/fargate-ip-10-0-1-4.ec2.internal",
			want:   "",
		},
		"Hybrid": {
			reason: "A hybrid node is not an instance, despite the similar id.",
			args:   "eks-hybrid:///us-east-1/cluster/mi-0123456789abcdef0",
			want:   "",
		},
		"OtherCloud": {
			reason: "A node of another cloud is not an EC2 instance.",
			args:   "gce://project/us-east1-b/i-1",
			want:   "",
		},
		"Trailing": {
			reason: "An id with a suffix is invalid.",
			args:   "aws:///us-east-1a/i-0123456789abcdef0/x",
			want:   "",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, eni.InstanceID(tc.args)); diff != "" {
				t.Errorf("\n%s\nInstanceID(%q): -want, +got:\n%s", tc.reason, tc.args, diff)
			}
		})
	}
}

func ExampleInstanceID() {
	fmt.Println(eni.InstanceID("aws:///us-east-1a/i-0123456789abcdef0"))
	// Output: i-0123456789abcdef0
}

func TestRegion(t *testing.T) {
	type args struct {
		ProviderID string
		Labels     map[string]string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   string
	}{
		"Zone":       {reason: "A zone's name begins with its region.", args: args{ProviderID: "aws:///us-east-1a/i-1"}, want: "us-east-1"},
		"Host":       {reason: "The zone may be the host.", args: args{ProviderID: "aws://eu-central-1b/i-1"}, want: "eu-central-1"},
		"GovCloud":   {reason: "A region of another partition has more parts.", args: args{ProviderID: "aws:///us-gov-west-1a/i-1"}, want: "us-gov-west-1"},
		"LocalZone":  {reason: "A Local Zone's name begins with its region.", args: args{ProviderID: "aws:///us-west-2-lax-1a/i-1"}, want: "us-west-2"},
		"Wavelength": {reason: "A Wavelength Zone's name begins with its region.", args: args{ProviderID: "aws:///us-east-1-wl1-bos-wlz-1/i-1"}, want: "us-east-1"},
		"TwoDigits":  {reason: "A region's number may have two digits.", args: args{ProviderID: "aws:///xx-east-12a/i-1"}, want: "xx-east-12"},
		"Label": {
			reason: "Without a zone in the providerID, the region label is used.",
			args:   args{ProviderID: "aws:///i-1", Labels: map[string]string{"topology.kubernetes.io/region": "eu-west-3", "topology.kubernetes.io/zone": "eu-west-1a"}}, want: "eu-west-3",
		},
		"ZoneLabel": {
			reason: "Without a region label, the zone label is used.",
			args:   args{ProviderID: "aws:///i-1", Labels: map[string]string{"topology.kubernetes.io/zone": "eu-west-1a"}}, want: "eu-west-1",
		},
		"NotEC2": {
			reason: "A node that is not an EC2 instance has no AWS region.",
			args:   args{ProviderID: "gce://p/us-east1-b/x", Labels: map[string]string{"topology.kubernetes.io/region": "us-east-1"}},
		},
		"Unknown": {reason: "The region may be unknown.", args: args{ProviderID: "aws:///i-1"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, eni.Region(tc.args.ProviderID, tc.args.Labels)); diff != "" {
				t.Errorf("\n%s\nRegion(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
