// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

const (
	// settleFor is the time within which EC2's responses may not contain an accepted
	// update. EC2's API is eventually consistent:
	// https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
	settleFor = 2 * time.Second

	// settlePoll is the requeue delay of an updated object until EC2's response contains
	// the update.
	settlePoll = 300 * time.Millisecond

	// An update that EC2 accepted and does not return is repeated after settleFor, then
	// with exponential backoff from ineffectiveWait to ineffectiveWaitMax.
	ineffectiveWait    = 15 * time.Second
	ineffectiveWaitMax = 10 * time.Minute
)

// updates tracks updates that EC2 has accepted and does not return yet, so that a stale
// response does not repeat one at once.
type updates struct {
	now func() time.Time

	mu       sync.Mutex
	byObject map[types.UID]update
}

type update struct {
	generation int64
	at         time.Time
	tries      int // of updates to the generation
}

func newUpdates() *updates { return &updates{now: time.Now, byObject: map[types.UID]update{}} }

// note records that EC2 accepted an update of an object. It returns the number of
// accepted updates for the present generation that EC2 does not return.
func (u *updates) note(mg resource.Managed) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	next := update{generation: mg.GetGeneration(), at: u.now(), tries: 1}
	if last, ok := u.byObject[mg.GetUID()]; ok && last.generation == next.generation {
		next.tries += last.tries
	}
	u.byObject[mg.GetUID()] = next
	return next.tries
}

// done records that the object matches its spec in EC2, or is being deleted.
func (u *updates) done(mg resource.Managed) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.byObject, mg.GetUID())
}

// settles returns the requeue delay and the number of updates while the last update to
// the object's present generation must not be repeated, and 0, 0 otherwise.
func (u *updates) settles(mg resource.Managed) (time.Duration, int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	last, ok := u.byObject[mg.GetUID()]
	if !ok || last.generation != mg.GetGeneration() {
		return 0, 0
	}
	hold := settleFor
	if last.tries > 1 {
		hold = min(ineffectiveWait<<min(last.tries-2, 10), ineffectiveWaitMax)
	}
	since := u.now().Sub(last.at)
	switch {
	case since >= hold:
		return 0, 0
	case since < settleFor:
		return min(settlePoll, hold-since), last.tries
	default:
		return hold - since, last.tries
	}
}

// unconfirmed returns the condition Synced while EC2 does not return an accepted update:
// before, and from the second update on an error.
func unconfirmed(before xpv2.Condition, tries int, diff string) xpv2.Condition {
	switch {
	case tries >= 2:
	case before.Status == corev1.ConditionUnknown:
		return xpv2.ReconcileSuccess() // without observedGeneration
	default:
		return before
	}
	c := xpv2.ReconcileError(errors.Errorf("EC2 accepted the update %d times but does not return it: %s", tries, diff))
	c.Reason = networkingv1alpha1.ReasonUpdateIneffective
	return c
}
