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

// A Fault is a rule that spoils calls. A call is spoiled by every rule that fires on it: their delays add up, and the
// first one with an error decides the error.
type Fault struct {
	// Action spoiled; "" or "*" is any.
	Action string `json:"action,omitempty"`
	// ResourceID spoils only calls that name it in a parameter.
	ResourceID string `json:"resourceID,omitempty"`
	// AccessKeyID spoils only calls of this caller.
	AccessKeyID string `json:"accessKeyID,omitempty"`
	// Nth spoils only the n-th call that matches, counted from 1 and from the injection. 0 is every one.
	Nth int `json:"nth,omitempty"`
	// Count is how many calls are spoiled before the rule retires. 0 is no limit.
	Count int `json:"count,omitempty"`
	// Probability that a matching call is spoiled. 0 is always.
	Probability float64 `json:"probability,omitempty"`
	// Code of the error; empty injects no error.
	Code string `json:"code,omitempty"`
	// Message of the error. Default a sentence that names the code. To that of UnauthorizedOperation an encoded part is
	// added, another one each time.
	Message string `json:"message,omitempty"`
	// HTTPStatus of the error. Default 400, or 503 for codes that EC2 sends with 503.
	HTTPStatus int `json:"httpStatus,omitempty"`
	// Delay before the call takes effect.
	Delay time.Duration `json:"delay,omitempty"`
	// LoseResponse lets the call take effect, then cuts the connection instead of answering.
	LoseResponse bool `json:"loseResponse,omitempty"`
	// Drop cuts the connection before the call takes effect.
	Drop bool `json:"drop,omitempty"`
	// Ignore acknowledges a call that returns nothing but true, without an effect.
	Ignore bool `json:"ignore,omitempty"`
	// Omit leaves resources out of the answer to a describe action that names them by filter or not at all, as if they
	// did not exist: the share of all resources, 1 for an empty answer. A resource is left out of every answer that the
	// rule spoils, or of none.
	Omit float64 `json:"omit,omitempty"`
	// OmitIDs leaves these resources out in the same way.
	OmitIDs []string `json:"omitIDs,omitempty"`
}

// A FaultHandle is an injected rule.
type FaultHandle struct {
	// ID is unique for the life of the Server.
	ID uint64

	faults *faults
}

// Remove takes the rule out. Removing it twice is harmless.
func (h FaultHandle) Remove() { h.faults.remove(h.ID) }

// Fired is how many calls the rule has spoiled; 0 once it was removed.
func (h FaultHandle) Fired() int { return h.faults.fired(h.ID) }

// An Outage is how the whole endpoint behaves.
type Outage string

const (
	// OutageNone is normal service.
	OutageNone Outage = ""
	// OutageUnavailable answers every call 503 Unavailable.
	OutageUnavailable Outage = "Unavailable"
	// OutageCut cuts every connection without an answer.
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

// A verdict is what the rules decided for one call.
type verdict struct {
	err   error
	delay time.Duration
	lose  bool
	drop  bool
	// ignore acknowledges the call without an effect.
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

// judge decides the fate of one call.
func (f *faults) judge(action, accessKeyID string, p params) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := verdict{drop: f.outage == OutageCut}
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

// omitted reports whether a describe action leaves a resource out of its answer.
func (v verdict) omitted(id string) bool {
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

// encoded stands for what EC2 tells those who may know why a call is not allowed: long, and another one each time.
func (r *rule) encoded() string {
	return base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "rule %d has fired for the %dth time, and nobody without sts:DecodeAuthorizationMessage is to know", r.id, r.fired))
}

// Inject adds a rule. It lasts until its handle, or RemoveFaults, removes it.
func (s *Server) Inject(f Fault) FaultHandle { return s.faults.inject(f) }

// RemoveFaults removes every rule.
func (s *Server) RemoveFaults() { s.faults.clear() }

// SetOutage switches the whole endpoint.
func (s *Server) SetOutage(o Outage) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.outage = o
}
