// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

type testMayAppear struct {
	reason string
	past   func(o metav1.Object)
	want   bool
}

func TestMayAppear(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	ago := func(s int) time.Time { return now.Add(-time.Duration(s) * time.Second) }
	cases := map[string]testMayAppear{
		"Never": {reason: "No create was attempted.", past: func(metav1.Object) {}},
		"CutShort": {
			reason: "The result of the create is unknown.", want: true,
			past: func(o metav1.Object) { meta.SetExternalCreatePending(o, ago(20)) },
		},
		"CutShortThenSucceeded": {
			reason: "A create that succeeded in the same second is the interrupted create, repeated.",
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(20))
				rememberUnanswered(o)
				meta.SetExternalCreatePending(o, ago(20))
				meta.SetExternalCreateSucceeded(o, ago(20))
			},
		},
		"CutShortThenFound": {
			reason: "EC2 returned the created ENI.",
			past:   func(o metav1.Object) { meta.SetExternalCreatePending(o, ago(20)); Answered(o, now) },
		},
		"Succeeded": {
			reason: "The create succeeded.",
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(20))
				meta.SetExternalCreateSucceeded(o, ago(18))
			},
		},
		"Failed": {
			reason: "EC2 rejected the create.",
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(20))
				meta.SetExternalCreateFailed(o, ago(18))
			},
		},
		"CutShortThenFailed": {
			reason: "A failed second create does not settle the first.", want: true,
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(20))
				rememberUnanswered(o)
				meta.SetExternalCreatePending(o, ago(10))
				meta.SetExternalCreateFailed(o, ago(8))
			},
		},
		"Unanswered": {
			reason: "The create failed without a response.", want: true,
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, ago(20))
				noteUnanswered(o, ago(18))
				meta.SetExternalCreateFailed(o, ago(18))
			},
		},
	}
	answered := cases["Unanswered"].past
	cases["UnansweredThenSucceeded"] = testMayAppear{
		reason: "The repeated create got a response.",
		past:   func(o metav1.Object) { answered(o); meta.SetExternalCreateSucceeded(o, ago(10)) },
	}
	cases["SucceededThenUnanswered"] = testMayAppear{
		reason: "Another create succeeded earlier, of an ENI that was deleted since.", want: true,
		past: func(o metav1.Object) { meta.SetExternalCreateSucceeded(o, ago(50)); answered(o) },
	}
	cases["UnansweredThenFound"] = testMayAppear{
		reason: "EC2 returned the ENI.",
		past:   func(o metav1.Object) { answered(o); Answered(o, now) },
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := &ec2v1alpha1.NetworkInterface{}
			tc.past(o)
			clock := now
			w := NewStopwatch(func() time.Time { return clock })
			if got := MayAppear(o, time.Minute, w); got != tc.want {
				t.Errorf("\n%s\nMayAppear(...): %t, want %t\n%v", tc.reason, got, tc.want, o.GetAnnotations())
			}
			clock = clock.Add(59 * time.Second)
			if got := MayAppear(o, time.Minute, w); got != tc.want {
				t.Errorf("\n%s\nMayAppear(...) after 59 s: %t, want %t\n%v", tc.reason, got, tc.want, o.GetAnnotations())
			}
			clock = clock.Add(time.Second)
			if MayAppear(o, time.Minute, w) {
				t.Errorf("\n%s\nAfter a minute EC2 would have returned it.\nMayAppear(...): true\n%v", tc.reason, o.GetAnnotations())
			}
		})
	}
}

// TestCreateClocks sets the timestamps of creates hours off, as if the clock had been set.
func TestCreateClocks(t *testing.T) {
	for _, wrong := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
		clock := time.Now()
		w := NewStopwatch(func() time.Time { return clock })
		o := &ec2v1alpha1.NetworkInterface{}
		meta.SetExternalCreatePending(o, clock.Add(wrong))
		interrupted := MayAppear(o, time.Minute, w)
		meta.SetExternalCreateSucceeded(o, clock.Add(wrong+time.Second))
		created := CreatedWithin(o, time.Minute, w)
		clock = clock.Add(time.Minute)
		if !interrupted || !created || CreatedWithin(o, time.Minute, w) {
			t.Errorf("\nThe age of a create counts from its first observation, whatever its timestamp.\ntimestamp off by %s: %t, %t, %t", wrong, interrupted, created, CreatedWithin(o, time.Minute, w))
		}
	}
}

func TestUnanswered(t *testing.T) {
	cases := map[string]struct {
		reason string
		past   func(o metav1.Object)
	}{
		"Noted":    {reason: "EC2 may not return the ENI yet.", past: func(o metav1.Object) { noteUnanswered(o, time.Now().Add(-20*time.Second)) }},
		"NotNoted": {reason: "The time of the create is unknown.", past: func(metav1.Object) {}},
		"CutShort": {
			reason: "The create in progress does not replace the first.",
			past: func(o metav1.Object) {
				meta.SetExternalCreatePending(o, time.Now().Add(-70*time.Second))
				rememberUnanswered(o)
				meta.SetExternalCreatePending(o, time.Now())
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			clock := time.Now()
			w := NewStopwatch(func() time.Time { return clock })
			o := &ec2v1alpha1.NetworkInterface{}
			tc.past(o)
			first := Unanswered(o, time.Minute, clock, w)
			clock = clock.Add(30 * time.Second)
			second := Unanswered(o, time.Minute, clock, w)
			clock = clock.Add(30 * time.Second)
			if third := Unanswered(o, time.Minute, clock, w); !first || !second || third {
				t.Errorf("\n%s\nUnanswered(...), half a minute apart: %t, %t, %t, want it for a minute\n%v", tc.reason, first, second, third, o.GetAnnotations())
			}
		})
	}
}
