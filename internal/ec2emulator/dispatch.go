// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	// ec2Version is the version of the emulated API.
	ec2Version   = "2016-11-15"
	ec2Namespace = "http://ec2.amazonaws.com/doc/" + ec2Version + "/"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	controlPath  = "/_emulator/"
	// maxBody is well above the size of the largest request of a client.
	maxBody = 4 << 20
)

// An action is one API of EC2 or STS.
type action struct {
	// sts actions use STS's response format and are not throttled.
	sts      bool
	mutating bool
	// parameters are the known parameters; nil accepts any.
	parameters map[string]bool
	run        func(*call) ([]node, error)
}

// A call is the context of one request. It embeds the cloud, whose lock is held while the action runs.
type call struct {
	*cloud

	params params
	who    identity
	// sessions is used by STS actions only.
	sessions *sessions
	entry    Call
	// outcome is the combined effect of the injected faults.
	outcome outcome
	// began is the time of the request, on the real clock.
	began time.Time
}

// dry returns an error if the call is a DryRun. Actions call it after validation and before the first change.
func (c *call) dry() error {
	if c.entry.DryRun {
		return errDryRun()
	}
	return nil
}

// touch records the resources of a call in the ledger.
func (c *call) touch(ids ...string) { c.entry.ResourceIDs = append(c.entry.ResourceIDs, ids...) }

// ServeHTTP serves EC2, STS, Service Quotas and the control surface.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.running.Done()
	began := time.Now()
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if strings.HasPrefix(r.URL.Path, controlPath) {
		s.control(w, r)
		return
	}
	if strings.HasPrefix(r.Header.Get("X-Amz-Target"), quotasTarget) {
		s.serveQuotas(w, r, began)
		return
	}
	c := &call{cloud: s.cloud, sessions: s.sessions, began: began, entry: Call{UserAgent: r.UserAgent()}}
	if err := r.ParseForm(); err != nil {
		s.reply(w, c, false, nil, failf("MalformedQueryString", "The query string contains a syntax error: %s", err))
		return
	}
	c.params = params(r.Form)
	c.entry.Action, c.entry.Parameters = c.params.str("Action"), c.params.withoutAuth()
	c.entry.DryRun, _ = c.params.boolean("DryRun", false) // perform rejects other values
	a, err := s.admit(c, r)
	if err != nil {
		s.reply(w, c, a.sts, nil, err)
		return
	}
	v := s.faults.evaluate(c.entry.Action, c.entry.AccessKeyID, c.params)
	c.entry.Fault, c.outcome = v.rule, v
	if v.drop || !s.wait(v.delay) {
		s.cut(c)
	}
	nodes, err := s.run(c, a, v.err, v.lose)
	if v.lose {
		panic(http.ErrAbortHandler)
	}
	s.write(w, c, a.sts, nodes, err)
}

// admit resolves the action and the caller of a call and throttles it, in EC2's order.
func (s *Server) admit(c *call, r *http.Request) (action, error) {
	a, known := s.actions[c.entry.Action]
	c.entry.Mutating = a.mutating
	who, err := s.identify(r, a)
	if err != nil {
		return a, err
	}
	c.who, c.entry.AccessKeyID = who, who.accessKeyID
	switch {
	case c.entry.Action == "":
		return a, failf("MissingAction", "The request must contain the parameter Action")
	case !known:
		return a, failf("InvalidAction", "The action %s is not valid for this web service.", c.entry.Action)
	case a.sts:
	case c.params.str("Version") == "":
		return a, errMissing("Version")
	case c.params.str("Version") != ec2Version:
		return a, failf("NoSuchVersion", "The requested version (%s) of service AmazonEC2 does not exist", c.params.str("Version"))
	}
	if s.throttle.Load() && !a.sts && !s.limiter.allow(s.clock.Now(), who.account, s.opts.Region, c.entry.Action, c.params) {
		c.entry.Throttled = true
		return a, errThrottled()
	}
	return a, nil
}

// run executes the call, and writes the ledger before it releases the lock, so that the ledger is in the order of
// effects.
func (s *Server) run(c *call, a action, injected error, lose bool) ([]node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	nodes, err := []node(nil), injected
	if err == nil {
		c.settle(s.clock.Now())
		nodes, err = c.perform(a)
	}
	c.entry.Committed = a.mutating && err == nil && !c.entry.Repeated && !c.outcome.ignore
	c.entry.Lost = lose
	s.record(c, err)
	if c.entry.Committed {
		s.changed()
	}
	return nodes, err
}

func (c *call) perform(a action) ([]node, error) {
	if a.parameters != nil {
		if name := c.params.unknown(a.parameters); name != "" {
			return nil, failf("UnknownParameter", "The parameter %s is not recognized", name)
		}
	}
	if _, err := c.params.boolean("DryRun", false); err != nil {
		return nil, err
	}
	if c.outcome.ignore {
		return []node{leaf("return", true)}, nil
	}
	return a.run(c)
}

// cut closes the connection without a response.
func (s *Server) cut(c *call) {
	c.entry.Lost = true
	s.record(c, nil)
	panic(http.ErrAbortHandler)
}

// reply records and answers a call that was rejected before its action.
func (s *Server) reply(w http.ResponseWriter, c *call, sts bool, nodes []node, err error) {
	s.record(c, err)
	s.write(w, c, sts, nodes, err)
}

func (s *Server) record(c *call, err error) {
	c.entry.Time, c.entry.Status = s.clock.Now(), http.StatusOK
	if e := asAPIError(err); e != nil {
		c.entry.Code, c.entry.Message, c.entry.Status = e.code, e.message, e.status
	}
	if c.entry.Lost {
		c.entry.Status = 0
	}
	s.ledger.add(c.entry)
}

// write writes a response. It does not read the cloud, as the lock is not held; nodes are values.
func (s *Server) write(w http.ResponseWriter, c *call, sts bool, nodes []node, err error) {
	id := uuid.NewString()
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.Header().Set("X-Amzn-Requestid", id)
	var body []byte
	status := http.StatusOK
	name := c.entry.Action
	switch e := asAPIError(err); {
	case e != nil && sts:
		status = e.status
		body = document("ErrorResponse", stsNamespace,
			el("Error", leaf("Type", "Sender"), leaf("Code", e.code), leaf("Message", e.message)), leaf("RequestId", id))
	case e != nil:
		status = e.status
		body = document("Response", "",
			el("Errors", el("Error", leaf("Code", e.code), leaf("Message", e.message))), leaf("RequestID", id))
	case sts:
		body = document(name+"Response", stsNamespace,
			el(name+"Result", nodes...), el("ResponseMetadata", leaf("RequestId", id)))
	default:
		body = document(name+"Response", ec2Namespace, append([]node{leaf("requestId", id)}, nodes...)...)
	}
	time.Sleep(s.opts.Latency - time.Since(c.began)) //nolint:forbidigo // this is the latency that a real endpoint has
	w.WriteHeader(status)
	// The client may have disconnected; the result is in the ledger.
	_, _ = w.Write(body)
}
