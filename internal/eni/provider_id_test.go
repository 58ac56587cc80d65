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
			reason: "The cloud controller manager writes the zone before the instance.",
			args:   "aws:///us-east-1a/i-0123456789abcdef0",
			want:   "i-0123456789abcdef0",
		},
		"NoZone": {
			reason: "The zone may be left out.",
			args:   "aws:///i-0123456789abcdef0",
			want:   "i-0123456789abcdef0",
		},
		"Host": {
			reason: "Some write the zone as the host.",
			args:   "aws://us-east-1a/i-0123456789abcdef0",
			want:   "i-0123456789abcdef0",
		},
		"Empty": {
			reason: "A node that has no providerID yet has no instance.",
			args:   "",
			want:   "",
		},
		"Fargate": {
			reason: "A Fargate node is no instance.",
			args:   "aws:///us-east-1a/2d7a1b/fargate-ip-10-0-1-4.ec2.internal",
			want:   "",
		},
		"Hybrid": {
			reason: "A hybrid node is no instance, though its id looks like one.",
			args:   "eks-hybrid:///us-east-1/cluster/mi-0123456789abcdef0",
			want:   "",
		},
		"OtherCloud": {
			reason: "A node of another cloud is no instance.",
			args:   "gce://project/us-east1-b/i-1",
			want:   "",
		},
		"Trailing": {
			reason: "What is no id to the end is no id.",
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
