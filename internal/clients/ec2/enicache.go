// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"sync"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/singleflight"
	"k8s.io/utils/ptr"
)

const (
	// snapshotAge is the maximum age of a cached ENI in a steady state. Together with
	// the poll interval it bounds how long drift remains undetected.
	snapshotAge = time.Minute

	// changeWindow is how long after a change by this Client an ENI is described at
	// each get: EC2's describe actions may not return the change yet.
	changeWindow = 30 * time.Second

	// transitionAge is the maximum age of a cached ENI in transition. It only merges
	// concurrent calls.
	transitionAge = 250 * time.Millisecond

	// changedTTL is how long the time of a change is kept.
	changedTTL = 10 * time.Minute
)

// eniCache caches the descriptions of this cluster's ENIs. All descriptions of ENIs pass
// through it. An ENI in a steady state is served from a shared listing of all ENIs. An ENI
// that is in transition, recently changed or missing is described by its id, in batches.
// No description is older than this Client's last change of the ENI.
type eniCache struct {
	OwnershipTags

	maxAge   time.Duration
	page     pager
	absences *absenceTracker
	byID     *batcher[ec2types.NetworkInterface]
	byUID    *batcher[ec2types.NetworkInterface]
	flight   singleflight.Group

	// detached returns the context of a refresh, which several callers share.
	detached detacher

	mu           sync.RWMutex
	cached       map[string]cachedENI
	byAttachment map[string]string // attachment id -> ENI id
	byOwner      map[string]string // UID of the object -> ENI id
	changed      map[string]time.Time
	refreshed    time.Time
}

type cachedENI struct {
	eni  *ec2types.NetworkInterface
	asOf time.Time
}

func newENICache(page pager) *eniCache {
	e := &eniCache{
		maxAge: snapshotAge, page: page, detached: detach,
		cached: map[string]cachedENI{}, byAttachment: map[string]string{}, byOwner: map[string]string{}, changed: map[string]time.Time{},
	}
	e.byID = &batcher[ec2types.NetworkInterface]{describe: e.describeBy("network-interface-id", eniID)}
	e.byUID = &batcher[ec2types.NetworkInterface]{describe: func(ctx context.Context, uids []string) (map[string]ec2types.NetworkInterface, error) {
		return e.describeBy("tag:"+e.OwnerTag, e.owner)(ctx, uids)
	}}
	return e
}

func (e *eniCache) observe(m *Metrics) {
	e.byID.observe = func(n int) { m.observeBatch("NetworkInterface", n) }
	e.byUID.observe = func(n int) { m.observeBatch("Owner", n) }
}

func eniID(n *ec2types.NetworkInterface) string { return ptr.Deref(n.NetworkInterfaceId, "") }

func (e *eniCache) describeBy(name string, key func(*ec2types.NetworkInterface) string) func(context.Context, []string) (map[string]ec2types.NetworkInterface, error) {
	return func(ctx context.Context, keys []string) (map[string]ec2types.NetworkInterface, error) {
		found, err := e.page.all(ctx, filter(name, keys...))
		if err != nil {
			return nil, err
		}
		out := make(map[string]ec2types.NetworkInterface, len(found))
		for i := range found {
			out[key(&found[i])] = found[i]
		}
		return out, nil
	}
}

// markChanged records a change of an ENI by this Client.
func (e *eniCache) markChanged(id string) { e.changedAt(id, time.Now()) }

// changedAt records a change of an ENI at a time, unless a later change is recorded.
func (e *eniCache) changedAt(id string, at time.Time) {
	if id == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.changed[id].Before(at) {
		e.changed[id] = at
	}
	now := time.Now()
	for k, at := range e.changed {
		if len(e.changed) < 1000 {
			break
		}
		if now.Sub(at) > changedTTL {
			delete(e.changed, k)
		}
	}
}

// get returns the description of an ENI, or nil if it does not exist.
func (e *eniCache) get(ctx context.Context, id string) (*ec2types.NetworkInterface, error) {
	n, describe := e.lookup(id)
	if n != nil {
		return n, nil
	}
	if !describe && e.Cluster != "" {
		err := e.refreshFor(ctx, id)
		// Its page may have arrived although another page failed.
		if n, _ := e.lookup(id); n != nil {
			return n, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return e.describe(ctx, id)
}

// describe describes an ENI by its id. It returns nil only if a second, later call does not
// return the ENI either: a replica of EC2 may lag, and callers delete objects or create
// ENIs when an ENI does not exist.
func (e *eniCache) describe(ctx context.Context, id string) (*ec2types.NetworkInterface, error) {
	var asOf time.Time
	for range 2 {
		found, ok, at, err := e.byID.get(ctx, id)
		if err != nil {
			return nil, err
		}
		if ok {
			e.store(&found, at)
			return &found, nil
		}
		asOf = at
	}
	e.remove(id, asOf)
	e.absences.absent(id, asOf)
	return nil, nil
}

// lookup returns the cached description of an ENI if it is recent enough, and otherwise
// whether to describe the ENI by its id instead of listing all ENIs.
func (e *eniCache) lookup(id string) (n *ec2types.NetworkInterface, describe bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	now := time.Now()
	changed, touched := e.changed[id]
	touched = touched && now.Sub(changed) < changeWindow
	s, ok := e.cached[id]
	if !ok {
		// After a recent listing without this ENI, another listing is of no use.
		return nil, touched || now.Sub(e.refreshed) < e.maxAge
	}
	switch {
	case !s.asOf.After(changed):
		return nil, true
	case touched || inTransition(s.eni):
		if now.Sub(s.asOf) < transitionAge {
			return s.eni, false
		}
		return nil, true
	case now.Sub(s.asOf) < e.maxAge:
		return s.eni, false
	default:
		return nil, e.owner(s.eni) == "" // listings do not have it
	}
}

// inTransition reports whether the status of an ENI or of its attachment is about to change.
func inTransition(n *ec2types.NetworkInterface) bool {
	if n.Status != ec2types.NetworkInterfaceStatusAvailable && n.Status != ec2types.NetworkInterfaceStatusInUse {
		return true
	}
	return n.Attachment != nil && n.Attachment.Status != ec2types.AttachmentStatusAttached
}

func (e *eniCache) refreshedAt() time.Time {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.refreshed
}

func (e *eniCache) store(n *ec2types.NetworkInterface, asOf time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.storeLocked(n, asOf)
}

func (e *eniCache) storeLocked(n *ec2types.NetworkInterface, asOf time.Time) {
	id := eniID(n)
	old, ok := e.cached[id]
	if ok && old.asOf.After(asOf) {
		return
	}
	if ok {
		e.unindexLocked(old.eni)
	}
	e.absences.present(id)
	if n.Attachment != nil {
		e.byAttachment[ptr.Deref(n.Attachment.AttachmentId, "")] = id
	}
	if uid := e.owner(n); uid != "" {
		e.byOwner[uid] = id
	}
	e.cached[id] = cachedENI{eni: n, asOf: asOf}
}

func (e *eniCache) remove(id string, asOf time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.cached[id]; ok && !s.asOf.After(asOf) {
		e.removeLocked(id)
	}
}

func (e *eniCache) removeLocked(id string) {
	e.unindexLocked(e.cached[id].eni)
	delete(e.cached, id)
}

// unindexLocked removes an ENI from the indexes by attachment and owner, which may have
// changed.
func (e *eniCache) unindexLocked(n *ec2types.NetworkInterface) {
	if n.Attachment != nil {
		delete(e.byAttachment, ptr.Deref(n.Attachment.AttachmentId, ""))
	}
	if uid := e.owner(n); e.byOwner[uid] == eniID(n) {
		delete(e.byOwner, uid)
	}
}

// idOfAttachment returns the id of the ENI that had an attachment when it was last
// described, or "".
func (e *eniCache) idOfAttachment(attachmentID string) string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.byAttachment[attachmentID]
}
