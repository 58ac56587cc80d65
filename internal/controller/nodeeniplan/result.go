// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// maxENIs is the maximum number of ENIs in the status. etcd limits an object to 1.5 MiB.
const maxENIs = 2000

// A result collects the parts of a plan.
type result struct {
	enis     []v1alpha1.PlannedENI
	subnets  map[string]*v1alpha1.PlannedSubnet
	calls    map[string]*v1alpha1.PlannedCalls
	problems []string
}

// subnet returns the entry of a subnet.
func (r *result) subnet(id string) *v1alpha1.PlannedSubnet {
	if r.subnets == nil {
		r.subnets = map[string]*v1alpha1.PlannedSubnet{}
	}
	if r.subnets[id] == nil {
		r.subnets[id] = &v1alpha1.PlannedSubnet{SubnetID: id}
	}
	return r.subnets[id]
}

// count adds calls of an action, which take a time. Different clients make their calls at the
// same time.
func (r *result) count(action string, calls int, takes time.Duration) {
	if r.calls == nil {
		r.calls = map[string]*v1alpha1.PlannedCalls{}
	}
	if r.calls[action] == nil {
		r.calls[action] = &v1alpha1.PlannedCalls{Action: action}
	}
	c := r.calls[action]
	c.Count += int32(calls) //nolint:gosec // far below the maximum
	c.Seconds = max(c.Seconds, int32(math.Ceil(takes.Seconds())))
}

// status returns the plan.
func (r *result) status() *v1alpha1.NodeENIPlanStatus {
	out := &v1alpha1.NodeENIPlanStatus{Problems: r.problems}
	for _, e := range r.enis {
		*total(&out.Totals, e.Action)++
	}
	for _, id := range slices.Sorted(maps.Keys(r.subnets)) {
		out.Subnets = append(out.Subnets, *r.subnets[id])
	}
	for _, action := range slices.Sorted(maps.Keys(r.calls)) {
		out.Calls = append(out.Calls, *r.calls[action])
		out.Seconds = max(out.Seconds, r.calls[action].Seconds)
	}
	out.ENIs, out.Truncated = bounded(r.enis)
	return out
}

// bounded returns the ENIs by node, and whether some are left out. ENIs that remain as they
// are, are left out first.
func bounded(all []v1alpha1.PlannedENI) ([]v1alpha1.PlannedENI, bool) {
	slices.SortFunc(all, func(a, b v1alpha1.PlannedENI) int {
		return cmp.Or(cmp.Compare(keepRank(a), keepRank(b)), cmp.Compare(a.Node, b.Node), cmp.Compare(a.NodeENI, b.NodeENI), cmp.Compare(a.Name, b.Name))
	})
	truncated := len(all) > maxENIs
	all = all[:min(len(all), maxENIs)]
	slices.SortStableFunc(all, func(a, b v1alpha1.PlannedENI) int { return cmp.Compare(a.Node, b.Node) })
	return all, truncated
}

// keepRank orders ENIs that remain as they are after all others.
func keepRank(e v1alpha1.PlannedENI) int {
	if e.Action == v1alpha1.PlanKeep {
		return 1
	}
	return 0
}

// total returns the total of an action.
func total(t *v1alpha1.PlanTotals, a v1alpha1.PlanAction) *int32 {
	switch a {
	case v1alpha1.PlanCreate:
		return &t.Create
	case v1alpha1.PlanAdopt:
		return &t.Adopt
	case v1alpha1.PlanAttach:
		return &t.Attach
	case v1alpha1.PlanChange:
		return &t.Change
	case v1alpha1.PlanDetach:
		return &t.Detach
	case v1alpha1.PlanRelease:
		return &t.Release
	case v1alpha1.PlanWait:
		return &t.Wait
	default:
		return &t.Keep
	}
}
