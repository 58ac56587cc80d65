// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"sync"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// A channel sends requests to the program in the guest.
type channel struct {
	conn   io.ReadWriteCloser
	hellos chan wire.Hello

	mu      sync.Mutex
	last    int
	pending map[int]chan wire.Response
	ended   chan struct{}
}

func newChannel(conn io.ReadWriteCloser) *channel {
	c := &channel{conn: conn, hellos: make(chan wire.Hello, 1), pending: map[int]chan wire.Response{}, ended: make(chan struct{})}
	go c.listen()
	return c
}

func (c *channel) listen() {
	defer close(c.ended)
	lines := bufio.NewReader(c.conn)
	for {
		raw, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		h, r := wire.Hello{}, wire.Response{}
		switch {
		case json.Unmarshal(raw, &h) == nil && h.Hello:
			c.setHello(h)
		case json.Unmarshal(raw, &r) == nil && r.ID > 0:
			c.deliver(r)
		default: // truncated by a reset, or empty
		}
	}
}

// setHello keeps the last hello until await receives it.
func (c *channel) setHello(h wire.Hello) {
	select {
	case <-c.hellos:
	default:
	}
	c.hellos <- h
}

func (c *channel) deliver(r wire.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w, ok := c.pending[r.ID]; ok {
		w <- r // The channel has a buffer.
		delete(c.pending, r.ID)
	}
}

// failPending fails all pending calls after a reset.
func (c *channel) failPending() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, w := range c.pending {
		w <- wire.Response{ID: id, Error: "the guest was reset before it responded"}
		delete(c.pending, id)
	}
}

// await waits until the guest accepts requests.
func (c *channel) await(ctx context.Context) error {
	select {
	case h := <-c.hellos:
		if h.Error != "" {
			return errors.Errorf("cannot prepare the guest: %s", h.Error)
		}
		return nil
	case <-c.ended:
		return errors.New("the machine exited during boot")
	case <-ctx.Done():
		return errors.Wrap(ctx.Err(), "the guest did not boot in time")
	}
}

// call sends a request, and decodes the response into result, which may be nil.
func (c *channel) call(ctx context.Context, op wire.Op, args, result any) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	answer := make(chan wire.Response, 1)
	c.mu.Lock()
	c.last++
	id := c.last
	c.pending[id] = answer
	line, err := json.Marshal(wire.Request{ID: id, Op: op, Args: raw})
	if err == nil {
		_, err = c.conn.Write(append(line, '\n'))
	}
	c.mu.Unlock()
	if err != nil {
		return errors.Wrap(err, "cannot send a request to the guest")
	}
	select {
	case r := <-answer:
		if r.Error != "" {
			return &guestError{text: r.Error, errno: syscall.Errno(r.Errno)}
		}
		if result == nil {
			return nil
		}
		return errors.Wrap(json.Unmarshal(r.Result, result), "cannot parse the guest's response")
	case <-c.ended:
		return errors.New("the machine exited")
	case <-ctx.Done():
		return errors.Wrap(ctx.Err(), "the guest did not respond in time")
	}
}

// A guestError is an error of an operation in the guest. It wraps the errno of the
// guest's kernel, so that errors.Is reports fs.ErrNotExist, syscall.EBUSY and so on.
type guestError struct {
	text  string
	errno syscall.Errno
}

func (e *guestError) Error() string { return "in the guest: " + e.text }

func (e *guestError) Unwrap() error {
	if e.errno == 0 {
		return nil
	}
	return e.errno
}
