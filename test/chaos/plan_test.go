// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"math/rand/v2"
	"time"
)

// A step is one change of the world.
type step struct {
	what string
	// deletes are the ENIs that the provider may detach and delete from this step on, and
	// detaches are the ENIs that it may only detach.
	deletes, detaches []key
	// unresponsive are the nodes whose agents the provider need not wait for from this step on.
	unresponsive []string
	// pause is the time to wait before the step.
	pause time.Duration
	do    func(ctx context.Context, w *world) error
}

// A plan is the sequence of steps of a round.
type plan struct {
	seed   uint64
	round  int
	steps  []step
	linger time.Duration // between the last step and the end of the faults
	within time.Duration // time limit of convergence
	// unsettled is true if the faults last into the next round, so that the world need
	// not converge.
	unsettled bool
}

// A planner creates the plan of one round and changes the model with each step.
type planner struct {
	*rand.Rand

	m    *model
	plan *plan
}

// planRound returns the plan of round n. It depends only on the seed, the number, and the
// model, which is the result of the previous rounds.
func planRound(seed uint64, n int, m *model, o planOptions) *plan {
	p := &planner{Rand: rand.New(rand.NewPCG(seed, uint64(n))), m: m, plan: &plan{seed: seed, round: n, within: settleWithin}}
	p.populate()
	grounded := len(p.plan.steps) == 0
	outage, mode, first := p.IntN(300), p.IntN(50), p.IntN(100) // drawn even if not used, so that the following random numbers are the same
	if o.motif == nil {
		p.modes(mode)
		if m.settled && grounded {
			p.begin(first)
		}
	}
	p.faults()
	if o.motif != nil {
		o.motif(p)
	}
	if p.IntN(3) == 0 {
		p.otherOwners()
	}
	if m.mode.replicas && p.IntN(2) == 0 {
		p.pauseLeader()
	}
	kills := []int{0, 0, 0, 0, 0, 1, 1, 1, 2, 3}[p.IntN(10)]
	changes := 1 + p.IntN(4)
	at := p.IntN(changes) // one less than the changes after the outage
	for changes > 0 || kills > 0 {
		if o.outages && changes == at+1 {
			p.controlPlane(outage)
			outage = -1
		}
		if kills > 0 && p.IntN(changes+kills) < kills {
			p.kill()
			kills--
			continue
		}
		if p.IntN(12) == 0 {
			p.otherOwners()
		}
		p.change()
		changes--
	}
	p.plan.linger = time.Duration(p.IntN(400)) * time.Millisecond
	if m.settled = m.unsettledRounds == 0; !m.settled {
		m.unsettledRounds--
		p.plan.unsettled = true
		p.plan.linger += time.Duration(1000+p.IntN(2000)) * time.Millisecond
	}
	return p.plan
}

// begin adds steps that require a converged world.
func (p *planner) begin(n int) {
	switch {
	case n < 10:
		p.misplace(pick(p.Rand, p.misplacements()), p.IntN(3) == 0)
	case n < 15:
		p.mistypeSelector()
	}
}

// controlPlane rarely adds an outage of the control plane.
func (p *planner) controlPlane(outage int) {
	switch {
	case 0 <= outage && outage < 3:
		p.plan.within = settleWithinAfterOutage
		p.plan.steps = append(p.plan.steps, step{what: "kube-apiserver is stopped for 20 s", do: killAPIServer})
	case 3 <= outage && outage < 8:
		p.plan.steps = append(p.plan.steps, step{what: "etcd restarts", do: restartEtcd})
	case 8 <= outage && outage < 12:
		p.restore()
	case 12 <= outage && outage < 15:
		p.restoreNewer()
	}
}

type planOptions struct {
	// outages enables outages of kube-apiserver and etcd.
	outages bool
	// motif adds steps to each round.
	motif func(p *planner)
}

// populate adds a minimum of nodes and NodeENIs.
func (p *planner) populate() {
	for len(p.m.nodes) < minNodes+1 {
		p.addNode()
	}
	for tries := 0; len(p.m.nodeENIs) < 2 && tries < 10; tries++ {
		p.createNodeENI()
	}
}

// add appends a step and applies mutate to the model. The provider may delete or detach
// the ENIs that are no longer expected after it.
func (p *planner) add(s step, mutate func()) {
	before := p.m.expected()
	if mutate != nil {
		mutate()
	}
	after := p.m.expected()
	for _, k := range sorted(before) {
		switch w, ok := after[k]; {
		case !ok:
			s.deletes = append(s.deletes, k)
		case before[k].attached && !w.attached:
			s.detaches = append(s.detaches, k)
		}
	}
	// Mostly without a wait; sometimes the provider has time to reconcile.
	s.pause = time.Duration(p.IntN(60)) * time.Millisecond
	if p.IntN(4) == 0 {
		s.pause = time.Duration(80+p.IntN(300)) * time.Millisecond
	}
	p.plan.steps = append(p.plan.steps, s)
}

// killed is the prefix of the description of steps that kill the provider.
const killed = "SIGKILL"

// kill kills the provider at a random time, or right after a mutating EC2 call.
func (p *planner) kill() {
	within := time.Duration(pick(p.Rand, []int{0, 0, 1, 2, 3, 5, 8, 14})) * time.Millisecond
	down := time.Duration(p.IntN(200)) * time.Millisecond
	if p.IntN(2) == 0 {
		p.add(step{what: killed + " " + within.String() + " after a call that changes EC2", do: func(ctx context.Context, w *world) error {
			w.awaitMutation(ctx, 500*time.Millisecond)
			return w.restartProvider(ctx, within, down)
		}}, nil)
		return
	}
	p.add(step{what: killed, do: func(ctx context.Context, w *world) error { return w.restartProvider(ctx, within, down) }}, nil)
}

// pick returns a random element.
func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }
