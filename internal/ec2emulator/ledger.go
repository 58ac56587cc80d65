// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"slices"
	"sync"
	"time"
)

// A Call is an entry of the ledger.
type Call struct {
	// Sequence is the number of the call, from 1, in the order of effects.
	Sequence uint64 `json:"sequence"`
	// Time of the response.
	Time time.Time `json:"time"`
	// Action of EC2 or STS.
	Action string `json:"action"`
	// AccessKeyID of the caller; empty for an unsigned call.
	AccessKeyID string `json:"accessKeyID,omitempty"`
	// UserAgent of the caller.
	UserAgent string `json:"userAgent,omitempty"`
	// Parameters of the form, without signatures and session tokens.
	Parameters map[string]string `json:"parameters,omitempty"`
	// Mutating is true if the action changes state when it succeeds.
	Mutating bool `json:"mutating,omitempty"`
	// DryRun is true if the call had the parameter DryRun.
	DryRun bool `json:"dryRun,omitempty"`
	// Code of the error; empty for success.
	Code string `json:"code,omitempty"`
	// Message of the error.
	Message string `json:"message,omitempty"`
	// Status is the HTTP status; 0 when the connection was cut.
	Status int `json:"status,omitempty"`
	// ResourceIDs that the call read by identifier, changed or created.
	ResourceIDs []string `json:"resourceIDs,omitempty"`
	// Throttled is true if a token bucket was empty.
	Throttled bool `json:"throttled,omitempty"`
	// Forced is true for a detachment with Force.
	Forced bool `json:"forced,omitempty"`
	// Repeated is true for a create call with the ClientToken of an earlier call.
	Repeated bool `json:"repeated,omitempty"`
	// Committed is true if state changed, even if the response was lost.
	Committed bool `json:"committed,omitempty"`
	// Fault is the identifier of the first rule that fired; 0 for none.
	Fault uint64 `json:"fault,omitempty"`
	// Lost is true if the connection was cut without a response.
	Lost bool `json:"lost,omitempty"`
}

// A Mark is a position in the ledger.
type Mark uint64

// A ledger records calls.
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
		// Drop a tenth at once, so that a full ledger is not copied on every call.
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

// Calls returns the recorded calls that all filters accept, oldest first.
func (s *Server) Calls(filters ...func(Call) bool) []Call { return s.Since(0, filters...) }

// Since returns the recorded calls after the mark that all filters accept, oldest first.
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

// Count returns the number of recorded calls that all filters accept.
func (s *Server) Count(filters ...func(Call) bool) int { return len(s.Calls(filters...)) }

// Mark returns the end of the ledger, for Since.
func (s *Server) Mark() Mark { return s.ledger.mark() }

// ResetLedger removes all calls. Sequence numbers and marks stay valid.
func (s *Server) ResetLedger() { s.ledger.reset() }

// ByAction accepts calls of the given actions, except dry runs.
func ByAction(actions ...string) func(Call) bool {
	return func(c Call) bool { return !c.DryRun && slices.Contains(actions, c.Action) }
}

// ByResource accepts calls for the resource.
func ByResource(id string) func(Call) bool {
	return func(c Call) bool { return slices.Contains(c.ResourceIDs, id) }
}

// Mutating accepts calls of mutating actions, except dry runs.
func Mutating(c Call) bool { return c.Mutating && !c.DryRun }

// Throttled accepts throttled calls.
func Throttled(c Call) bool { return c.Throttled }

// Committed accepts calls that changed state, even if the response was lost.
func Committed(c Call) bool { return c.Committed }
