package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// Who writes to the API server.
const (
	whoProvider = "provider"
	whoAgents   = "agents"
	whoBench    = "bench"
	whoOthers   = "others" // the API server itself, which renews a Lease
)

// userAgentAgents is the user agent of the agents that are not real: they are
// the same administrator as the bench itself.
const userAgentAgents = "bench-agents"

// auditPolicy has the API server log every write, when it is answered. Reads are
// many and cost etcd little; token requests are the bench's own.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
omitManagedFields: true
rules:
- level: None
  verbs: [get, list, watch]
- level: Metadata
`

// A write is a kind of request that changes what the API server holds.
type write struct {
	Who      string `json:"who"`
	Verb     string `json:"verb"`
	Resource string `json:"resource"`
	// Refused is one that changed nothing, such as a conflict. It costs all the
	// same.
	Refused bool `json:"refused,omitempty"`
}

// writes are how many there were of each kind.
type writes map[write]int

// since returns what is new since an earlier look.
func (w writes) since(before writes) writes {
	out := writes{}
	for k, n := range w {
		if d := n - before[k]; d > 0 {
			out[k] = d
		}
	}
	return out
}

// by is how many there are of the given writers.
func (w writes) by(who ...string) int {
	n := 0
	for k, v := range w {
		for _, x := range who {
			if k.Who == x {
				n += v
			}
		}
	}
	return n
}

// An auditLog is a Writer that reads the API server's audit log, a JSON object
// on each line, and counts.
type auditLog struct {
	mu      sync.Mutex
	partial []byte
	counts  writes
	last    map[string]time.Time // by who
	broken  int                  // lines that are no audit event
	now     func() time.Time
}

func newAuditLog() *auditLog {
	return &auditLog{counts: writes{}, last: map[string]time.Time{}, now: time.Now}
}

// Write takes the next bytes of the log; a line may come in pieces.
func (a *auditLog) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.partial = append(a.partial, p...)
	for {
		line, rest, ok := bytes.Cut(a.partial, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		a.line(line)
		a.partial = rest
	}
}

func (a *auditLog) line(line []byte) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	w, ok, err := parseAudit(line)
	if err != nil {
		a.broken++
		return
	}
	if ok {
		a.counts[w]++
		a.last[w.Who] = a.now()
	}
}

// snapshot returns the counts so far.
func (a *auditLog) snapshot() writes {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.counts)
}

// lastBy is when somebody last wrote.
func (a *auditLog) lastBy(who string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last[who]
}

// unreadable is how many lines could not be read.
func (a *auditLog) unreadable() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.broken
}

// auditEvent is what is read of an audit event.
type auditEvent struct {
	Stage string `json:"stage"`
	Verb  string `json:"verb"`
	User  struct {
		Username string `json:"username"`
	} `json:"user"`
	UserAgent string `json:"userAgent"`
	ObjectRef struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// parseAudit reads a line of the audit log. It is not ok for an event that is
// no write.
func parseAudit(line []byte) (w write, ok bool, err error) {
	var e auditEvent
	if err := json.Unmarshal(line, &e); err != nil {
		return write{}, false, err
	}
	if e.Stage != "ResponseComplete" && e.Stage != "Panic" {
		return write{}, false, nil
	}
	switch e.Verb {
	case "create", "update", "patch", "apply", "delete", "deletecollection":
	default:
		return write{}, false, nil
	}
	w = write{Who: writer(e.User.Username, e.UserAgent), Verb: e.Verb, Resource: e.ObjectRef.Resource, Refused: e.ResponseStatus.Code >= 400}
	if e.ObjectRef.Subresource != "" {
		w.Resource += "/" + e.ObjectRef.Subresource
	}
	return w, true, nil
}

// writer tells who a request is from.
func writer(user, userAgent string) string {
	const accounts = "system:serviceaccount:" + testbed.Namespace + ":"
	switch {
	case user == accounts+testbed.ProviderServiceAccount:
		return whoProvider
	case user == accounts+testbed.AgentServiceAccount, strings.HasPrefix(userAgent, userAgentAgents):
		return whoAgents
	case strings.HasPrefix(user, "system:"):
		return whoOthers
	default:
		return whoBench
	}
}
