// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestGarbage(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ago := func(d time.Duration) string { return now.Add(-d).Format(time.RFC3339) }
	// leaked returns a leaked ENI.
	leaked := func(change ...func(u *eni.Interface)) eni.Interface {
		u := eni.Interface{ID: "eni-1", Tags: map[string]string{eni.TagUID: "deleted", eni.TagCreatedAt: ago(time.Hour)}}
		for _, fn := range change {
			fn(&u)
		}
		return u
	}
	tag := func(key, value string) func(u *eni.Interface) {
		return func(u *eni.Interface) { u.Tags[key] = value }
	}
	without := func(key string) func(u *eni.Interface) {
		return func(u *eni.Interface) { delete(u.Tags, key) }
	}
	cases := map[string]struct {
		reason string
		enis   []eni.Interface
		want   []string
	}{
		"Nothing":    {reason: "Without ENIs there are no leaks."},
		"LeftBehind": {reason: "An old unattached ENI with the ownership tag of a deleted object is leaked.", enis: []eni.Interface{leaked()}, want: []string{"eni-1"}},
		"Live":       {reason: "An ENI whose object exists is not leaked.", enis: []eni.Interface{leaked(tag(eni.TagUID, "here"))}},
		"Named":      {reason: "An ENI that is an object's external name is not leaked, whatever its ownership tag.", enis: []eni.Interface{leaked(func(u *eni.Interface) { u.ID = "eni-named" })}},
		"NotOurs":    {reason: "An ENI without an ownership tag was not created by this provider.", enis: []eni.Interface{leaked(without(eni.TagUID))}},
		"EmptyMark":  {reason: "An empty ownership tag refers to no object.", enis: []eni.Interface{leaked(tag(eni.TagUID, ""))}},
		"Attached": {
			reason: "An attached ENI is reported, too.",
			enis: []eni.Interface{leaked(func(u *eni.Interface) {
				u.Attachment = &eni.Attachment{ID: "eni-attach-1", InstanceID: "i-1", DeviceIndex: 1}
			})},
			want: []string{"eni-1"},
		},
		"Primary": {
			reason: "The primary ENI of an instance is never reported.",
			enis: []eni.Interface{leaked(func(u *eni.Interface) {
				u.Attachment = &eni.Attachment{ID: "eni-attach-1", InstanceID: "i-1"}
			})},
		},
		"Service":     {reason: "An ENI of an AWS service is not reported.", enis: []eni.Interface{leaked(func(u *eni.Interface) { u.RequesterManaged = true })}},
		"Kept":        {reason: "An ENI with the keep tag is not reported.", enis: []eni.Interface{leaked(tag(eni.TagKeep, "true"))}},
		"Young":       {reason: "The object of an ENI younger than ten minutes may not be in the cache yet.", enis: []eni.Interface{leaked(tag(eni.TagCreatedAt, ago(10*time.Minute-time.Second)))}},
		"OldEnough":   {reason: "An ENI of ten minutes is old enough.", enis: []eni.Interface{leaked(tag(eni.TagCreatedAt, ago(10*time.Minute)))}, want: []string{"eni-1"}},
		"AgeUnknown":  {reason: "An ENI of unknown age may be young.", enis: []eni.Interface{leaked(without(eni.TagCreatedAt))}},
		"AgeNonsense": {reason: "An ENI with an invalid creation time has an unknown age.", enis: []eni.Interface{leaked(tag(eni.TagCreatedAt, "yesterday"))}},
		"OfTheFuture": {reason: "An ENI with a creation time in the future, due to clock skew, is young.", enis: []eni.Interface{leaked(tag(eni.TagCreatedAt, ago(-time.Hour)))}},
		"Sorted": {
			reason: "The result is sorted, whatever the order of EC2's response.",
			enis:   []eni.Interface{leaked(func(u *eni.Interface) { u.ID = "eni-2" }), leaked(), leaked(tag(eni.TagUID, "here"))},
			want:   []string{"eni-1", "eni-2"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := eni.Garbage(tc.enis, eni.Live{UIDs: map[string]bool{"here": true}, IDs: map[string]bool{"eni-named": true}}, now)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nGarbage(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestShrunk(t *testing.T) {
	cases := map[string]struct {
		reason      string
		now, before int
		want        bool
	}{
		"FromNothing": {reason: "Without previous objects nothing is missing.", now: 0, before: 0},
		"Grown":       {reason: "An increase is plausible.", now: 11, before: 10},
		"Same":        {reason: "An unchanged number is plausible.", now: 10, before: 10},
		"Half":        {reason: "A decrease by half is plausible.", now: 5, before: 10},
		"LessThan":    {reason: "A decrease by more than half is implausible.", now: 4, before: 10, want: true},
		"None":        {reason: "A decrease to none is implausible.", now: 0, before: 1, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, eni.Shrunk(tc.now, tc.before)); diff != "" {
				t.Errorf("\n%s\nShrunk(%d, %d): -want, +got:\n%s", tc.reason, tc.now, tc.before, diff)
			}
		})
	}
}
