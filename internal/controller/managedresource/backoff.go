// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
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

// A staleObservationError wraps an error that shows that the last observation is stale: EC2
// returned that the step is done already, or is not possible yet.
type staleObservationError struct{ error }

// Unwrap returns the wrapped error.
func (c staleObservationError) Unwrap() error { return c.error }

// StaleObservation wraps an error of EC2 that contradicts the last observation, for
// example if a detach is already in progress. It is not reported as a failure. The next
// reconcile observes again, and repeats the step, with backoff, only if still needed.
func StaleObservation(err error) error { return staleObservationError{err} }

// IsStaleObservation reports whether err was wrapped by StaleObservation.
func IsStaleObservation(err error) bool {
	var c staleObservationError
	return errors.As(err, &c)
}

// backoffFor returns the first and the longest backoff after an error of a class. The
// backoff doubles with each attempt.
func backoffFor(c awserr.Class) (first, last time.Duration) {
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

// A BackoffTracker records which step of which object EC2 rejected. It is kept in memory
// only: after a restart each step is attempted once.
type BackoffTracker struct {
	timings timings.Timings

	mu       sync.Mutex
	byObject map[types.UID]failedStep
}

// A failedStep is a step of an object that EC2 rejected.
type failedStep struct {
	step       step
	generation int64
	depends    string // result of Dependent.DependsOn
	request    string // value of the reconcile request annotation
	verdict    awserr.Classification
	err        error
	text       string // the error without advice
	decode     string // how to decode EC2's encoded message
	tries      int
	wait       time.Duration
	until      time.Time
}

// NewBackoffTracker returns an empty BackoffTracker.
func NewBackoffTracker(t timings.Timings) *BackoffTracker {
	return &BackoffTracker{timings: t, byObject: map[types.UID]failedStep{}}
}

// get returns the failed step of an object, unless the object's generation or depends
// has changed since. A new reconcile request ends the backoff: a user may have fixed the
// cause in AWS.
func (r *BackoffTracker) get(mg resource.Managed, s step, depends string) (failedStep, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, ok := r.byObject[mg.GetUID()]
	if !ok || f.step != s || f.generation != mg.GetGeneration() || f.depends != depends {
		return failedStep{}, false
	}
	if asked, ok := meta.GetReconcileRequest(mg); ok && asked != f.request {
		f.until = time.Time{}
	}
	return f, true
}

// next returns the failed step if it is the step that follows, and otherwise forgets it.
func (r *BackoffTracker) next(mg resource.Managed, s step, depends string) (failedStep, bool) {
	f, ok := r.get(mg, s, depends)
	if !ok {
		r.forget(mg)
	}
	return f, ok
}

// note records a failed step and its backoff.
func (r *BackoffTracker) note(mg resource.Managed, s step, err error, depends string) failedStep {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := failedStep{step: s, generation: mg.GetGeneration(), depends: depends, verdict: awserr.Classify(err), err: err, text: err.Error(), decode: awserr.DecodeHint(err), tries: 1}
	f.request, _ = meta.GetReconcileRequest(mg)
	if IsStaleObservation(err) {
		f.verdict = classifyStale(s, f.verdict)
	}
	if f.verdict.Advice != "" {
		f.err = errors.Errorf("%w; %s%s", err, f.verdict.Advice, configNote(mg, f.verdict))
	}
	if before, ok := r.byObject[mg.GetUID()]; ok && before.step == s && before.generation == f.generation && before.depends == depends && before.verdict.Class == f.verdict.Class {
		f.tries = before.tries + 1
		if before.decode != "" && before.text == f.text {
			f.decode = before.decode // EC2 encodes the same message differently each time, and the condition would flap
		}
	}
	if f.decode != "" {
		f.err = errors.Errorf("%w%s", f.err, f.decode)
	}
	first, last := backoffFor(f.verdict.Class)
	f.wait = min(first<<min(f.tries-1, 16), last, r.timings.MaxBackoff)
	// Jitter: objects that failed together are not requeued together.
	f.wait += spread(f.wait / 5)
	f.until = time.Now().Add(f.wait)
	r.byObject[mg.GetUID()] = f
	return f
}

// configNote returns the name of an object's provider config if the failure is of its
// credentials or their permissions.
func configNote(mg resource.Managed, v awserr.Classification) string {
	m, ok := mg.(resource.ModernManaged)
	if !ok || (v.Reason != networkingv1alpha1.ReasonCredentialsRejected && v.Reason != networkingv1alpha1.ReasonMissingPermission) {
		return ""
	}
	ref, err := ConfigReference(m)
	if err != nil {
		return ""
	}
	return " (" + ref.Kind + " " + ref.Name + ")"
}

// classifyStale returns the classification of a stale observation. A deletion in
// progress ends soon. A create may keep failing, and then reports its reason.
func classifyStale(s step, v awserr.Classification) awserr.Classification {
	if s == creating {
		return awserr.Classification{Class: awserr.ClassUnknown, Reason: v.Reason, Advice: v.Advice}
	}
	return awserr.Classification{Class: awserr.ClassTransient}
}

func (r *BackoffTracker) forget(mg resource.Managed) {
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
