// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// attachments counts the attached ENIs, without primary ENIs, and records the times of the
// attachments.
type attachments struct {
	mu       sync.Mutex
	attached int
	last     time.Time
	times    map[string][]time.Time // by instance
}

func watchAttachments(s *ec2emulator.Server) *attachments {
	a := &attachments{times: map[string][]time.Time{}}
	s.OnAttachment(func(e ec2emulator.Event) {
		if e.DeviceIndex == 0 && e.NetworkCardIndex == 0 {
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if e.Type == ec2emulator.Detached {
			a.attached--
			return
		}
		a.attached++
		a.last = time.Now()
		a.times[e.InstanceID] = append(a.times[e.InstanceID], a.last)
	})
	return a
}

func (a *attachments) now() (int, time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.attached, a.last
}

// completed returns when nodes had a number of ENIs, after the start.
func (a *attachments) completed(start time.Time, enisPerNode int) []time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return completed(a.times, start, enisPerNode)
}
