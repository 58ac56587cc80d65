package ec2

import (
	"slices"
	"sync"
	"time"
)

const (
	// visibleWithin is how long EC2's describe actions may miss what has just
	// been attached.
	visibleWithin = 2 * time.Second

	// recentFor is for how long an attachment is remembered: until every
	// answer about its instance is from after it was visible.
	recentFor = instanceAge + visibleWithin
)

// recent remembers what has just been attached, by instance.
type recent struct {
	mu         sync.Mutex
	byInstance map[string][]attached
}

type attached struct {
	InstanceInterface

	at      time.Time
	visible time.Time // answers from after this show it, or show that it is gone
}

func newRecent() *recent { return &recent{byInstance: map[string][]attached{}} }

func (r *recent) add(instanceID string, n InstanceInterface) {
	r.mu.Lock()
	defer r.mu.Unlock()
	as := slices.DeleteFunc(r.fresh(instanceID), func(a attached) bool { return a.NetworkInterfaceID == n.NetworkInterfaceID })
	r.byInstance[instanceID] = append(as, attached{InstanceInterface: n, at: time.Now(), visible: time.Now().Add(visibleWithin)})
}

// amend adds to what EC2 said of an instance at a time what it may not have
// shown then.
func (r *recent) amend(instanceID string, said []InstanceInterface, asOf time.Time) []InstanceInterface {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(said)
	as := r.fresh(instanceID)
	if len(as) == 0 {
		delete(r.byInstance, instanceID)
		return out
	}
	r.byInstance[instanceID] = as
	for _, a := range as {
		if asOf.After(a.visible) {
			continue
		}
		if !slices.ContainsFunc(out, func(x InstanceInterface) bool { return x.NetworkInterfaceID == a.NetworkInterfaceID }) {
			out = append(out, a.InstanceInterface)
		}
	}
	return out
}

// shown notes that EC2 has shown an attachment.
func (r *recent) shown(instanceID, networkInterfaceID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, a := range r.byInstance[instanceID] {
		if now := time.Now(); a.NetworkInterfaceID == networkInterfaceID && a.visible.After(now) {
			r.byInstance[instanceID][i].visible = now
		}
	}
}

// drop forgets an ENI that we have detached.
func (r *recent) drop(networkInterfaceID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, as := range r.byInstance {
		as = slices.DeleteFunc(as, func(a attached) bool { return a.NetworkInterfaceID == networkInterfaceID })
		if len(as) == 0 {
			delete(r.byInstance, id)
			continue
		}
		r.byInstance[id] = as
	}
}

func (r *recent) fresh(instanceID string) []attached {
	return slices.DeleteFunc(slices.Clone(r.byInstance[instanceID]), func(a attached) bool { return time.Since(a.at) >= recentFor })
}
