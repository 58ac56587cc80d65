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

	// lately is for how long after one of our own changes EC2 is asked about
	// an ENI each time: its describe actions may not show the change yet.
	lately = 30 * time.Second

	// burstAge merges looks at an ENI in transit that come together.
	burstAge = 250 * time.Millisecond

	// forgetAfter is for how long our changes are remembered.
	forgetAfter = 10 * time.Minute
)

// Marks are the tags by which a cluster's ENIs are known.
type Marks struct {
	// ClusterTag is the key of the tag that names the cluster, and Cluster its
	// value. Without them each ENI is asked for by its id, together with
	// others.
	ClusterTag string
	Cluster    string

	// OwnerTag is the key of the tag that holds the UID of the object that the
	// ENI was made for.
	OwnerTag string
}

// enis is what EC2 said last of this cluster's ENIs. All looks at ENIs go
// through it: one at rest is served from a full look at all of them, which is
// shared; one in transit, lately changed or missing is asked for by its id,
// together with the others of its kind. No answer is older than our own last
// change of the ENI.
type enis struct {
	Marks

	maxAge   time.Duration
	page     pager
	absences *absences
	byID     *batcher[ec2types.NetworkInterface]
	byUID    *batcher[ec2types.NetworkInterface]
	flight   singleflight.Group

	// detached returns the context of a refresh, which serves many.
	detached detacher

	mu           sync.RWMutex
	known        map[string]seenENI
	ofAttachment map[string]string // attachment id -> ENI id
	ofOwner      map[string]string // UID of the object -> ENI id
	changed      map[string]time.Time
	refreshed    time.Time
}

type seenENI struct {
	eni  *ec2types.NetworkInterface
	asOf time.Time
}

func newENIs(page pager) *enis {
	e := &enis{
		maxAge: snapshotAge, page: page, detached: detach,
		known: map[string]seenENI{}, ofAttachment: map[string]string{}, ofOwner: map[string]string{}, changed: map[string]time.Time{},
	}
	e.byID = &batcher[ec2types.NetworkInterface]{describe: e.describeBy("network-interface-id", eniID)}
	e.byUID = &batcher[ec2types.NetworkInterface]{describe: func(ctx context.Context, uids []string) (map[string]ec2types.NetworkInterface, error) {
		return e.describeBy("tag:"+e.OwnerTag, e.owner)(ctx, uids)
	}}
	return e
}

func (e *enis) observe(m *Metrics) {
	e.byID.observe = func(n int) { m.batched("NetworkInterface", n) }
	e.byUID.observe = func(n int) { m.batched("Owner", n) }
}

func eniID(n *ec2types.NetworkInterface) string { return ptr.Deref(n.NetworkInterfaceId, "") }

// owner returns the UID of the object that an ENI was made for, or "".
func (e *enis) owner(n *ec2types.NetworkInterface) string {
	for _, t := range n.TagSet {
		if ptr.Deref(t.Key, "") == e.OwnerTag {
			return ptr.Deref(t.Value, "")
		}
	}
	return ""
}

func (e *enis) describeBy(name string, key func(*ec2types.NetworkInterface) string) func(context.Context, []string) (map[string]ec2types.NetworkInterface, error) {
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

// touch notes that we have changed an ENI.
func (e *enis) touch(id string) {
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
		if now.Sub(at) > forgetAfter {
			delete(e.changed, k)
		}
	}
}

// get returns what EC2 says of an ENI, or nil if it knows none.
func (e *enis) get(ctx context.Context, id string) (*ec2types.NetworkInterface, error) {
	n, askNow := e.recall(id)
	if n != nil {
		return n, nil
	}
	if !askNow && e.Cluster != "" {
		err := e.refresh(ctx)
		// The page that shows it may have come, whatever became of the others.
		if n, _ := e.recall(id); n != nil {
			return n, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return e.ask(ctx, id)
}

// ask asks for one ENI by its id. That it is not there is believed when two
// looks say so, the second of a later moment: objects go, and ENIs are made
// anew, on the strength of it, and EC2's describe actions are answered by
// replicas of which one may lag.
func (e *enis) ask(ctx context.Context, id string) (*ec2types.NetworkInterface, error) {
	var asOf time.Time
	for range 2 {
		found, ok, at, err := e.byID.ask(ctx, id)
		if err != nil {
			return nil, err
		}
		if ok {
			e.note(&found, at)
			return &found, nil
		}
		asOf = at
	}
	e.forget(id, asOf)
	e.absences.absent(id, asOf)
	return nil, nil
}

// recall returns what is known of an ENI if that is fresh enough, and otherwise
// whether to ask for this one alone rather than for all.
func (e *enis) recall(id string) (n *ec2types.NetworkInterface, askNow bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	now := time.Now()
	changed, touched := e.changed[id]
	touched = touched && now.Sub(changed) < lately
	s, ok := e.known[id]
	if !ok {
		// A full look that is fresh has shown that this one is not among
		// them.
		return nil, touched || now.Sub(e.refreshed) < e.maxAge
	}
	switch {
	case !s.asOf.After(changed):
		return nil, true
	case touched || inTransit(s.eni):
		if now.Sub(s.asOf) < burstAge {
			return s.eni, false
		}
		return nil, true
	case now.Sub(s.asOf) < e.maxAge:
		return s.eni, false
	default:
		return nil, e.owner(s.eni) == "" // not of ours, so not in a full look
	}
}

// inTransit says that EC2 changes the ENI without being asked.
func inTransit(n *ec2types.NetworkInterface) bool {
	if n.Status != ec2types.NetworkInterfaceStatusAvailable && n.Status != ec2types.NetworkInterfaceStatusInUse {
		return true
	}
	return n.Attachment != nil && n.Attachment.Status != ec2types.AttachmentStatusAttached
}

func (e *enis) refreshedAt() time.Time {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.refreshed
}

func (e *enis) note(n *ec2types.NetworkInterface, asOf time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.noteLocked(n, asOf)
}

func (e *enis) noteLocked(n *ec2types.NetworkInterface, asOf time.Time) {
	id := eniID(n)
	old, ok := e.known[id]
	if ok && old.asOf.After(asOf) {
		return
	}
	if ok {
		e.unindexLocked(old.eni)
	}
	e.absences.present(id)
	if n.Attachment != nil {
		e.ofAttachment[ptr.Deref(n.Attachment.AttachmentId, "")] = id
	}
	if uid := e.owner(n); uid != "" {
		e.ofOwner[uid] = id
	}
	e.known[id] = seenENI{eni: n, asOf: asOf}
}

func (e *enis) forget(id string, asOf time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.known[id]; ok && !s.asOf.After(asOf) {
		e.forgetLocked(id)
	}
}

func (e *enis) forgetLocked(id string) {
	e.unindexLocked(e.known[id].eni)
	delete(e.known, id)
}

// unindexLocked forgets by what else an ENI was known: its attachment may be
// another one by now, and so may the object that it is for.
func (e *enis) unindexLocked(n *ec2types.NetworkInterface) {
	if n.Attachment != nil {
		delete(e.ofAttachment, ptr.Deref(n.Attachment.AttachmentId, ""))
	}
	if uid := e.owner(n); e.ofOwner[uid] == eniID(n) {
		delete(e.ofOwner, uid)
	}
}

// ownedBy returns the ENI that carries an object's mark, or nil. That there is
// none is never answered from memory: an ENI would be made a second time.
func (e *enis) ownedBy(ctx context.Context, uid string) (*ec2types.NetworkInterface, error) {
	e.mu.RLock()
	id, ok := e.ofOwner[uid]
	e.mu.RUnlock()
	if ok {
		if n, err := e.get(ctx, id); err != nil || (n != nil && e.owner(n) == uid) {
			return n, err
		}
	}
	found, ok, asOf, err := e.byUID.ask(ctx, uid)
	if err != nil || !ok {
		return nil, err
	}
	e.note(&found, asOf)
	return &found, nil
}

// idOfAttachment returns the ENI that an attachment was seen on, or "".
func (e *enis) idOfAttachment(attachmentID string) string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.ofAttachment[attachmentID]
}

// all returns the ENIs of the cluster that were observed last.
func (e *enis) all() []*ec2types.NetworkInterface {
	e.mu.RLock()
	defer e.mu.RUnlock()
	out := make([]*ec2types.NetworkInterface, 0, len(e.known))
	for _, s := range e.known {
		if e.clusterOf(s.eni) == e.Cluster {
			out = append(out, s.eni)
		}
	}
	return out
}

// clusterOf returns the cluster that an ENI's tag names, or "".
func (e *enis) clusterOf(n *ec2types.NetworkInterface) string {
	for _, t := range n.TagSet {
		if ptr.Deref(t.Key, "") == e.ClusterTag {
			return ptr.Deref(t.Value, "")
		}
	}
	return ""
}

// accountOf returns the account that owns this cluster's ENIs, as EC2's answers
// about them name it, or "" if none has been observed.
func (e *enis) accountOf() string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, s := range e.known {
		if owner := ptr.Deref(s.eni.OwnerId, ""); owner != "" && e.Cluster != "" && e.clusterOf(s.eni) == e.Cluster {
			return owner
		}
	}
	return ""
}

// ours says that an ENI was last seen with an object's mark.
func (e *enis) ours(id string) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	s, ok := e.known[id]
	return ok && e.owner(s.eni) != ""
}
