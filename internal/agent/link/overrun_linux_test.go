// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link_test

import (
	"context"
	"testing"

	"github.com/nodeeni/provider-aws-eni/internal/agent/agenttest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// TestOverrun causes more messages than the socket buffers before the first is read.
func TestOverrun(t *testing.T) {
	h := agenttest.NewHost(t)
	h.PlugIn("eth1", mac)
	l, i := open(t, h), h.Link("eth1").Attrs().Index

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	first, read := make(chan struct{}), make(chan struct{})
	missed := make(chan struct{}, 10)
	ended := make(chan error)
	go func() {
		calls := 0
		ended <- l.Watch(ctx, func(e link.Event) {
			calls++
			switch {
			case calls == 1:
				close(first)
				<-read
			case e.Subject == link.SubjectAll:
				missed <- struct{}{}
			}
		})
	}()
	<-first
	for n := range 4000 {
		h.Do(l.SetMTU(i, 1400+n%2))
	}
	close(read)
	<-missed // Times out if no resync is requested.
	stop()
	if err := <-ended; err != nil {
		t.Errorf("An overrun does not end the watch: %v", err)
	}
}
