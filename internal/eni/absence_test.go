// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestDecideAbsence(t *testing.T) {
	first := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	long := time.Minute + time.Nanosecond
	cases := map[string]struct {
		reason string
		apart  time.Duration
		sample eni.Sample
		want   eni.Fate
	}{
		"First":       {reason: "A single response confirms nothing.", sample: eni.Sample{Asked: 10, Returned: 9}, want: eni.FateDoubtful},
		"AMinute":     {reason: "The two responses must be more than the period apart.", apart: time.Minute, sample: eni.Sample{Asked: 10, Returned: 9}, want: eni.FateDoubtful},
		"Deleted":     {reason: "A resource that is missing while others are returned is deleted.", apart: long, sample: eni.Sample{Asked: 10, Returned: 9}, want: eni.FateDeleted},
		"Found":       {reason: "A resource in a later response is present.", apart: long, sample: eni.Sample{Asked: 10, Returned: 10, Found: true}, want: eni.FatePresent},
		"FoundOnly":   {reason: "The only resource of the cluster in a later response is present.", apart: long, sample: eni.Sample{Asked: 1, Returned: 1, Found: true, Witnessed: true}, want: eni.FatePresent},
		"Fifth":       {reason: "A fifth of the known resources may be deleted at once.", apart: long, sample: eni.Sample{Asked: 10, Returned: 8}, want: eni.FateDeleted},
		"Outage":      {reason: "More than a fifth missing is an outage.", apart: long, sample: eni.Sample{Asked: 10, Returned: 7}, want: eni.FateOutage},
		"All":         {reason: "All resources missing is an outage.", apart: long, sample: eni.Sample{Asked: 50}, want: eni.FateOutage},
		"OneOfTwo":    {reason: "A single missing resource is not an outage, whatever its share.", apart: long, sample: eni.Sample{Asked: 2, Returned: 1}, want: eni.FateDeleted},
		"TwoOfTwo":    {reason: "Two of two missing is an outage.", apart: long, sample: eni.Sample{Asked: 2}, want: eni.FateOutage},
		"Only":        {reason: "The absence of the only resource is not confirmed without a related resource.", apart: long, sample: eni.Sample{Asked: 1}, want: eni.FateUnwitnessed},
		"OnlyWitness": {reason: "The subnet in the response confirms the deletion of the only resource.", apart: long, sample: eni.Sample{Asked: 1, Witnessed: true}, want: eni.FateDeleted},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := eni.DecideAbsence(first, first.Add(tc.apart), time.Minute, func() (eni.Sample, error) { return tc.sample, nil })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nDecideAbsence(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	boom := errors.New("boom")
	got, err := eni.DecideAbsence(first, first.Add(long), time.Minute, func() (eni.Sample, error) { return eni.Sample{Asked: 10, Returned: 9}, boom })
	if got != eni.FateDoubtful || !errors.Is(err, boom) {
		t.Errorf("\nAn EC2 error does not confirm the absence: got %s, %v", got, err)
	}
}
