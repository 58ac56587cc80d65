// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/prefixpool"
)

// Rate limit of changes to one link. Without it, a fight with another program over a
// setting would use a whole core. With it, bursts of link events are handled at once, and
// a fight uses a few percent of a core.
const (
	correctionsPerSecond = 20
	correctionsAtOnce    = 500
)

// tracker is the state of each HostInterface between reconciles: which events affect it,
// and the agent's last writes. A restart loses nothing but altNames (see the package's
// documentation).
type tracker struct {
	mu     sync.Mutex
	byName map[string]*tracked
}

type tracked struct {
	mac     string
	table   int
	indexes []int
	// event is when the first event since the last reconcile was received.
	event time.Time
	// altNames were set by this agent.
	altNames []string
	limit    *rate.Limiter
	// bindFailure is the last failed attempt to bind the userspace driver.
	bindFailure *bindFailure
	// reclaimed is when the agent first observed that the device has to be reclaimed.
	reclaimed time.Time
	// deleted is when the agent first observed the deletion.
	deleted time.Time

	// users are the users of the interface after the last reconcile.
	users []host.User
	// missing is when the agent first observed that the link with these users is missing.
	missing time.Time
	// taken are the users from which the agent took the interface.
	taken []host.User
	// mtuEvent is the last event about the MTU of pods.
	mtuEvent string
	// awaitsNamespace is true if an end or begin of a pod can change the state: the link
	// may be in a pod, or pods are waited for.
	awaitsNamespace bool

	// transient is when the agent first observed a transient problem of a ready link.
	transient time.Time
	// newLink is the index of the link, and newSince when the agent first observed it.
	newLink  int
	newSince time.Time

	// network is the network for pods, and prefixes the state of its pool of prefixes.
	network  string
	prefixes prefixpool.State

	// logged is the last line in the log about the interface, and loggedAt its time.
	logged   string
	loggedAt time.Time

	// written is the object after the agent's last write. before are the resource
	// versions that this write and the writes just before it replaced.
	written *v1alpha1.HostInterface
	before  []string
}

func newTracker() *tracker { return &tracker{byName: map[string]*tracked{}} }

func (m *tracker) get(name string) *tracked {
	r := m.byName[name]
	if r == nil {
		r = &tracked{limit: rate.NewLimiter(correctionsPerSecond, correctionsAtOnce)}
		m.byName[name] = r
	}
	return r
}

// beginReconcile records the MAC address and table of a HostInterface before the host is
// observed, so that no event is lost, and returns when the first event was received and
// the alternative names that the agent has set.
func (m *tracker) beginReconcile(name string, w desired.State) (event time.Time, altNames []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	r.mac, r.table = w.MAC, w.Table
	event, r.event = r.event, time.Time{}
	return event, slices.Clone(r.altNames)
}

// endReconcile records the outcome of a reconcile.
func (m *tracker) endReconcile(name string, w desired.State, o Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, p := m.get(name), o.Plan
	r.indexes = nil
	if p.Link.Index != 0 {
		r.indexes = append(r.indexes, p.Link.Index)
	}
	if p.Problem != nil {
		r.indexes = append(r.indexes, p.Problem.Indexes...)
	}
	if o.Failure == nil && p.Problem == nil {
		r.altNames = nil // Stale names are removed.
		r.bindFailure = nil
	}
	if !host.ReclaimsDevice(w, o.Observed.Device) {
		r.reclaimed = time.Time{}
	}
	r.altNames = slices.Compact(slices.Sorted(slices.Values(slices.Concat(r.altNames, w.AltNames))))
}

// reserve reserves a token for a change, or returns the delay until one is available.
func (m *tracker) reserve(name string, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name).limit.ReserveN(now, 1)
	d := r.DelayFrom(now)
	if d > 0 {
		r.CancelAt(now)
	}
	return d
}

// reclaimedSince returns when the agent first observed that the device has to be
// reclaimed.
func (m *tracker) reclaimedSince(name string, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	if r.reclaimed.IsZero() {
		r.reclaimed = now
	}
	return r.reclaimed
}

// deletedSince returns when the agent first observed the deletion, by its own clock: the
// deletionTimestamp is by the API server's clock. A restart of the agent extends the
// wait, but never shortens it.
func (m *tracker) deletedSince(name string, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	if r.deleted.IsZero() {
		r.deleted = now
	}
	return r.deleted
}

// clearDeleted records that a HostInterface is not being deleted: it may have replaced a
// deleted one of the same name.
func (m *tracker) clearDeleted(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.get(name).deleted = time.Time{}
}

// prefixState returns the state of the pool of prefixes of a network, and records the network
// of the HostInterface.
func (m *tracker) prefixState(name, network string) *prefixpool.State {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	if r.network != network {
		r.network, r.prefixes = network, prefixpool.State{}
	}
	return &r.prefixes
}

// ofNetwork returns the HostInterfaces with a network for pods.
func (m *tracker) ofNetwork(network string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for name, r := range m.byName {
		if r.network == network {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// names returns the names of all tracked HostInterfaces.
func (m *tracker) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.byName))
}

// forget drops a deleted HostInterface.
func (m *tracker) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.byName, name)
}

// recordWrite records a write and the resource version that it replaced.
func (m *tracker) recordWrite(before string, after *v1alpha1.HostInterface) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(after.Name)
	if r.written == nil || r.written.ResourceVersion != before {
		r.before = nil // The cache had all writes of the agent, and later ones.
	}
	r.before, r.written = append(r.before, before), after.DeepCopy()
}

// latest returns the object after the agent's last write if the cache is stale: with the
// older version the agent would repeat the write.
func (m *tracker) latest(cached *v1alpha1.HostInterface) *v1alpha1.HostInterface {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(cached.Name)
	if r.written != nil && r.written.UID == cached.UID && slices.Contains(r.before, cached.ResourceVersion) {
		return r.written.DeepCopy()
	}
	r.written, r.before = nil, nil
	return cached
}

// affected returns the HostInterfaces that an event may affect, and records when it was
// received.
func (m *tracker) affected(e link.Event) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for name, r := range m.byName {
		concerned := true
		switch e.Subject {
		case link.SubjectLink:
			concerned = r.mac == e.MAC || slices.Contains(r.indexes, e.LinkIndex)
		case link.SubjectAddress:
			concerned = slices.Contains(r.indexes, e.LinkIndex)
		case link.SubjectTable:
			concerned = r.table == e.Table
		case link.SubjectNamespace:
			concerned = r.awaitsNamespace
		case link.SubjectAll, link.SubjectDefault:
		}
		if !concerned {
			continue
		}
		if r.event.IsZero() {
			r.event = e.Received
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
