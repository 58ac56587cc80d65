// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Fault is a rule that injects faults into calls. All matching rules apply to a call: delays add up, and the first
// rule with an error determines the error.
type Fault struct {
	// Action to match; "" or "*" matches any.
	Action string `json:"action,omitempty"`
	// ResourceID matches only calls with this parameter value.
	ResourceID string `json:"resourceID,omitempty"`
	// AccessKeyID matches only calls with this access key.
	AccessKeyID string `json:"accessKeyID,omitempty"`
	// Nth matches only the n-th matching call, counted from 1 since the injection. 0 matches every call. A rule with
	// Nth or Count does not apply to dry runs, nor count them.
	Nth int `json:"nth,omitempty"`
	// Count is the maximum number of times that the rule fires. 0 is unlimited.
	Count int `json:"count,omitempty"`
	// Probability that the rule fires on a matching call. 0 is always.
	Probability float64 `json:"probability,omitempty"`
	// Code of the error; empty injects no error.
	Code string `json:"code,omitempty"`
	// Message of the error. Default: a sentence with the code. An encoded authorization message, which differs each
	// time, is appended to the message of UnauthorizedOperation.
	Message string `json:"message,omitempty"`
	// HTTPStatus of the error. Default: EC2's status of the code, else 400.
	HTTPStatus int `json:"httpStatus,omitempty"`
	// Delay before the call takes effect.
	Delay time.Duration `json:"delay,omitempty"`
	// LoseResponse cuts the connection after the call takes effect, without a response.
	LoseResponse bool `json:"loseResponse,omitempty"`
	// Drop cuts the connection before the call takes effect.
	Drop bool `json:"drop,omitempty"`
	// Ignore returns success without an effect, for actions that return only true.
	Ignore bool `json:"ignore,omitempty"`
	// Omit is the share of resources that are omitted from responses to describe calls without identifiers, as if they
	// did not exist; 1 is an empty response. Each resource is omitted from all responses to which the rule applies, or
	// from none.
	Omit float64 `json:"omit,omitempty"`
	// OmitIDs are resources that are omitted in the same way.
	OmitIDs []string `json:"omitIDs,omitempty"`
}

// A FaultHandle is an injected rule.
type FaultHandle struct {
	// ID is unique for the life of the Server.
	ID uint64

	faults *faults
}

// Remove removes the rule. It is idempotent.
func (h FaultHandle) Remove() { h.faults.remove(h.ID) }

// Fired returns how often the rule has fired; 0 after its removal.
func (h FaultHandle) Fired() int { return h.faults.fired(h.ID) }

// An Outage is a fault of the whole endpoint.
type Outage string

const (
	// OutageNone is normal service.
	OutageNone Outage = ""
	// OutageUnavailable returns 503 Unavailable for every call.
	OutageUnavailable Outage = "Unavailable"
	// OutageCut cuts every connection without a response.
	OutageCut Outage = "Cut"
)

type rule struct {
	Fault

	id    uint64
	seen  int
	fired int
}

type faults struct {
	mu     sync.Mutex
	rng    *rand.Rand
	last   uint64
	rules  []*rule
	outage Outage
}

// An outcome is the combined effect of the rules on one call.
type outcome struct {
	err   error
	delay time.Duration
	lose  bool
	drop  bool
	// ignore is true if the call returns success without an effect.
	ignore bool
	rule   uint64
	omits  []*rule
}

func newFaults(seed uint64) *faults {
	return &faults{rng: rand.New(rand.NewPCG(seed, ^seed))} //nolint:gosec // Repeatable on purpose.
}

func (f *faults) inject(r Fault) FaultHandle {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.rules = append(f.rules, &rule{Fault: r, id: f.last})
	return FaultHandle{ID: f.last, faults: f}
}

func (f *faults) remove(id uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = slices.DeleteFunc(f.rules, func(r *rule) bool { return r.id == id })
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

func (f *faults) fired(id uint64) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if r.id == id {
			return r.fired
		}
	}
	return 0
}

// evaluate returns the combined effect of the rules on a call.
func (f *faults) evaluate(action, accessKeyID string, p params) outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := outcome{drop: f.outage == OutageCut}
	if f.outage == OutageUnavailable {
		v.err = errUnavailable()
	}
	for _, r := range f.rules {
		if !r.matches(action, accessKeyID, p) || !r.fires(f.rng) {
			continue
		}
		v.rule = cmp.Or(v.rule, r.id)
		v.delay += r.Delay
		v.lose = v.lose || r.LoseResponse
		v.drop = v.drop || r.Drop
		v.ignore = v.ignore || r.Ignore
		if r.Omit > 0 || len(r.OmitIDs) > 0 {
			v.omits = append(v.omits, r)
		}
		if v.err == nil && r.Code != "" {
			v.err = r.failure()
		}
	}
	return v
}

// omitted reports whether a resource is omitted from the response.
func (v outcome) omitted(id string) bool {
	for _, r := range v.omits {
		h := fnv.New64a()
		_, _ = h.Write(fmt.Appendf(nil, "%d %s", r.id, id))
		if slices.Contains(r.OmitIDs, id) || float64(h.Sum64()>>11)/(1<<53) < r.Omit {
			return true
		}
	}
	return false
}

func (r *rule) matches(action, accessKeyID string, p params) bool {
	if r.Action != "" && r.Action != "*" && r.Action != action {
		return false
	}
	if r.AccessKeyID != "" && r.AccessKeyID != accessKeyID {
		return false
	}
	if dry, err := p.boolean("DryRun", false); err == nil && dry && (r.Nth > 0 || r.Count > 0) {
		return false
	}
	if r.ResourceID == "" {
		return true
	}
	for _, values := range p {
		if slices.Contains(values, r.ResourceID) {
			return true
		}
	}
	return false
}

func (r *rule) fires(rng *rand.Rand) bool {
	r.seen++
	if r.Nth > 0 && r.seen != r.Nth {
		return false
	}
	if r.Count > 0 && r.fired >= r.Count {
		return false
	}
	if r.Probability > 0 && rng.Float64() >= r.Probability {
		return false
	}
	r.fired++
	return true
}

func (r *rule) failure() error {
	status := r.HTTPStatus
	if status == 0 {
		status = http.StatusBadRequest
		switch r.Code {
		case "RequestLimitExceeded", "Unavailable", "ServiceUnavailable", "InsufficientInstanceCapacity":
			status = http.StatusServiceUnavailable
		case "InternalError", "InternalFailure":
			status = http.StatusInternalServerError
		case "UnauthorizedOperation":
			status = http.StatusForbidden
		case "AuthFailure":
			status = http.StatusUnauthorized
		}
	}
	message := cmp.Or(r.Message, "Injected "+r.Code+".")
	if r.Code == "UnauthorizedOperation" {
		message += " Encoded authorization failure message: " + r.encoded()
	}
	return statusf(status, r.Code, "%s", message)
}

// encoded returns a stand-in for EC2's encoded authorization message, which is long and differs each time.
func (r *rule) encoded() string {
	return base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "rule %d has fired for the %dth time; decoding requires the permission sts:DecodeAuthorizationMessage", r.id, r.fired))
}

// Inject adds a rule. It applies until its handle or RemoveFaults removes it.
func (s *Server) Inject(f Fault) FaultHandle { return s.faults.inject(f) }

// RemoveFaults removes every rule.
func (s *Server) RemoveFaults() { s.faults.clear() }

// SetOutage starts or ends an outage of the whole endpoint.
func (s *Server) SetOutage(o Outage) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.outage = o
}
