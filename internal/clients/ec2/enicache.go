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
	// snapshotAge is how old what EC2 said of an ENI at rest may be. It is
	// what a change by somebody else may go unnoticed for, on top of the poll.
	snapshotAge = time.Minute

	// changeWindow is for how long after one of our own changes EC2 is asked about
	// an ENI each time: its describe actions may not show the change yet.
	changeWindow = 30 * time.Second

	// transitionAge merges looks at an ENI in transit that come together.
	transitionAge = 250 * time.Millisecond

	// changedTTL is for how long our changes are remembered.
	changedTTL = 10 * time.Minute
)

// OwnershipTags are the tags by which a cluster's ENIs are known.
type OwnershipTags struct {
	// ClusterTag is the key of the tag that names the cluster, and Cluster its
	// value. Without them each ENI is asked for by its id, together with
	// others.
	ClusterTag string
	Cluster    string

	// OwnerTag is the key of the tag that holds the UID of the object that the
	// ENI was made for.
	OwnerTag string
}

// eniCache is what EC2 said last of this cluster's ENIs. All looks at ENIs go
// through it: one at rest is served from a full look at all of them, which is
// shared; one in transit, lately changed or missing is asked for by its id,
// together with the others of its kind. No answer is older than our own last
// change of the ENI.
type eniCache struct {
	OwnershipTags

	maxAge   time.Duration
	page     pager
	absences *absenceTracker
	byID     *batcher[ec2types.NetworkInterface]
	byUID    *batcher[ec2types.NetworkInterface]
	flight   singleflight.Group

	// detached returns the context of a refresh, which serves many.
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

// owner returns the UID of the object that an ENI was made for, or "".
func (e *eniCache) owner(n *ec2types.NetworkInterface) string {
	for _, t := range n.TagSet {
		if ptr.Deref(t.Key, "") == e.OwnerTag {
			return ptr.Deref(t.Value, "")
		}
	}
	return ""
}

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

// markChanged notes that we have changed an ENI.
func (e *eniCache) markChanged(id string) {
	if id == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	e.changed[id] = now
	for k, at := range e.changed {
		if len(e.changed) < 1000 {
			break
		}
		if now.Sub(at) > changedTTL {
			delete(e.changed, k)
		}
	}
}

// get returns what EC2 says of an ENI, or nil if it knows none.
func (e *eniCache) get(ctx context.Context, id string) (*ec2types.NetworkInterface, error) {
	n, askNow := e.lookup(id)
	if n != nil {
		return n, nil
	}
	if !askNow && e.Cluster != "" {
		err := e.refresh(ctx)
		// The page that shows it may have come, whatever became of the others.
		if n, _ := e.lookup(id); n != nil {
			return n, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return e.describe(ctx, id)
}

// describe asks for one ENI by its id. That it is not there is believed when two
// looks say so, the second of a later moment: objects go, and ENIs are made
// anew, on the strength of it, and EC2's describe actions are answered by
// replicas of which one may lag.
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

// lookup returns what is known of an ENI if that is fresh enough, and otherwise
// whether to ask for this one alone rather than for all.
func (e *eniCache) lookup(id string) (n *ec2types.NetworkInterface, askNow bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	now := time.Now()
	changed, touched := e.changed[id]
	touched = touched && now.Sub(changed) < changeWindow
	s, ok := e.cached[id]
	if !ok {
		// A full look that is fresh has shown that this one is not among
		// them.
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
		return nil, e.owner(s.eni) == "" // not of ours, so not in a full look
	}
}

// inTransition says that EC2 changes the ENI without being asked.
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

// unindexLocked forgets by what else an ENI was known: its attachment may be
// another one by now, and so may the object that it is for.
func (e *eniCache) unindexLocked(n *ec2types.NetworkInterface) {
	if n.Attachment != nil {
		delete(e.byAttachment, ptr.Deref(n.Attachment.AttachmentId, ""))
	}
	if uid := e.owner(n); e.byOwner[uid] == eniID(n) {
		delete(e.byOwner, uid)
	}
}

// ownedBy returns the ENI that carries an object's mark, or nil. That there is
// none is never answered from memory: an ENI would be made a second time.
func (e *eniCache) ownedBy(ctx context.Context, uid string) (*ec2types.NetworkInterface, error) {
	e.mu.RLock()
	id, ok := e.byOwner[uid]
	e.mu.RUnlock()
	if ok {
		if n, err := e.get(ctx, id); err != nil || (n != nil && e.owner(n) == uid) {
			return n, err
		}
	}
	found, ok, asOf, err := e.byUID.get(ctx, uid)
	if err != nil || !ok {
		return nil, err
	}
	e.store(&found, asOf)
	return &found, nil
}

// idOfAttachment returns the ENI that an attachment was seen on, or "".
func (e *eniCache) idOfAttachment(attachmentID string) string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.byAttachment[attachmentID]
}

// ofCluster returns the ENIs of the cluster that were observed last.
func (e *eniCache) ofCluster() []*ec2types.NetworkInterface {
	e.mu.RLock()
	defer e.mu.RUnlock()
	out := make([]*ec2types.NetworkInterface, 0, len(e.cached))
	for _, s := range e.cached {
		if e.clusterOf(s.eni) == e.Cluster {
			out = append(out, s.eni)
		}
	}
	return out
}

// clusterOf returns the cluster that an ENI's tag names, or "".
func (e *eniCache) clusterOf(n *ec2types.NetworkInterface) string {
	for _, t := range n.TagSet {
		if ptr.Deref(t.Key, "") == e.ClusterTag {
			return ptr.Deref(t.Value, "")
		}
	}
	return ""
}

// accountOf returns the account that owns this cluster's ENIs, as EC2's answers
// about them name it, or "" if none has been observed.
func (e *eniCache) accountOf() string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, s := range e.cached {
		if owner := ptr.Deref(s.eni.OwnerId, ""); owner != "" && e.Cluster != "" && e.clusterOf(s.eni) == e.Cluster {
			return owner
		}
	}
	return ""
}

// hasOwner says that an ENI was last seen with an object's mark.
func (e *eniCache) hasOwner(id string) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	s, ok := e.cached[id]
	return ok && e.owner(s.eni) != ""
}
