package ec2emulator

import (
	"slices"
	"sync"
	"time"
)

// A Call is one line of the ledger.
type Call struct {
	// Sequence numbers all calls from 1, in the order their effects took place.
	Sequence uint64 `json:"sequence"`
	// Time the call was answered.
	Time time.Time `json:"time"`
	// Action of EC2 or STS.
	Action string `json:"action"`
	// AccessKeyID of the caller; empty for an unsigned call.
	AccessKeyID string `json:"accessKeyID,omitempty"`
	// UserAgent of the caller.
	UserAgent string `json:"userAgent,omitempty"`
	// Parameters of the form, without signatures and tokens of identity.
	Parameters map[string]string `json:"parameters,omitempty"`
	// Mutating is whether the action changes state when it succeeds.
	Mutating bool `json:"mutating,omitempty"`
	// DryRun was asked for.
	DryRun bool `json:"dryRun,omitempty"`
	// Code is empty for success, else the error's.
	Code string `json:"code,omitempty"`
	// Message of the error.
	Message string `json:"message,omitempty"`
	// Status is the HTTP status; 0 when the connection was cut.
	Status int `json:"status,omitempty"`
	// ResourceIDs that the call read by identifier, changed or made.
	ResourceIDs []string `json:"resourceIDs,omitempty"`
	// Throttled by a token bucket.
	Throttled bool `json:"throttled,omitempty"`
	// Forced is a detachment with Force.
	Forced bool `json:"forced,omitempty"`
	// Repeated is a create answered from an earlier call with the same ClientToken.
	Repeated bool `json:"repeated,omitempty"`
	// Committed is whether state changed, even if the answer was lost.
	Committed bool `json:"committed,omitempty"`
	// Fault is the identifier of the rule that decided the answer; 0 for none.
	Fault uint64 `json:"fault,omitempty"`
	// Lost is a call whose connection was cut instead of answered.
	Lost bool `json:"lost,omitempty"`
}

// A Mark is a place in the ledger.
type Mark uint64

// A ledger keeps calls.
type ledger struct {
	limit int

	mu    sync.Mutex
	seq   uint64
	calls []Call
}

func (l *ledger) add(c Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	c.Sequence = l.seq
	l.calls = append(l.calls, c)
	if len(l.calls) > l.limit {
		// Drop a tenth at once, so that a full ledger does not copy itself on every call.
		l.calls = slices.Clone(l.calls[len(l.calls)-l.limit+l.limit/10:])
	}
}

func (l *ledger) since(m Mark) []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, _ := slices.BinarySearchFunc(l.calls, uint64(m)+1, func(c Call, seq uint64) int {
		switch {
		case c.Sequence < seq:
			return -1
		case c.Sequence > seq:
			return 1
		default:
			return 0
		}
	})
	return slices.Clone(l.calls[i:])
}

func (l *ledger) mark() Mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Mark(l.seq)
}

func (l *ledger) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = nil
}

// Calls is every call kept that all filters accept, oldest first.
func (s *Server) Calls(filters ...func(Call) bool) []Call { return s.Since(0, filters...) }

// Since is every call after the mark that all filters accept, oldest first.
func (s *Server) Since(m Mark, filters ...func(Call) bool) []Call {
	return slices.DeleteFunc(s.ledger.since(m), func(c Call) bool {
		for _, keep := range filters {
			if !keep(c) {
				return true
			}
		}
		return false
	})
}

// Count is how many calls kept that all filters accept.
func (s *Server) Count(filters ...func(Call) bool) int { return len(s.Calls(filters...)) }

// Mark is the end of the ledger, for Since.
func (s *Server) Mark() Mark { return s.ledger.mark() }

// ResetLedger forgets the calls so far. Sequence numbers and marks stay valid.
func (s *Server) ResetLedger() { s.ledger.reset() }

// ByAction accepts calls of the actions named.
func ByAction(actions ...string) func(Call) bool {
	return func(c Call) bool { return slices.Contains(actions, c.Action) }
}

// ByResource accepts calls that concern the resource.
func ByResource(id string) func(Call) bool {
	return func(c Call) bool { return slices.Contains(c.ResourceIDs, id) }
}

// ByCode accepts calls answered with the code; "" is success.
func ByCode(code string) func(Call) bool {
	return func(c Call) bool { return c.Code == code && !c.Lost }
}

// Mutating accepts calls of actions that change state, dry runs excepted.
func Mutating(c Call) bool { return c.Mutating && !c.DryRun }

// Throttled accepts calls refused by a token bucket.
func Throttled(c Call) bool { return c.Throttled }

// Committed accepts calls that changed state, answered or not.
func Committed(c Call) bool { return c.Committed }
