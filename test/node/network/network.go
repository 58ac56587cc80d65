// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package network contains what command probe prints.
package network

import "fmt"

// A Link of a network namespace.
type Link struct {
	Name      string   `json:"name"`
	MAC       string   `json:"mac"`
	MTU       int      `json:"mtu"`
	Addresses []string `json:"addresses,omitempty"`
	Routes    []string `json:"routes,omitempty"`
}

// A Result counts the pings to one target.
type Result struct {
	Target   string `json:"target"`
	Sent     int    `json:"sent"`
	Received int    `json:"received"`
	// Missing are the first sequence numbers without answer, from 1.
	Missing []int `json:"missing,omitempty"`
	// Error is the last error of sending.
	Error string `json:"error,omitempty"`
}

// Lost returns the number of pings without answer.
func (r Result) Lost() int { return r.Sent - r.Received }

// String returns the result for a message.
func (r Result) String() string {
	return fmt.Sprintf("%s: %d of %d lost (%v) %s", r.Target, r.Lost(), r.Sent, r.Missing, r.Error)
}
