// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

func (p *planner) changeSubnets() bool {
	if len(p.m.nodeENIs) == 0 {
		return false
	}
	e := p.m.nodeENIs[pick(p.Rand, sorted(p.m.nodeENIs))]
	before := e.subnets
	after := slices.Clone(before)
	if s := pick(p.Rand, subnets).id; slices.Contains(before, s) {
		after = slices.DeleteFunc(after, func(x string) bool { return x == s })
	} else {
		after = append(after, s)
	}
	if len(after) == 0 || !p.fits(func() { e.subnets = after }, func() { e.subnets = before }) {
		return false
	}
	name := e.name
	p.add(step{
		what: fmt.Sprintf("change the subnets of NodeENI %s to %s", name, strings.Join(after, ", ")),
		do:   func(ctx context.Context, w *world) error { return w.setSubnets(ctx, name, after) },
	}, func() { e.subnets = after })
	return true
}

func (p *planner) changeDeleteOnTermination() bool {
	if len(p.m.nodeENIs) == 0 {
		return false
	}
	e := p.m.nodeENIs[pick(p.Rand, sorted(p.m.nodeENIs))]
	v := e.deleteOnTermination != nil && !*e.deleteOnTermination
	name := e.name
	p.add(step{
		what: fmt.Sprintf("set deleteOnTermination of NodeENI %s to %t", name, v),
		do:   func(ctx context.Context, w *world) error { return w.setDeleteOnTermination(ctx, name, v) },
	}, func() { e.deleteOnTermination = &v })
	return true
}

func (p *planner) changeCount() bool {
	if len(p.m.nodeENIs) == 0 {
		return false
	}
	e := p.m.nodeENIs[pick(p.Rand, sorted(p.m.nodeENIs))]
	before, after := e.count, pick(p.Rand, []int32{1, 2})
	if max(1, before) == after || !p.fits(func() { e.count = after }, func() { e.count = before }) {
		return false
	}
	name := e.name
	p.add(step{
		what: fmt.Sprintf("change the count of NodeENI %s to %d", name, after),
		do:   func(ctx context.Context, w *world) error { return w.setCount(ctx, name, after) },
	}, func() { e.count = after })
	return true
}
