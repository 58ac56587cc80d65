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
	// left is an ENI that nothing speaks for.
	left := func(change ...func(u *eni.Interface)) eni.Interface {
		u := eni.Interface{ID: "eni-1", Tags: map[string]string{eni.TagUID: "gone", eni.TagCreatedAt: ago(time.Hour)}}
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
		"Nothing":    {reason: "Without ENIs there is no garbage."},
		"LeftBehind": {reason: "An ENI of ours that is free, old, and of no object was left behind.", enis: []eni.Interface{left()}, want: []string{"eni-1"}},
		"Live":       {reason: "An ENI whose object exists is not garbage.", enis: []eni.Interface{left(tag(eni.TagUID, "here"))}},
		"Named":      {reason: "An ENI that an object names is that object's, whatever its mark.", enis: []eni.Interface{left(func(u *eni.Interface) { u.ID = "eni-named" })}},
		"NotOurs":    {reason: "An ENI without the mark of an object was not made by us.", enis: []eni.Interface{left(without(eni.TagUID))}},
		"EmptyMark":  {reason: "An empty mark names no object.", enis: []eni.Interface{left(tag(eni.TagUID, ""))}},
		"Attached": {
			reason: "An ENI of no object is reported where it is attached, too.",
			enis: []eni.Interface{left(func(u *eni.Interface) {
				u.Attachment = &eni.Attachment{ID: "eni-attach-1", InstanceID: "i-1", DeviceIndex: 1}
			})},
			want: []string{"eni-1"},
		},
		"Primary": {
			reason: "The primary ENI of an instance is never of an object.",
			enis: []eni.Interface{left(func(u *eni.Interface) {
				u.Attachment = &eni.Attachment{ID: "eni-attach-1", InstanceID: "i-1"}
			})},
		},
		"Service":     {reason: "An ENI of an AWS service is not ours.", enis: []eni.Interface{left(func(u *eni.Interface) { u.RequesterManaged = true })}},
		"Kept":        {reason: "An ENI that is to be kept is kept, for whatever reason.", enis: []eni.Interface{left(tag(eni.TagKeep, "true"))}},
		"Young":       {reason: "An ENI younger than ten minutes may be of an object that is not shown yet.", enis: []eni.Interface{left(tag(eni.TagCreatedAt, ago(10*time.Minute-time.Second)))}},
		"OldEnough":   {reason: "At ten minutes an object would be shown.", enis: []eni.Interface{left(tag(eni.TagCreatedAt, ago(10*time.Minute)))}, want: []string{"eni-1"}},
		"AgeUnknown":  {reason: "An ENI of unknown age may be young.", enis: []eni.Interface{left(without(eni.TagCreatedAt))}},
		"AgeNonsense": {reason: "An age that cannot be read is not known.", enis: []eni.Interface{left(tag(eni.TagCreatedAt, "yesterday"))}},
		"OfTheFuture": {reason: "An ENI that was made in the future, by a clock that is wrong, is young.", enis: []eni.Interface{left(tag(eni.TagCreatedAt, ago(-time.Hour)))}},
		"Sorted": {
			reason: "Garbage is sorted, whatever order EC2 answers in.",
			enis:   []eni.Interface{left(func(u *eni.Interface) { u.ID = "eni-2" }), left(), left(tag(eni.TagUID, "here"))},
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
		"FromNothing": {reason: "Where there was nothing, nothing is missing.", now: 0, before: 0},
		"Grown":       {reason: "More than before is not suspicious.", now: 11, before: 10},
		"Same":        {reason: "As many as before is not suspicious.", now: 10, before: 10},
		"Half":        {reason: "Half of them may have been deleted.", now: 5, before: 10},
		"LessThan":    {reason: "Fewer than half is not believed.", now: 4, before: 10, want: true},
		"None":        {reason: "None at all is not believed.", now: 0, before: 1, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, eni.Shrunk(tc.now, tc.before)); diff != "" {
				t.Errorf("\n%s\nShrunk(%d, %d): -want, +got:\n%s", tc.reason, tc.now, tc.before, diff)
			}
		})
	}
}
