// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestTags(t *testing.T) {
	owner := eni.Owner{UID: "uid", Namespace: "ns", Name: "eni", Kind: "networkinterface.ec2.networking.k8s.aws", ProviderConfig: "default"}
	own := func(change map[string]string) map[string]string {
		tags := map[string]string{
			"Name":                             "eni",
			"node.k8s.amazonaws.com/no_manage": "true",
			"crossplane-kind":                  "networkinterface.ec2.networking.k8s.aws",
			"crossplane-name":                  "eni",
			"crossplane-providerconfig":        "default",
			"networking.k8s.aws/mr-uid":        "uid",
			"networking.k8s.aws/mr":            "ns/eni",
		}
		maps.Copy(tags, change)
		return tags
	}

	type args struct {
		owner eni.Owner
		user  map[string]string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   map[string]string
	}{
		"Own": {
			reason: "An ENI has ownership tags and the no_manage tag.",
			args:   args{owner: owner},
			want:   own(nil),
		},
		"User": {
			reason: "The user's tags override the provider's other tags.",
			args:   args{owner: owner, user: map[string]string{"team": "net", "Name": "mine", "node.k8s.amazonaws.com/no_manage": "false"}},
			want:   own(map[string]string{"team": "net", "Name": "mine", "node.k8s.amazonaws.com/no_manage": "false"}),
		},
		"Ownership": {
			reason: "The ownership tags override the user's tags.",
			args:   args{owner: owner, user: map[string]string{eni.TagUID: "other", eni.TagObject: "other"}},
			want:   own(nil),
		},
		"NodeENI": {
			reason: "An ENI of a NodeENI has the tags of NodeENI, node and slot.",
			args: args{owner: eni.Owner{
				UID: "uid", Namespace: "ns", Name: "eni", Kind: owner.Kind, ProviderConfig: "default",
				Cluster: "c", NodeENI: "data", Node: "n1", Slot: "subnet-1",
			}},
			want: own(map[string]string{
				eni.TagCluster: "c", eni.TagNodeENI: "data", eni.TagNode: "n1", eni.TagSlot: "subnet-1",
			}),
		},
		"LongValue": {
			reason: "A value is truncated to EC2's limit of 256 characters.",
			args:   args{owner: owner, user: map[string]string{"k": strings.Repeat("v", 300)}},
			want:   own(map[string]string{"k": strings.Repeat("v", 256)}),
		},
		"LongValueOfWideCharacters": {
			reason: "EC2 counts characters, not bytes: a value of 256 multibyte characters is not truncated.",
			args:   args{owner: owner, user: map[string]string{"k": strings.Repeat("ü", 256), "l": strings.Repeat("ü", 257)}},
			want:   own(map[string]string{"k": strings.Repeat("ü", 256), "l": strings.Repeat("ü", 256)}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := tc.args.owner.Tags(tc.args.user)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nTags(...): -want, +got:\n%s", tc.reason, diff)
			}
			for k, v := range got {
				if !utf8.ValidString(v) {
					t.Errorf("\n%s\nTags(...): value of %q is not UTF-8: %q", tc.reason, k, v)
				}
			}
		})
	}
}

func TestCreationTags(t *testing.T) {
	owner := eni.Owner{UID: "uid", Namespace: "ns", Name: "eni"}
	at := time.Date(2030, 1, 2, 5, 4, 5, 6, time.FixedZone("east", 2*60*60))

	want := owner.Tags(map[string]string{"a": "b"})
	want[eni.TagCreatedAt] = "2030-01-02T03:04:05Z"
	if diff := cmp.Diff(want, owner.CreationTags(map[string]string{"a": "b"}, at)); diff != "" {
		t.Errorf("\nA new ENI has its creation time, in UTC.\nCreationTags(...): -want, +got:\n%s", diff)
	}
}

func TestClientToken(t *testing.T) {
	type args struct {
		uid, externalName, attempt string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   bool // the token of the first create of "uid"
	}{
		"Repeated":       {reason: "A retried create has the same token.", args: args{"uid", "", ""}, want: true},
		"OtherObject":    {reason: "Another object has another token.", args: args{"other", "", ""}, want: false},
		"CreatedAgain":   {reason: "An ENI that was deleted outside the controller is created again.", args: args{"uid", "eni-1", ""}, want: false},
		"OtherParameter": {reason: "A create with other parameters has another token.", args: args{"uid", "", "changed"}, want: false},
		"Shifted":        {reason: "The inputs of a token are delimited.", args: args{"ui", "d", ""}, want: false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := eni.ClientToken(tc.args.uid, tc.args.externalName, tc.args.attempt)
			if diff := cmp.Diff(tc.want, got == eni.ClientToken("uid", "", "")); diff != "" {
				t.Errorf("\n%s\nClientToken(...) equals the token of the first create: -want, +got:\n%s", tc.reason, diff)
			}
			if len(got) > 64 {
				t.Errorf("\n%s\nClientToken(...): %d characters, EC2 takes at most 64", tc.reason, len(got))
			}
		})
	}
}

func TestDiffTags(t *testing.T) {
	type args struct {
		want, have map[string]string
		managed    []string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   eni.TagChange
	}{
		"Same": {
			reason: "Tags that match are not changed.",
			args:   args{want: map[string]string{"a": "1"}, have: map[string]string{"a": "1"}, managed: []string{"a"}},
		},
		"Added": {
			reason: "A missing tag is set, even with an empty value.",
			args:   args{want: map[string]string{"a": "1", "b": ""}, have: map[string]string{}},
			want:   eni.TagChange{Set: map[string]string{"a": "1", "b": ""}},
		},
		"Changed": {
			reason: "Only the tag that differs is set.",
			args:   args{want: map[string]string{"a": "1", "b": "2"}, have: map[string]string{"a": "0", "b": "2"}},
			want:   eni.TagChange{Set: map[string]string{"a": "1"}},
		},
		"OfOthers": {
			reason: "An unmanaged tag is not changed.",
			args:   args{have: map[string]string{"cost-center": "7"}},
		},
		"Removed": {
			reason: "A managed tag that is no longer desired is removed.",
			args:   args{have: map[string]string{"a": "1"}, managed: []string{"a"}},
			want:   eni.TagChange{Remove: []string{"a"}},
		},
		"RemovedAlready": {
			reason: "A managed tag that is already absent is not removed.",
			args:   args{have: map[string]string{}, managed: []string{"a"}},
		},
		"CreatedAt": {
			reason: "The creation time is not removed.",
			args:   args{have: map[string]string{eni.TagCreatedAt: "2030-01-02T03:04:05Z"}, managed: []string{eni.TagCreatedAt}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := eni.DiffTags(tc.args.want, tc.args.have, tc.args.managed)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nDiffTags(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(len(tc.want.Set)+len(tc.want.Remove) == 0, got.Empty()); diff != "" {
				t.Errorf("\n%s\nEmpty(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
