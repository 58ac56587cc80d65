// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"sync"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A monitor controls QEMU over its machine protocol, QMP: one JSON object for each
// line.
type monitor struct {
	conn io.ReadWriteCloser
	// onEvent is called for each event, in order. It must not block.
	onEvent func(event)

	mu      sync.Mutex
	last    int
	pending map[int]chan message
	ended   chan struct{}
}

// An event is an asynchronous event of QEMU.
type event struct {
	Name string
	// Device is the ID of the device that the event concerns, if it has one.
	Device string
}

// A message is any line from QEMU.
type message struct {
	// Greeting is set in the first message.
	Greeting json.RawMessage `json:"QMP"` //nolint:tagliatelle // qemu's name.

	ID     int             `json:"id"`
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Class string `json:"class"`
		Desc  string `json:"desc"`
	} `json:"error"`

	Event string `json:"event"`
	Data  struct {
		Device string `json:"device"`
	} `json:"data"`
}

type command struct {
	Execute   string `json:"execute"`
	Arguments any    `json:"arguments,omitempty"`
	ID        int    `json:"id"`
}

// newMonitor negotiates capabilities, after which QEMU accepts commands.
func newMonitor(ctx context.Context, conn io.ReadWriteCloser, onEvent func(event)) (*monitor, error) {
	m := &monitor{conn: conn, onEvent: onEvent, pending: map[int]chan message{}, ended: make(chan struct{})}
	go m.listen()
	return m, m.execute(ctx, "qmp_capabilities", nil)
}

func (m *monitor) listen() {
	defer close(m.ended)
	lines := bufio.NewReader(m.conn)
	for {
		raw, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		l, err := parseMessage(raw)
		switch {
		case err != nil || l.Greeting != nil:
		case l.Event != "":
			m.onEvent(event{Name: l.Event, Device: l.Data.Device})
		default:
			m.mu.Lock()
			if c, ok := m.pending[l.ID]; ok {
				c <- l // The channel has a buffer.
				delete(m.pending, l.ID)
			}
			m.mu.Unlock()
		}
	}
}

func parseMessage(raw []byte) (message, error) {
	m := message{}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, errors.Wrapf(err, "cannot parse %q", raw)
	}
	return m, nil
}

// execute executes a command and waits for its response. An event reports the
// completion of asynchronous commands.
func (m *monitor) execute(ctx context.Context, name string, arguments any) error {
	c := make(chan message, 1)
	m.mu.Lock()
	m.last++
	id := m.last
	m.pending[id] = c
	raw, err := json.Marshal(command{Execute: name, Arguments: arguments, ID: id})
	if err == nil {
		_, err = m.conn.Write(append(raw, '\n'))
	}
	m.mu.Unlock()
	if err != nil {
		return errors.Wrapf(err, "cannot send command %s to qemu", name)
	}
	select {
	case r := <-c:
		if r.Error != nil {
			return errors.Errorf("qemu rejected %s: %s", name, r.Error.Desc)
		}
		return nil
	case <-m.ended:
		return errors.Errorf("qemu exited before it responded to %s", name)
	case <-ctx.Done():
		return errors.Wrapf(ctx.Err(), "qemu did not respond to %s in time", name)
	}
}
