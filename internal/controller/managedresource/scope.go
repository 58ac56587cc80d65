// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// A scope is the state of one reconcile that the signatures of Crossplane's reconciler
// and external clients have no place for. doc.go shows who writes and reads it.
type scope struct {
	mu         sync.Mutex
	delay      time.Duration
	conditions []xpv2.Condition
	transients *Stopwatch // nil if the status is written in any state
	creates    bool       // the reconciler creates the external resource next
}

type scopeKey struct{}

func withScope(ctx context.Context) (context.Context, *scope) {
	s := &scope{}
	return context.WithValue(ctx, scopeKey{}, s), s
}

// requeueAfter returns the longest delay that was requested, 0 if none was.
func (s *scope) requeueAfter() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delay
}

// RequeueAfter requeues the object of the present reconcile after d, or after the
// longest delay of several calls. An event about the object still triggers a reconcile
// at once.
func RequeueAfter(ctx context.Context, d time.Duration) {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.delay = max(s.delay, d)
	}
}

// overrideConditions replaces conditions that Crossplane's reconciler sets in the
// present reconcile. It sets Creating after each failed create, for example, whatever
// the cause. To write the cause afterwards would be one more update, and a condition
// that flaps. Conditions of an earlier call are dropped.
func overrideConditions(ctx context.Context, cs ...xpv2.Condition) {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.conditions = cs
	}
}

// PrepareStatus sets the conditions that the present reconcile overrides, and reports
// whether to write the status: a state that is about to end is not written. It is a
// statuswriter.Mutator.
func PrepareStatus(ctx context.Context, o client.Object) bool {
	s, ok := ctx.Value(scopeKey{}).(*scope)
	if !ok {
		return true
	}
	mg, ok := o.(resource.Managed)
	if !ok {
		return true
	}
	s.mu.Lock()
	conditions, transients := s.conditions, s.transients
	s.mu.Unlock()
	if len(conditions) > 0 {
		mg.SetConditions(conditions...)
	}
	return transients == nil || !withholds(ctx, transients, mg)
}
