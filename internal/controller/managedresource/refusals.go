package managedresource

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// A step is what Crossplane's reconciler does with an external resource.
type step string

const (
	observing step = "observe"
	creating  step = "create"
	updating  step = "update"
	deleting  step = "delete"
	none      step = ""
)

// A contradiction is EC2's answer that there is nothing to do, or not yet, where
// its describe actions have just shown that there is.
type contradiction struct{ error }

func (c contradiction) Unwrap() error { return c.error }

// Contradicted marks an answer that contradicts what was observed, as of a detach
// that is under way already. It is no failure: the next look will show what is the
// matter, and the step is taken again, with growing pauses, only where it shows
// the same.
func Contradicted(err error) error { return contradiction{err} }

// IsContradiction says that err was marked by Contradicted.
func IsContradiction(err error) bool {
	var c contradiction
	return errors.As(err, &c)
}

// patience returns for how long a refused step is not tried again: from first,
// doubled each time, to last.
func patience(c awserr.Class) (first, last time.Duration) {
	switch c {
	case awserr.ClassTerminal:
		return 10 * time.Minute, 10 * time.Minute
	case awserr.ClassBackoff:
		return 15 * time.Second, 5 * time.Minute
	case awserr.ClassUnknown:
		return time.Second, 5 * time.Minute
	case awserr.ClassUnresolved:
		return time.Second, time.Minute
	case awserr.ClassTransient, awserr.ClassThrottled, awserr.ClassOutage:
	}
	return time.Second, 10 * time.Second
}

// outageSpread is the time over which objects come back after an outage.
const outageSpread = 30 * time.Second

// Refusals remembers what EC2 refused to do for which object. It is memory
// only: after a restart each step is tried once more.
type Refusals struct {
	mu       sync.Mutex
	byObject map[types.UID]refusal
}

// A refusal is one step of one object that EC2 refused.
type refusal struct {
	step       step
	generation int64
	depends    string // what else the step depends on
	asked      string // the request for a look that was made by then
	verdict    awserr.Classification
	err        error
	text       string // of EC2's answer alone
	decode     string // how to learn more of it
	tries      int
	wait       time.Duration
	until      time.Time
}

// NewRefusals returns an empty memory.
func NewRefusals() *Refusals { return &Refusals{byObject: map[types.UID]refusal{}} }

// get returns the refusal of a step of an object, unless the object has changed
// since, or what else the step depends on. Where somebody has asked for a look since, it holds nothing back any
// more: what was refused may have been mended in AWS.
func (r *Refusals) get(mg resource.Managed, s step, depends string) (refusal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.byObject[mg.GetUID()]
	if !ok || f.step != s || f.generation != mg.GetGeneration() || f.depends != depends {
		return refusal{}, false
	}
	if asked, ok := meta.GetReconcileRequest(mg); ok && asked != f.asked {
		f.until = time.Time{}
	}
	return f, true
}

// next returns the refusal of the step that is next, and forgets one of any
// other: the object has moved on.
func (r *Refusals) next(mg resource.Managed, s step, depends string) (refusal, bool) {
	f, ok := r.get(mg, s, depends)
	if !ok {
		r.forget(mg)
	}
	return f, ok
}

// note remembers a refused step and for how long not to try it again.
func (r *Refusals) note(mg resource.Managed, s step, err error, depends string) refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := refusal{step: s, generation: mg.GetGeneration(), depends: depends, verdict: awserr.Classify(err), err: err, text: err.Error(), decode: awserr.DecodeHint(err), tries: 1}
	f.asked, _ = meta.GetReconcileRequest(mg)
	if IsContradiction(err) {
		f.verdict = contradicted(s, f.verdict)
	}
	if f.verdict.Advice != "" {
		f.err = errors.Errorf("%w; %s", err, f.verdict.Advice)
	}
	if before, ok := r.byObject[mg.GetUID()]; ok && before.step == s && before.generation == f.generation && before.depends == depends && before.verdict.Class == f.verdict.Class {
		f.tries = before.tries + 1
		if before.decode != "" && before.text == f.text {
			f.decode = before.decode // EC2 encodes the same anew each time, and each would be another condition
		}
	}
	if f.decode != "" {
		f.err = errors.Errorf("%w%s", f.err, f.decode)
	}
	first, last := patience(f.verdict.Class)
	f.wait = min(first<<min(f.tries-1, 16), last)
	// Those that were refused together do not come back together.
	f.wait += spread(f.wait / 5)
	f.until = time.Now().Add(f.wait)
	r.byObject[mg.GetUID()] = f
	return f
}

// contradicted returns what to make of a contradiction. What is on its way out is
// soon gone; what cannot be made may stay so, and then has its reason given.
func contradicted(s step, v awserr.Classification) awserr.Classification {
	if s == creating {
		return awserr.Classification{Class: awserr.ClassUnknown, Reason: v.Reason, Advice: v.Advice}
	}
	return awserr.Classification{Class: awserr.ClassTransient}
}

func (r *Refusals) forget(mg resource.Managed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byObject, mg.GetUID())
}

func spread(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d) //nolint:gosec // spreads load, guards nothing
}

// wait asks for this object to be looked at again after d, not sooner.
func wait(ctx context.Context, d time.Duration) {
	if t := throttle.FromContext(ctx); t != nil {
		t.DelayRequeue(d)
	}
}
