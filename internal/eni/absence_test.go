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
		"First":       {reason: "One answer proves nothing.", sample: eni.Sample{Asked: 10, Returned: 9}, want: eni.FateDoubtful},
		"AMinute":     {reason: "Two answers must be more than the period apart.", apart: time.Minute, sample: eni.Sample{Asked: 10, Returned: 9}, want: eni.FateDoubtful},
		"Deleted":     {reason: "One that is missing among others that are returned is deleted.", apart: long, sample: eni.Sample{Asked: 10, Returned: 9}, want: eni.FateDeleted},
		"Found":       {reason: "One that a later answer contains is present.", apart: long, sample: eni.Sample{Asked: 10, Returned: 10, Found: true}, want: eni.FatePresent},
		"FoundOnly":   {reason: "So is the only object of the cluster.", apart: long, sample: eni.Sample{Asked: 1, Returned: 1, Found: true, Witnessed: true}, want: eni.FatePresent},
		"Fifth":       {reason: "A fifth of the known objects may be deleted at once.", apart: long, sample: eni.Sample{Asked: 10, Returned: 8}, want: eni.FateDeleted},
		"Outage":      {reason: "More than a fifth are an outage.", apart: long, sample: eni.Sample{Asked: 10, Returned: 7}, want: eni.FateOutage},
		"All":         {reason: "When all are missing it is an outage.", apart: long, sample: eni.Sample{Asked: 50}, want: eni.FateOutage},
		"OneOfTwo":    {reason: "One alone is no outage, whatever its share.", apart: long, sample: eni.Sample{Asked: 2, Returned: 1}, want: eni.FateDeleted},
		"TwoOfTwo":    {reason: "Two of two are an outage.", apart: long, sample: eni.Sample{Asked: 2}, want: eni.FateOutage},
		"Only":        {reason: "The only object needs another witness.", apart: long, sample: eni.Sample{Asked: 1}, want: eni.FateUnwitnessed},
		"OnlyWitness": {reason: "The subnet is a witness for the only object.", apart: long, sample: eni.Sample{Asked: 1, Witnessed: true}, want: eni.FateDeleted},
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
		t.Errorf("\nAn error of EC2 leaves the absence in doubt: got %s, %v", got, err)
	}
}
