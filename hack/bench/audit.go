// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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
	whoOthers   = "others" // the API server itself, for its Lease
)

// userAgentAgents is the user agent of the simulated agents, which have
// the user of the bench itself.
const userAgentAgents = "bench-agents"

// auditPolicy logs every write after its response. Reads are
// frequent and cheap for etcd; only the bench itself requests tokens.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
omitManagedFields: true
rules:
- level: None
  verbs: [get, list, watch]
- level: Metadata
`

// A write is a kind of mutating request to the API server.
type write struct {
	Who      string `json:"who"`
	Verb     string `json:"verb"`
	Resource string `json:"resource"`
	// Rejected is true if the request changed nothing, such as a conflict. It still
	// has a cost.
	Rejected bool `json:"rejected,omitempty"`
}

// writes are the numbers of requests by kind.
type writes map[write]int

// since returns the difference from an earlier snapshot.
func (w writes) since(before writes) writes {
	out := writes{}
	for k, n := range w {
		if d := n - before[k]; d > 0 {
			out[k] = d
		}
	}
	return out
}

// by returns the number of writes of the given writers.
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

// An auditLog is a Writer that parses the API server's audit log, one JSON object
// per line, and counts writes.
type auditLog struct {
	mu      sync.Mutex
	partial []byte
	counts  writes
	last    map[string]time.Time // by who
	broken  int                  // lines that are not audit events
	now     func() time.Time
}

func newAuditLog() *auditLog {
	return &auditLog{counts: writes{}, last: map[string]time.Time{}, now: time.Now}
}

// Write parses the next bytes of the log, which may end within a line.
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
		a.count(w)
	}
}

// count counts a write. The caller holds a.mu.
func (a *auditLog) count(w write) {
	a.counts[w]++
	a.last[w.Who] = a.now()
}

// add counts a write.
func (a *auditLog) add(w write) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count(w)
}

// snapshot returns the counts so far.
func (a *auditLog) snapshot() writes {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.counts)
}

// lastBy returns the time of a writer's last write.
func (a *auditLog) lastBy(who string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last[who]
}

// unreadable returns the number of invalid lines.
func (a *auditLog) unreadable() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.broken
}

// An auditEvent contains the relevant fields of an audit event.
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

// parseAudit parses a line of the audit log. ok is false for an event that is
// not a write.
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
	w = write{Who: writer(e.User.Username, e.UserAgent), Verb: e.Verb, Resource: e.ObjectRef.Resource, Rejected: e.ResponseStatus.Code >= 400}
	if e.ObjectRef.Subresource != "" {
		w.Resource += "/" + e.ObjectRef.Subresource
	}
	return w, true, nil
}

// writer returns the writer of a request.
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
