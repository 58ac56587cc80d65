// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Targets, in the unit of their row.
const (
	slack          = 1.05 // over the minimum time at EC2's rates
	evaluatedFrom  = time.Minute
	throttledShare = 0.01
	steadyCalls    = 12.0  // each minute, at 10,000 ENIs
	rolloutWrites  = 16.0  // per ENI
	releaseWrites  = 12.0  // per ENI
	providerMemory = 400.0 // MiB, at 10,000 ENIs
)

const (
	notInThisMode     = "not measured in this mode"
	whatRolloutWrites = "API server writes per ENI, NodeENI to Ready"
	whatReleaseWrites = "API server writes per ENI, release"
)

// newReport returns the report of the measurements.
func newReport(s *stage, r *results) *report {
	out := &report{Nodes: s.o.nodes, ENIs: s.o.enis(), Share: s.o.shareOfBounds(), Fill: s.o.fill}
	add := func(name string, p phase) {
		out.Calls = append(out.Calls, phaseCalls{Phase: name, Calls: p.calls})
		out.Writes = append(out.Writes, phaseWrites{Phase: name, Writes: lines(p.writes)})
	}
	if r.rollout != nil {
		add("rollout", r.rollout.phase)
	}
	add("restart", r.restart.phase)
	add("steady state", r.steady.phase)
	if r.release != nil {
		add("release", r.release.phase)
	}
	out.Rows = slices.Concat(lifeRows(s, r), rolloutRows(s, r), steadyRows(r), restartRows(s, r), memoryRows(r), releaseRows(s, r), changeRows(r), agentRows(r.agent))
	return out
}

// lifeRows returns the rows of mutating EC2 calls per ENI.
func lifeRows(s *stage, r *results) []row {
	want := map[string]int{actionCreate: 1, actionAttach: 1, actionModify: 0, actionDetach: 1, actionDelete: 1}
	if s.o.terminate {
		want[actionModify] = 1
	}
	var rows []row
	for _, a := range []string{actionCreate, actionAttach, actionModify, actionDetach, actionDelete} {
		what, target := a+" calls per ENI, create to delete", fmt.Sprint(want[a])
		if r.life == nil {
			rows = append(rows, skipped(what, target, notInThisMode))
			continue
		}
		n := r.life.calls[a]
		v := float64(n.Total) / float64(s.o.enis())
		rows = append(rows, row{
			What: what, Target: target, Measured: fmt.Sprintf("%.3f (%d, %d throttled, %d failed)", v, n.Total, n.Throttled, n.Failed),
			Bound: target, OK: exactly(n.Total-n.Throttled, want[a]*s.o.enis(), n), Value: &v, Unit: "calls per ENI",
		})
	}
	if r.life == nil {
		return append(rows, skipped("other mutating EC2 calls per ENI", "0", notInThisMode))
	}
	others := 0
	for a, n := range r.life.calls {
		if _, ok := want[a]; n.Mutating && !ok {
			others += n.Total
		}
	}
	v := float64(others) / float64(s.o.enis())
	return append(rows, row{What: "other mutating EC2 calls per ENI", Target: "0", Measured: fmt.Sprintf("%.3f (%d)", v, others), Bound: "0", OK: evaluate(v, 0), Value: &v, Unit: "calls per ENI"})
}

// exactly evaluates a number of calls that were not throttled. Throttled calls are
// retried, and evaluated against their allowed share.
func exactly(got, want int, n count) status {
	if got == want && float64(n.Throttled) <= throttledShare*float64(max(n.Total, 1)) {
		return met
	}
	return missed
}

// timed evaluates a time against EC2's bound at the provider's share. If the
// bound is short, the seconds for one ENI exceed the slack: it is not evaluated.
func timed(what string, took time.Duration, calls map[string]int, share float64, delay time.Duration) row {
	b, whole := slowest(calls, share), slowest(calls, 1)
	v := took.Seconds()
	limit := b.least + delay
	r := row{
		What: what, Target: fmt.Sprintf("≤ %.2f × bound", slack), Measured: seconds(took), Value: &v, Unit: "s",
		Bound: fmt.Sprintf("%s at share %s (%s), %s at EC2's whole bucket", seconds(limit), formatShare(share), b.action, seconds(whole.least+delay)),
		OK:    evaluate(v, slack*limit.Seconds()),
	}
	if b.least > 0 {
		r.Measured += fmt.Sprintf(" = %.2f ×", v/limit.Seconds())
	}
	if limit < evaluatedFrom {
		r.Bound += ", too short to evaluate"
		r.OK = notEvaluated
	}
	return r
}

func rolloutRows(s *stage, r *results) []row {
	what := fmt.Sprintf("time to attach %s", plural(s.o.enis(), "ENI"))
	if r.rollout == nil {
		return []row{
			skipped(what, fmt.Sprintf("≤ %.2f × bound", slack), notInThisMode),
			skipped("throttled EC2 calls in the rollout", "< 1 %", notInThisMode),
			skipped(whatRolloutWrites, "≤ 16", notInThisMode),
		}
	}
	o := r.rollout
	all := o.calls.sum(false)
	v := float64(all.Throttled) / float64(max(all.Total, 1))
	throttled := row{
		What: "throttled EC2 calls in the rollout", Target: "< 1 %", Measured: fmt.Sprintf("%.2f %% (%d of %d)", 100*v, all.Throttled, all.Total),
		Bound: "1 %", OK: evaluate(v, throttledShare), Value: &v, Unit: "share",
	}
	ready := o.ready.Seconds()
	return append(completionRows(s, o),
		timed(what, o.attached, s.rolloutCalls(), s.o.shareOfBounds(), s.world.EC2.Options().AttachDelay),
		row{What: "time to NodeENI Ready", Target: string(notEvaluated), Measured: seconds(o.ready), Bound: string(notEvaluated), OK: notEvaluated, Value: &ready, Unit: "s"},
		throttled,
		writeRow(s, whatRolloutWrites, o.writes, rolloutWrites),
	)
}

// writeRow returns the row of a phase's writes of the provider and the agents.
func writeRow(s *stage, what string, w writes, limit float64) row {
	v := float64(w.by(whoProvider, whoAgents)) / float64(s.o.enis())
	events := 0
	for k, n := range w {
		if k.Resource == "events" && (k.Who == whoProvider || k.Who == whoAgents) {
			events += n
		}
	}
	per := func(n int) float64 { return float64(n) / float64(s.o.enis()) }
	return row{
		What: what, Target: fmt.Sprintf("≤ %.0f", limit),
		Measured: fmt.Sprintf("%.1f (provider %.1f, agents %.1f; events among them %.1f)", v, per(w.by(whoProvider)), per(w.by(whoAgents)), per(events)),
		Bound:    fmt.Sprintf("%.0f", limit), OK: evaluate(v, limit), Value: &v, Unit: "writes per ENI",
	}
}

func steadyRows(r *results) []row {
	o := r.steady
	perMinute := float64(o.calls.sum(false).Total) / o.window.Minutes()
	mutating := float64(o.calls.sum(true).Total)
	written := float64(o.writes.by(whoProvider))
	agents := float64(o.writes.by(whoAgents))
	cpu := 100 * o.cpu.Seconds() / o.window.Seconds()
	return []row{
		{What: "EC2 calls per minute in steady state", Target: "≤ 12 at 10,000 ENIs", Measured: fmt.Sprintf("%.1f (%d in %s)", perMinute, o.calls.sum(false).Total, o.window.Round(time.Second)), Bound: "12", OK: evaluate(perMinute, steadyCalls), Value: &perMinute, Unit: "calls per minute"},
		{What: "mutating EC2 calls in steady state", Target: "0", Measured: fmt.Sprintf("%.0f", mutating), Bound: "0", OK: evaluate(mutating, 0), Value: &mutating, Unit: "calls"},
		{What: "API server writes of the provider in steady state", Target: "0", Measured: fmt.Sprintf("%.0f", written), Bound: "0", OK: evaluate(written, 0), Value: &written, Unit: "writes"},
		{What: "API server writes of the agents in steady state", Target: string(notEvaluated), Measured: fmt.Sprintf("%.0f", agents), Bound: string(notEvaluated), OK: notEvaluated, Value: &agents, Unit: "writes"},
		{What: "provider, CPU in steady state", Target: string(notEvaluated), Measured: fmt.Sprintf("%.2f %% of a core", cpu), Bound: string(notEvaluated), OK: notEvaluated, Value: &cpu, Unit: "percent of a core"},
	}
}

func restartRows(s *stage, r *results) []row {
	o := r.restart
	took, n, w := o.took.Seconds(), o.calls.sum(false), o.writes.by(whoProvider)
	total, written := float64(n.Total), float64(w)
	measured := seconds(o.took)
	if !o.quiet {
		measured = "not quiet after " + seconds(o.took)
	}
	throttled := fmt.Sprintf("%d throttled", n.Throttled)
	if s.o.fill && n.Throttled == 0 {
		throttled = fmt.Sprintf("throttling off; EC2 would throttle at least %d", o.wouldThrottle)
	}
	return []row{
		{What: "restart, start to quiet", Target: string(notEvaluated), Measured: measured, Bound: string(notEvaluated), OK: notEvaluated, Value: &took, Unit: "s"},
		{What: "restart, EC2 calls", Target: string(notEvaluated), Measured: fmt.Sprintf("%d (%s)", n.Total, throttled), Bound: string(notEvaluated), OK: notEvaluated, Value: &total, Unit: "calls"},
		{What: "restart, API server writes of the provider", Target: string(notEvaluated), Measured: fmt.Sprint(w), Bound: string(notEvaluated), OK: notEvaluated, Value: &written, Unit: "writes"},
	}
}

func memoryRows(r *results) []row {
	line := func(what string, bytes int64, more string) row {
		v := mebibytes(bytes)
		return row{What: what, Target: "≤ 400 MiB at 10,000 ENIs", Measured: fmt.Sprintf("%.0f MiB", v) + more, Bound: "400 MiB", OK: evaluate(v, providerMemory), Value: &v, Unit: "MiB"}
	}
	return []row{
		line("provider memory in steady state (VmRSS)", r.steady.memory.resident, fmt.Sprintf(" (%.0f anonymous)", mebibytes(r.steady.memory.anonymous))),
		line("provider memory, peak (VmHWM)", r.peak, ""),
	}
}

func releaseRows(s *stage, r *results) []row {
	what := fmt.Sprintf("time to release %s", plural(s.o.enis(), "ENI"))
	if r.release == nil {
		return []row{skipped(what, fmt.Sprintf("≤ %.2f × bound", slack), notInThisMode), skipped(whatReleaseWrites, "≤ 12", notInThisMode)}
	}
	all := r.release.all.Seconds()
	n := r.release.calls.sum(false)
	v := float64(n.Throttled) / float64(max(n.Total, 1))
	return []row{
		timed(what, r.release.deleted, s.releaseCalls(), s.o.shareOfBounds(), s.world.EC2.Options().DetachDelay),
		{What: "time to removal of the NodeENI", Target: string(notEvaluated), Measured: seconds(r.release.all), Bound: string(notEvaluated), OK: notEvaluated, Value: &all, Unit: "s"},
		{What: "throttled EC2 calls in the release", Target: string(notEvaluated), Measured: fmt.Sprintf("%.2f %% (%d of %d)", 100*v, n.Throttled, n.Total), Bound: string(notEvaluated), OK: notEvaluated, Value: &v, Unit: "share"},
		writeRow(s, whatReleaseWrites, r.release.writes, releaseWrites),
	}
}

// lines lists writes, the most frequent first.
func lines(w writes) []writeLine {
	out := make([]writeLine, 0, len(w))
	for k, n := range w {
		out = append(out, writeLine{write: k, Count: n})
	}
	slices.SortFunc(out, func(a, b writeLine) int {
		return cmp.Or(cmp.Compare(a.Who, b.Who), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Verb, b.Verb), cmp.Compare(btoi(a.Rejected), btoi(b.Rejected)))
	})
	// The provider first.
	slices.SortStableFunc(out, func(a, b writeLine) int { return cmp.Compare(btoi(a.Who != whoProvider), btoi(b.Who != whoProvider)) })
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
