// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// attachments counts the attached ENIs, without primary ENIs,
// and records the time of the last attachment.
type attachments struct {
	mu       sync.Mutex
	attached int
	last     time.Time
}

func watchAttachments(s *ec2emulator.Server) *attachments {
	a := &attachments{}
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
	})
	return a
}

func (a *attachments) now() (int, time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.attached, a.last
}
