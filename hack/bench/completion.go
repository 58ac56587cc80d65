// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"time"
)

// firstNodeWithin is the target of the first complete node.
const firstNodeWithin = 3 * time.Second

// completionTargets are the percentages of nodes that have all their ENIs, by the percentage of the
// rollout's time.
func completionTargets() [][2]int { return [][2]int{{25, 20}, {50, 45}, {75, 70}} }

// completed returns the times after the start at which nodes had a number of ENIs, sorted.
func completed(times map[string][]time.Time, start time.Time, enisPerNode int) []time.Duration {
	var out []time.Duration
	for _, ts := range times {
		if len(ts) >= enisPerNode {
			out = append(out, ts[enisPerNode-1].Sub(start))
		}
	}
	slices.Sort(out)
	return out
}

// shareComplete returns the percentage of the nodes that are complete at a percentage of the time until
// the last one is.
func shareComplete(completed []time.Duration, percent int) float64 {
	if len(completed) == 0 {
		return 0
	}
	at := completed[len(completed)-1] * time.Duration(percent) / 100
	n, _ := slices.BinarySearch(completed, at+1)
	return 100 * float64(n) / float64(len(completed))
}

// completionRows returns the rows of the order in which a rollout completes nodes. A short rollout, in
// which most calls need no wait, is not evaluated.
func completionRows(s *stage, o *rolloutResult) []row {
	evaluated := slowest(s.rolloutCalls(), s.o.shareOfBounds()).least >= evaluatedFrom
	var rows []row
	for _, t := range completionTargets() {
		v := shareComplete(o.completed, t[0])
		r := row{
			What:   fmt.Sprintf("nodes with all their ENIs at %d %% of the rollout", t[0]),
			Target: fmt.Sprintf("≥ %d %%", t[1]), Measured: fmt.Sprintf("%.0f %%", v), Bound: fmt.Sprintf("%d %%", t[0]), Value: &v, Unit: "%", OK: met,
		}
		switch {
		case !evaluated:
			r.OK = notEvaluated
		case v < float64(t[1]):
			r.OK = missed
		}
		rows = append(rows, r)
	}
	if len(o.completed) == 0 {
		return rows
	}
	first := o.completed[0].Seconds()
	return append(rows, row{
		What: "first node with all its ENIs", Target: "≤ " + seconds(firstNodeWithin), Measured: seconds(o.completed[0]), Bound: string(notEvaluated),
		OK: evaluate(first, firstNodeWithin.Seconds()), Value: &first, Unit: "s",
	})
}
