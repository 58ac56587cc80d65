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
	// settleFor is for how long EC2's answers may not contain an update that it has
	// accepted. Its API is eventually consistent:
	// https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
	settleFor = 2 * time.Second

	// settlePoll is how often an updated object is observed until EC2's answer
	// contains the update.
	settlePoll = 300 * time.Millisecond

	// An update that EC2 accepted and does not return is repeated after settleFor, then
	// after ineffectiveWait, twice that and so on, up to ineffectiveWaitMax.
	ineffectiveWait    = 15 * time.Second
	ineffectiveWaitMax = 10 * time.Minute
)

// updates remembers which updates EC2 has accepted and not returned yet. An answer
// that does not contain one does not cause the same one again at once.
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

// note records that EC2 accepted an update of an object, and returns how many times it
// has accepted one to the present generation without returning it.
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

// done records that EC2 returns an object as its spec says, or that it is being deleted.
func (u *updates) done(mg resource.Managed) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.byObject, mg.GetUID())
}

// settles returns, while the last update of an object to its present generation must
// not be repeated, after how long to observe it again, and how many updates there
// were; 0 and 0 if there is nothing to wait for.
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

// unconfirmed returns what Synced is while EC2 does not return an update that it has
// accepted: as it was, and after the second time that the update has no effect.
func unconfirmed(before xpv2.Condition, tries int, diff string) xpv2.Condition {
	switch {
	case tries >= 2:
	case before.Status == corev1.ConditionUnknown:
		return xpv2.ReconcileSuccess() // of no generation yet
	default:
		return before
	}
	c := xpv2.ReconcileError(errors.Errorf("EC2 has accepted the update %d times and does not return it: %s", tries, diff))
	c.Reason = networkingv1alpha1.ReasonUpdateIneffective
	return c
}
