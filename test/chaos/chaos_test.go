// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

var (
	rounds    = flag.Int("rounds", 3, "number of rounds of TestChaos")
	timeLimit = flag.Duration("for", 0, "start no round of TestChaos after this time, independent of -rounds; 0: no limit")
	seed      = flag.Uint64("seed", 0, "seed of the rounds; 0: a seed from the clock, or 1 without -rounds")
	start     = flag.Int("first", 1, "number of the first round; the world starts with the expected state of the previous round")
	binary    = flag.String("provider", "", "path of a provider binary to test instead of building one")
	without   = flag.String("without", "", "comma-separated faults to exclude, such as DescribeInstances:InvalidInstanceID.NotFound, because of a known defect")
	steps     = flag.Bool("steps", false, "print the steps of every round, not only of failed rounds")
	mutate    = flag.Bool("mutations", false, "run TestMutations")
)

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// roundsRequested reports whether the flags select rounds.
func roundsRequested() bool {
	requested := false
	flag.Visit(func(f *flag.Flag) { requested = requested || f.Name == "rounds" || f.Name == "seed" })
	return requested
}

func TestChaos(t *testing.T) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" && !roundsRequested() {
		t.Skip("this test needs kube-apiserver and etcd: set KUBEBUILDER_ASSETS to the directory that has them, or use make chaos")
	}
	if testing.Short() && !roundsRequested() {
		t.Skip("make chaos and make e2e run the rounds")
	}
	s := *seed
	switch {
	case s == 0 && !roundsRequested():
		s = 1 // reproducible in CI
	case s == 0:
		s = uint64(time.Now().UnixNano()) % 1_000_000_000
	}
	bin := *binary
	if bin == "" {
		bin = build(t)
	}
	// Standard output is kept if the test is killed.
	fmt.Printf("chaos: seed %d, rounds %d to %d\n", s, *start, *start+*rounds-1)
	o := planOptions{outages: roundsRequested()}
	w, m := newWorld(t, bin), newModel()
	for n := 1; n < *start; n++ {
		planRound(s, n, m, o)
	}
	if err := w.setMode(m.mode); err != nil {
		t.Fatal(err)
	}
	m.settled = true
	if err := w.build(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var tally tally
	began, done := time.Now(), 0
	more := func(n int) bool {
		return n < *start+*rounds && (*timeLimit == 0 || time.Since(began) < *timeLimit)
	}
	for n := *start; more(n); n++ {
		p := planRound(s, n, m, o)
		if !more(n + 1) {
			p.unsettled = false
		}
		r := w.run(t.Context(), p, m)
		if *steps {
			fmt.Printf("%s\n  converged in %s of %s\n", p, r.settledIn.Round(time.Millisecond), r.took.Round(time.Millisecond))
		}
		if len(r.wrong) > 0 {
			w.report(t, p, r)
			t.FailNow()
		}
		if r.settledIn > slowRound {
			fmt.Printf("chaos: round %d converged after %s, waiting last for: %s\n", n, r.settledIn.Round(time.Millisecond), r.last)
		}
		tally.add(r)
		done++
		if done%10 == 0 {
			fmt.Printf("chaos: %d rounds; %s\n", n, &tally)
		}
	}
	fmt.Printf("chaos: seed %d, all %d rounds converged; %s\n", s, done, &tally)
	if done == 0 {
		t.Errorf("no round was started within %s", *timeLimit)
	}
}

// slowRound is the convergence time above which a round is printed.
const slowRound = 4 * time.Second

// A result is the result of a round.
type result struct {
	wrong           []violation
	took, settledIn time.Duration
	kills, made     int
	last            string // the last difference before the world converged
}

// run executes a plan, ends the faults, and compares the world with the model.
func (w *world) run(ctx context.Context, p *plan, m *model) (r result) {
	began := time.Now()
	if w.granted == nil {
		for _, c := range w.EC2.Since(0, byProvider) {
			_ = w.verifyOwner(c) // records resources created before the first round
		}
		w.mark, w.granted = w.EC2.Mark(), newPermits()
	}
	w.within = max(w.within, p.within)
	mark, granted, made := w.mark, w.granted, w.EC2.Mark()
	fail := func(check, text string) { r.wrong = append(r.wrong, violation{check, text}) }
	for _, s := range p.steps {
		sleep(ctx, s.pause)
		granted.grant(s, w.EC2.Mark())
		if err := s.do(ctx, w); err != nil {
			fail(checkSettle, fmt.Sprintf("%s: %v", s.what, err))
			break
		}
		if strings.HasPrefix(s.what, killed) {
			r.kills++
		}
	}
	sleep(ctx, p.linger)
	found := func() []violation { return append(w.verifyLedger(mark, granted), w.monitor.violations()...) }
	defer func() {
		r.took = time.Since(began)
	}()
	if p.unsettled && len(r.wrong) == 0 {
		if s := w.provider.panicked() + w.second.panicked(); s != "" {
			fail(checkPanic, s)
		}
		r.wrong = append(found(), r.wrong...)
		return r
	}
	if err := w.endFaults(ctx); err != nil {
		fail(checkSettle, err.Error())
	}
	calmed := time.Now()
	wrong, last := w.settle(ctx, m, w.within, func() bool { return w.provider.panicked()+w.second.panicked() != "" || len(found()) > 0 })
	for _, x := range wrong {
		fail(checkSettle, x)
	}
	r.last = last
	r.settledIn = time.Since(calmed)
	if s := w.provider.panicked() + w.second.panicked(); s != "" {
		fail(checkPanic, s)
	}
	r.wrong = append(found(), r.wrong...) // causes first
	r.made = len(w.EC2.Since(made, byProvider, ec2emulator.Committed, ec2emulator.ByAction(createAction)))
	if len(r.wrong) == 0 {
		w.monitor.dropReleased()
		w.EC2.ResetLedger()
		w.collectGarbage(ctx)
		w.granted, w.admin.restored, w.within = nil, false, 0
		clear(w.adoptable)
	}
	return r
}

// report logs the state after a failed round. Violations are last, where truncated
// logs keep them.
func (w *world) report(t *testing.T, p *plan, r result) {
	t.Helper()
	t.Logf("objects:\n%s", w.dump(t.Context()))
	t.Logf("last lines of the provider's log:\n%s", w.provider.log)
	if w.flags.replicas {
		t.Logf("last lines of the second replica's log:\n%s", w.second.log)
	}
	t.Logf("mutating and failed EC2 calls:\n%s", w.ledger())
	t.Logf("repeat with -args -seed %d -first %d -rounds 1, or from the start with -rounds %d\n%s", p.seed, p.round, p.round, p)
	for _, v := range r.wrong {
		t.Errorf("round %d of seed %d: %s", p.round, p.seed, v)
	}
}

func (w *world) ledger() string {
	var b strings.Builder
	for _, c := range w.EC2.Calls() {
		if !ec2emulator.Mutating(c) && c.Code == "" && !c.Lost {
			continue
		}
		fmt.Fprintf(&b, "%d %s %s %s %v committed=%t repeated=%t lost=%t %s\n", c.Sequence, c.Time.Format("15:04:05.000"), c.AccessKeyID[len(c.AccessKeyID)-7:], c.Action, c.ResourceIDs, c.Committed, c.Repeated, c.Lost, c.Code)
	}
	return b.String()
}

func (w *world) dump(ctx context.Context) string {
	var b strings.Builder
	for _, l := range []func() string{
		func() string { l := networkInterfaces(); _ = w.kube.List(ctx, l); return brief(l) },
		func() string { l := attachments(); _ = w.kube.List(ctx, l); return brief(l) },
		func() string { l := hostInterfaces(); _ = w.kube.List(ctx, l); return brief(l) },
	} {
		b.WriteString(l())
	}
	return b.String()
}

func brief(l client.ObjectList) string {
	for _, o := range objects(l) {
		o.SetManagedFields(nil) // longer than the rest of the object
	}
	y, _ := yaml.Marshal(l)
	if len(y) > 20000 {
		y = y[:20000]
	}
	return string(y)
}

// String lists the steps of a round.
func (p *plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "round %d of seed %d:", p.round, p.seed)
	for _, s := range p.steps {
		fmt.Fprintf(&b, "\n  after %s: %s", s.pause, s.what)
	}
	return b.String()
}

// A tally sums up the results of rounds.
type tally struct {
	rounds, kills, made int
	took, slowest       time.Duration
}

func (t *tally) add(r result) {
	t.rounds++
	t.kills += r.kills
	t.made += r.made
	t.took += r.took
	t.slowest = max(t.slowest, r.settledIn)
}

func (t *tally) String() string {
	return fmt.Sprintf("%.1f s each, %d kills, %d ENIs created, slowest convergence %s", t.took.Seconds()/float64(max(1, t.rounds)), t.kills, t.made, t.slowest.Round(time.Millisecond))
}
