package ec2emulator

import "time"

// A pastAttachment is what descriptions show of an attachment that has changed
// since, until they have caught up.
type pastAttachment struct {
	until      time.Time
	attachment *attachment // nil: none
}

// lag is called before an attachment changes: descriptions show what it was for
// VisibilityDelay more.
func (c *cloud) lag(e *eni) {
	if c.opts.VisibilityDelay == 0 {
		return
	}
	p := pastAttachment{until: c.now.Add(c.opts.VisibilityDelay)}
	if e.attachment != nil {
		was := *e.attachment
		p.attachment = &was
	}
	for len(e.past) > 0 && !c.now.Before(e.past[0].until) {
		e.past = e.past[1:]
	}
	e.past = append(e.past, p)
}

// described is the network interface as descriptions show it now.
func (e *eni) described(now time.Time) *eni {
	for _, p := range e.past {
		if now.Before(p.until) {
			d := *e
			d.attachment = p.attachment
			return &d
		}
	}
	return e
}

// described is the instance's interfaces as descriptions show them now, but for
// those that have gone a moment ago.
func (i *instance) described(now time.Time) []*eni {
	out := make([]*eni, 0, len(i.enis))
	for _, e := range i.attached() {
		if d := e.described(now); d.attachment != nil && d.attachment.instance == i {
			out = append(out, d)
		}
	}
	return out
}
