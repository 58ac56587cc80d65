// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package enitest

import (
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A Fault fails or delays calls.
type Fault struct {
	// Action such as AttachNetworkInterface. Default: every action.
	Action string
	// Times is the number of calls that the Fault applies to. Default: all calls. The retries
	// of the AWS SDK count as calls.
	Times int

	// Code is the error code, such as RequestLimitExceeded. Default: the call does not fail.
	Code string
	// LoseResponse carries out the call and closes the connection without a response.
	LoseResponse bool
	// Delay before the call is carried out.
	Delay time.Duration
}

// Inject adds a Fault, which applies to later calls until RemoveFaults.
func (s *Server) Inject(f Fault) {
	s.emulator.Inject(ec2emulator.Fault{Action: f.Action, Count: f.Times, Code: f.Code, LoseResponse: f.LoseResponse, Delay: f.Delay})
}

// RemoveFaults removes all Faults.
func (s *Server) RemoveFaults() { s.emulator.RemoveFaults() }

// Calls returns the number of calls of an action, or of all actions if it is empty. The retries
// of the AWS SDK count as calls.
func (s *Server) Calls(action string) int {
	if action == "" {
		return s.emulator.Count()
	}
	return s.emulator.Count(ec2emulator.ByAction(action))
}
