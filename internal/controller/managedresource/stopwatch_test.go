package managedresource

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStopwatch(t *testing.T) {
	type read struct {
		after      time.Duration // since the read before
		key, value string
		want       time.Duration
	}
	cases := map[string]struct {
		reason string
		reads  []read
	}{
		"First":     {reason: "A value that is read for the first time has just begun, whatever it says.", reads: []read{{key: "a", value: "2001-01-01T00:00:00Z"}}},
		"Unchanged": {reason: "A value that stays the same is unchanged since it was first read.", reads: []read{{key: "a", value: "1"}, {after: time.Minute, key: "a", value: "1", want: time.Minute}, {after: time.Minute, key: "a", value: "1", want: 2 * time.Minute}}},
		"Changed":   {reason: "Another value begins again.", reads: []read{{key: "a", value: "1"}, {after: time.Minute, key: "a", value: "2"}, {after: time.Minute, key: "a", value: "2", want: time.Minute}}},
		"Back":      {reason: "So does a value that was read before: a clock may have been set back.", reads: []read{{key: "a", value: "1"}, {after: time.Minute, key: "a", value: "2"}, {after: time.Minute, key: "a", value: "1"}}},
		"Keys":      {reason: "Keys are independent of each other.", reads: []read{{key: "a", value: "1"}, {after: time.Minute, key: "b", value: "1"}, {after: time.Minute, key: "a", value: "1", want: 2 * time.Minute}}},
		"Long":      {reason: "A value that is read all the time is never forgotten.", reads: []read{{key: "a", value: "1"}, {after: 23 * time.Hour, key: "a", value: "1", want: 23 * time.Hour}, {after: 23 * time.Hour, key: "a", value: "1", want: 46 * time.Hour}}},
		"Forgotten": {reason: "A value that is no longer read is forgotten, and then begins again.", reads: []read{{key: "a", value: "1"}, {after: 25 * time.Hour, key: "b", value: "1"}, {after: time.Minute, key: "a", value: "1"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
			s := NewStopwatch(func() time.Time { return now })
			for _, r := range tc.reads {
				now = now.Add(r.after)
				if diff := cmp.Diff(r.want, s.Unchanged(r.key, r.value)); diff != "" {
					t.Errorf("\n%s\nUnchanged(%q, %q): -want, +got:\n%s", tc.reason, r.key, r.value, diff)
				}
			}
		})
	}
}

// TestStopwatchIsMonotonic checks that measurements keep the monotonic reading of
// the clock: without it a clock that is set forward ends every wait.
func TestStopwatchIsMonotonic(t *testing.T) {
	s := NewStopwatch(time.Now)
	s.Unchanged("a", "1")
	if began := s.byKey["a"].began.String(); !strings.Contains(began, " m=") {
		t.Error("\nA measurement begins at a monotonic reading of the clock.")
	}
}
