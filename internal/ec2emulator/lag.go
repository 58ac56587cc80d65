// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/netip"
	"time"
)

// A pastAttachment has the attachment and the public addresses before the last change of
// either, which describe calls return until the change is visible.
type pastAttachment struct {
	until      time.Time
	attachment *attachment // nil: none
	public     map[netip.Addr]publicAddress
}

// lag records the attachment and the public addresses before they change: describe calls return it for another
// VisibilityDelay.
func (c *cloud) lag(e *eni) {
	if c.opts.VisibilityDelay == 0 {
		return
	}
	p := pastAttachment{until: c.now.Add(c.opts.VisibilityDelay), public: e.public}
	if e.attachment != nil {
		was := *e.attachment
		p.attachment = &was
	}
	for len(e.past) > 0 && !c.now.Before(e.past[0].until) {
		e.past = e.past[1:]
	}
	e.past = append(e.past, p)
}

// described returns the network interface in the state that describe calls return.
func (e *eni) described(now time.Time) *eni {
	for _, p := range e.past {
		if now.Before(p.until) {
			d := *e
			d.attachment, d.public = p.attachment, p.public
			return &d
		}
	}
	return e
}

// described returns the instance's attached interfaces in the state that describe calls
// return, except interfaces that were just detached.
func (i *instance) described(now time.Time) []*eni {
	out := make([]*eni, 0, len(i.enis))
	for _, e := range i.attached() {
		if d := e.described(now); d.attachment != nil && d.attachment.instance == i {
			out = append(out, d)
		}
	}
	return out
}
