// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// EC2's actions that a new ENI needs.
const (
	actionCreate = "CreateNetworkInterface"
	actionAttach = "AttachNetworkInterface"
)

// A Phase is a part of the time from the plan of an ENI until it is ready.
type Phase struct {
	Name     string
	Duration time.Duration
}

// Phases returns the consecutive phases of a trace, whose sum is the time from its start until
// the ENI is ready. It returns nil for a trace that is not complete. A phase before a call
// contains the wait for a token of the rate limit.
func (t Trace) Phases() []Phase {
	objects, create, attach := t.First(tracing.SpanObjects), t.First(actionCreate), t.First(actionAttach)
	host, ready := t.First(tracing.SpanHost), t.First(tracing.SpanReady)
	if objects == nil || create == nil || attach == nil || host == nil || ready == nil {
		return nil
	}
	var out []Phase
	at := objects.Start
	until := func(name string, to time.Time) {
		out = append(out, Phase{name, to.Sub(at)})
		at = to
	}
	until("create the objects", objects.End)
	until("wait for "+actionCreate, create.Start)
	until(actionCreate, create.End)
	until("wait for "+actionAttach, attach.Start)
	until(actionAttach, attach.End)
	until("EC2 attaches, settings of the attachment", host.Start)
	until("create the HostInterface", host.End)
	if first, last := t.configured(ready.Start); first != nil {
		until("wait for the agent", first.Start)
		until("configure the link", last.End)
	}
	until("report Ready", ready.Start)
	return out
}

// configured returns the first and the last span of the agent before the ENI was ready, or nil.
func (t Trace) configured(before time.Time) (first, last *Span) {
	for i := range t {
		if t[i].Name != tracing.SpanConfigure || t[i].End.After(before) {
			continue
		}
		if first == nil {
			first = &t[i]
		}
		last = &t[i]
	}
	return first, last
}
