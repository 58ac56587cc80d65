package agent

import (
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// How often one link may be put right. Without a bound, another program that
// insists on something else would keep a core busy. The numbers are ours:
// storms of link events pass, a quarrel settles at a few percent of a core.
const (
	correctionsPerSecond = 20
	correctionsAtOnce    = 500
)

// memory is what the agent knows of each HostInterface beyond its object: which
// news concerns it, and what the agent last did. Losing it costs nothing but a
// look at the host, and the names in altNames (see the package's doc).
type memory struct {
	mu     sync.Mutex
	byName map[string]*remembered
}

type remembered struct {
	mac     string
	table   int
	indexes []int
	// event is when the first event since the last look arrived.
	event time.Time
	// altNames were set by this agent.
	altNames []string
	limit    *rate.Limiter
	// refusal is why the device has no userspace driver, though one is wanted.
	refusal *refusal
	// takes is since when the device is to be taken from pods that may have it.
	takes time.Time
	// releases is when the agent first observed the deletion.
	releases time.Time

	// written is the object as the last write left it, and before the resource
	// versions that this write and those just before it were made on.
	written *v1alpha1.HostInterface
	before  []string
}

func newMemory() *memory { return &memory{byName: map[string]*remembered{}} }

func (m *memory) get(name string) *remembered {
	r := m.byName[name]
	if r == nil {
		r = &remembered{limit: rate.NewLimiter(correctionsPerSecond, correctionsAtOnce)}
		m.byName[name] = r
	}
	return r
}

// begin notes what a HostInterface is about before the host is looked at, so
// that news during the look is not lost, and returns when the first news that
// led to the look arrived.
func (m *memory) begin(name string, w Wanted) (event time.Time, altNames []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	r.mac, r.table = w.MAC, w.Table
	event, r.event = r.event, time.Time{}
	return event, slices.Clone(r.altNames)
}

// end notes what a look found.
func (m *memory) end(name string, w Wanted, o Outcome) {
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
		r.refusal = nil
	}
	if !takesAway(w, o.Observed.Device) {
		r.takes = time.Time{}
	}
	r.altNames = slices.Compact(slices.Sorted(slices.Values(slices.Concat(r.altNames, w.AltNames))))
}

// allow says how long to wait before the host is changed again.
func (m *memory) allow(name string, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name).limit.ReserveN(now, 1)
	d := r.DelayFrom(now)
	if d > 0 {
		r.CancelAt(now)
	}
	return d
}

// taking returns since when the device is to be taken from pods.
func (m *memory) taking(name string, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	if r.takes.IsZero() {
		r.takes = now
	}
	return r.takes
}

// releasing returns when the agent first observed the deletion. It is the agent's
// own time: the deletion's timestamp is by the clock of the API server. An agent
// that restarts begins again, which makes the wait longer, never shorter.
func (m *memory) releasing(name string, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	if r.releases.IsZero() {
		r.releases = now
	}
	return r.releases
}

// lives notes that a HostInterface is not being deleted: it may have the name of
// another that was.
func (m *memory) lives(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.get(name).releases = time.Time{}
}

// names returns the HostInterfaces that the agent knows.
func (m *memory) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.byName))
}

// forget drops a HostInterface that is gone.
func (m *memory) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.byName, name)
}

// wrote notes a write and the resource version that it was made on.
func (m *memory) wrote(before string, after *v1alpha1.HostInterface) {
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
func (m *memory) latest(cached *v1alpha1.HostInterface) *v1alpha1.HostInterface {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(cached.Name)
	if r.written != nil && r.written.UID == cached.UID && slices.Contains(r.before, cached.ResourceVersion) {
		return r.written.DeepCopy()
	}
	r.written, r.before = nil, nil
	return cached
}

// concerns returns the HostInterfaces that an event may matter to, and notes
// when it arrived.
func (m *memory) concerns(e link.Event) []string {
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
