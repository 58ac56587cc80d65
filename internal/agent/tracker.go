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
)

// How often one link may be put right. Without a bound, another program that
// insists on something else would keep a core busy. The numbers are ours:
// storms of link events pass, a quarrel settles at a few percent of a core.
const (
	correctionsPerSecond = 20
	correctionsAtOnce    = 500
)

// tracker is what the agent knows of each HostInterface beyond its object: which
// news concerns it, and what the agent last did. Losing it costs nothing but a
// look at the host, and the names in altNames (see the package's doc).
type tracker struct {
	mu     sync.Mutex
	byName map[string]*tracked
}

type tracked struct {
	mac     string
	table   int
	indexes []int
	// event is when the first event since the last look arrived.
	event time.Time
	// altNames were set by this agent.
	altNames []string
	limit    *rate.Limiter
	// bindFailure is why the device has no userspace driver, though one is wanted.
	bindFailure *bindFailure
	// reclaimed is since when the device is to be taken from pods that may have it.
	reclaimed time.Time
	// deleted is when the agent first observed the deletion.
	deleted time.Time

	// written is the object as the last write left it, and before the resource
	// versions that this write and those just before it were made on.
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

// beginReconcile notes what a HostInterface is about before the host is looked at, so
// that news during the look is not lost, and returns when the first news that
// led to the look arrived.
func (m *tracker) beginReconcile(name string, w desired.State) (event time.Time, altNames []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	r.mac, r.table = w.MAC, w.Table
	event, r.event = r.event, time.Time{}
	return event, slices.Clone(r.altNames)
}

// endReconcile notes what a look found.
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
		r.altNames = nil // Those no longer wanted are gone.
		r.bindFailure = nil
	}
	if !host.ReclaimsDevice(w, o.Observed.Device) {
		r.reclaimed = time.Time{}
	}
	r.altNames = slices.Compact(slices.Sorted(slices.Values(slices.Concat(r.altNames, w.AltNames))))
}

// reserve says how long to wait before the host is changed again.
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

// reclaimedSince returns since when the device is to be taken from pods.
func (m *tracker) reclaimedSince(name string, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	if r.reclaimed.IsZero() {
		r.reclaimed = now
	}
	return r.reclaimed
}

// deletedSince returns when the agent first observed the deletion. It is the agent's
// own time: the deletion's timestamp is by the clock of the API server. An agent
// that restarts begins again, which makes the wait longer, never shorter.
func (m *tracker) deletedSince(name string, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	if r.deleted.IsZero() {
		r.deleted = now
	}
	return r.deleted
}

// clearDeleted notes that a HostInterface is not being deleted: it may have the name of
// another that was.
func (m *tracker) clearDeleted(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.get(name).deleted = time.Time{}
}

// names returns the HostInterfaces that the agent knows.
func (m *tracker) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.byName))
}

// forget drops a HostInterface that is gone.
func (m *tracker) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.byName, name)
}

// recordWrite notes a write and the resource version that it was made on.
func (m *tracker) recordWrite(before string, after *v1alpha1.HostInterface) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(after.Name)
	if r.written == nil || r.written.ResourceVersion != before {
		r.before = nil // The cache has seen our writes, and others since.
	}
	r.before, r.written = append(r.before, before), after.DeepCopy()
}

// latest returns the object as the agent itself last wrote it if the cache has
// not heard of the write yet: from the older one the agent would write again.
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

// affected returns the HostInterfaces that an event may matter to, and notes
// when it arrived.
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
