// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	got := table([]string{"what", "ok"}, [][]string{{"a|b", "yes"}, {"≤ 5\nÅ", "no"}})
	want := strings.Join([]string{
		`| what  | ok  |`,
		`|-------|-----|`,
		`| a\|b  | yes |`,
		`| ≤ 5 Å | no  |`,
		``,
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\nColumns are aligned, and cells are escaped.\ntable(...): -want, +got:\n%s", diff)
	}
}

func TestTimed(t *testing.T) {
	type want struct {
		Measured, Bound string
		OK              status
	}
	const delay = time.Second
	cases := map[string]struct {
		reason string
		took   time.Duration
		n      int
		want   want
	}{
		"Within": {
			reason: "A time within five percent of the bound meets the target.",
			took:   410 * time.Second, n: 1000,
			want: want{Measured: "410.0 s = 1.05 ×", Bound: "391.0 s at share 0.5 (AttachNetworkInterface), 191.0 s at EC2's whole bucket", OK: met},
		},
		"Beyond": {
			reason: "A longer time misses the target.",
			took:   411 * time.Second, n: 1000,
			want: want{Measured: "411.0 s = 1.05 ×", Bound: "391.0 s at share 0.5 (AttachNetworkInterface), 191.0 s at EC2's whole bucket", OK: missed},
		},
		"TooFew": {
			reason: "A few ENIs that fit into the buckets are not evaluated.",
			took:   5 * time.Second, n: 25,
			want: want{Measured: "5.0 s", Bound: "1.0 s at share 0.5 (AttachNetworkInterface), 1.0 s at EC2's whole bucket, too short to evaluate", OK: notEvaluated},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := timed("x", tc.took, map[string]int{actionAttach: tc.n}, 0.5, delay)
			if diff := cmp.Diff(tc.want, want{Measured: r.Measured, Bound: r.Bound, OK: r.OK}); diff != "" {
				t.Errorf("\n%s\ntimed(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestExactly(t *testing.T) {
	cases := map[string]struct {
		reason string
		n      count
		want   status
	}{
		"Once":      {reason: "One call per ENI meets the target.", n: count{Total: 200}, want: met},
		"Throttled": {reason: "A few throttled calls are allowed.", n: count{Total: 202, Throttled: 2}, want: met},
		"Storm":     {reason: "Many throttled calls miss the target.", n: count{Total: 210, Throttled: 10}, want: missed},
		"Twice":     {reason: "A repeated successful call misses the target.", n: count{Total: 201}, want: missed},
		"Failed":    {reason: "A failed call that is repeated misses the target.", n: count{Total: 201, Failed: 1}, want: missed},
		"Missing":   {reason: "A missing call misses the target.", n: count{Total: 199}, want: missed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := exactly(tc.n.Total-tc.n.Throttled, 200, tc.n); got != tc.want {
				t.Errorf("\n%s\nexactly(...): %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

func TestReport(t *testing.T) {
	v := 1.5
	r := &report{
		Nodes: 1, ENIs: 2, Share: 0.5,
		Rows: []row{
			{What: "good", Target: "1", Measured: "1", Bound: "1", OK: met},
			{What: "bad", Target: "1", Measured: "1.5", Bound: "1", OK: missed, Value: &v, Unit: "s"},
		},
		Calls:  []phaseCalls{{Phase: "rest", Calls: calls{"DescribeSubnets": {Total: 3, Throttled: 1}}}},
		Writes: []phaseWrites{{Phase: "rest", Writes: []writeLine{{write: write{Who: whoProvider, Verb: "create", Resource: "events", Rejected: true}, Count: 4}}}},
	}
	text := r.markdown()
	for _, want := range []string{
		"# 2 ENIs on 1 node, EC2 share 0.5\n",
		"| bad  | 1      | 1.5      | 1     | **no** |\n",
		"| rest  | DescribeSubnets | 3     | 1.50    | 1         | 0            |\n",
		"| rest  | provider | create | events   | rejected | 4      | 2.00    |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("\nThe report contains all measurements.\nmarkdown(): no %q in\n%s", want, text)
		}
	}
	if !r.missed() {
		t.Error("\nOne missed row suffices.\nmissed(): false")
	}
	path := filepath.Join(t.TempDir(), "report.json")
	if err := r.writeJSON(path); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	back := &report{}
	if err := json.Unmarshal(raw, back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back, cmp.AllowUnexported(writeLine{})); diff != "" {
		t.Errorf("\nThe JSON contains the whole report.\nwriteJSON(...): -want, +got:\n%s", diff)
	}
}
