package chaos

import (
	"context"
	"math/rand/v2"
	"time"
)

// A step is one thing that is done to the world.
type step struct {
	what string
	// lets are the ENIs that the provider may delete and detach from here on,
	// and detaches those that it may only detach.
	lets, detaches []key
	// unwell are the nodes whose agents need not be waited for from here on.
	unwell []string
	// pause before the step.
	pause time.Duration
	do    func(ctx context.Context, w *world) error
}

// A plan is a round: what is done, in order.
type plan struct {
	seed   uint64
	round  int
	steps  []step
	linger time.Duration // until the faults are taken away
	within time.Duration // how long the world may take to settle then
	// unsettled is true if the faults go on in the next round, and nothing need settle.
	unsettled bool
}

// A planner makes the plan of one round, and changes the model as it goes.
type planner struct {
	*rand.Rand

	m    *model
	plan *plan
}

// planRound says what round n does. It depends on nothing but the seed, the
// number, and the model, which the rounds before leave as they do each time.
func planRound(seed uint64, n int, m *model, o planOptions) *plan {
	p := &planner{Rand: rand.New(rand.NewPCG(seed, uint64(n))), m: m, plan: &plan{seed: seed, round: n, within: settleWithin}}
	p.ground()
	grounded := len(p.plan.steps) == 0
	outage, mode, first := p.IntN(300), p.IntN(50), p.IntN(100) // drawn even if not used: the rest must not depend on them
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
		p.foreigners()
	}
	if m.mode.replicas && p.IntN(2) == 0 {
		p.pauseLeader()
	}
	kills := []int{0, 0, 0, 0, 0, 1, 1, 1, 2, 3}[p.IntN(10)]
	changes := 1 + p.IntN(4)
	at := p.IntN(changes) // changes before the outage
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
			p.foreigners()
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

// begin adds what a settled world is needed for.
func (p *planner) begin(n int) {
	switch {
	case n < 10:
		p.misplace(pick(p.Rand, p.misplacements()), p.IntN(3) == 0)
	case n < 15:
		p.mistype()
	}
}

// controlPlane takes a part of the control plane away, rarely.
func (p *planner) controlPlane(outage int) {
	switch {
	case 0 <= outage && outage < 3:
		p.plan.within = settleWithinAfterOutage
		p.plan.steps = append(p.plan.steps, step{what: "kube-apiserver is dead for 20 s", do: killAPIServer})
	case 3 <= outage && outage < 8:
		p.plan.steps = append(p.plan.steps, step{what: "etcd restarts", do: restartEtcd})
	case 8 <= outage && outage < 12:
		p.restore()
	case 12 <= outage && outage < 15:
		p.restoreNewer()
	}
}

type planOptions struct {
	// outages of kube-apiserver and etcd are among what may happen.
	outages bool
	// motif adds more of what also comes by chance.
	motif func(p *planner)
}

// ground adds what a world needs for anything to happen in it.
func (p *planner) ground() {
	for len(p.m.nodes) < leastNodes+1 {
		p.addNode()
	}
	for tries := 0; len(p.m.nodeENIs) < 2 && tries < 10; tries++ {
		p.createNodeENI()
	}
}

// add appends a step that makes the model what mutate says. What is no longer
// expected after it may be taken away.
func (p *planner) add(s step, mutate func()) {
	before := p.m.expected()
	if mutate != nil {
		mutate()
	}
	after := p.m.expected()
	for _, k := range sorted(before) {
		switch w, ok := after[k]; {
		case !ok:
			s.lets = append(s.lets, k)
		case before[k].attached && !w.attached:
			s.detaches = append(s.detaches, k)
		}
	}
	// Mostly one thing on top of another; sometimes the provider gets going.
	s.pause = time.Duration(p.IntN(60)) * time.Millisecond
	if p.IntN(4) == 0 {
		s.pause = time.Duration(80+p.IntN(300)) * time.Millisecond
	}
	p.plan.steps = append(p.plan.steps, s)
}

// killed begins what a step says that kills the provider.
const killed = "SIGKILL"

// kill ends the provider at a random moment, or right after it changed EC2.
func (p *planner) kill() {
	within := time.Duration(pick(p.Rand, []int{0, 0, 1, 2, 3, 5, 8, 14})) * time.Millisecond
	down := time.Duration(p.IntN(200)) * time.Millisecond
	if p.IntN(2) == 0 {
		p.add(step{what: killed + " " + within.String() + " after a call that changes EC2", do: func(ctx context.Context, w *world) error {
			w.awaitMutation(ctx, 500*time.Millisecond)
			return w.bounce(ctx, within, down)
		}}, nil)
		return
	}
	p.add(step{what: killed, do: func(ctx context.Context, w *world) error { return w.bounce(ctx, within, down) }}, nil)
}

// pick returns one of a list.
func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }
