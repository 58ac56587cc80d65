// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStopwatch(t *testing.T) {
	clock := time.Now()
	w := NewStopwatch(func() time.Time { return clock })
	steps := []struct {
		reason string
		after  time.Duration
		key    string
		value  string
		want   time.Duration
	}{
		{reason: "A value that is read for the first time is unchanged for 0 s, whatever its timestamp.", key: "a", value: "2000-01-01"},
		{reason: "The time counts from the first read.", after: time.Minute, key: "a", value: "2000-01-01", want: time.Minute},
		{reason: "Each key has its own time.", key: "b", value: "2000-01-01"},
		{reason: "A changed value starts again.", after: time.Minute, key: "a", value: "2000-01-02"},
		{reason: "A change back to an earlier value is a change too.", after: time.Minute, key: "a", value: "2000-01-01"},
		{reason: "A value that is read at least once a day is not forgotten.", after: 23 * time.Hour, key: "b", value: "2000-01-01", want: 23*time.Hour + 2*time.Minute},
		{reason: "A value that is not read for longer starts again.", after: 48 * time.Hour, key: "b", value: "2000-01-01"},
	}
	for _, s := range steps {
		clock = clock.Add(s.after)
		if diff := cmp.Diff(s.want, w.Unchanged(s.key, s.value)); diff != "" {
			t.Errorf("\n%s\nUnchanged(%q, %q): -want, +got:\n%s", s.reason, s.key, s.value, diff)
		}
	}
}
