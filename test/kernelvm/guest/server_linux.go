// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"errors" //nolint:depguard // See wrapf.
	"io"
	"log"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// A server executes each request in its own goroutine, as one may block until another
// completes.
type server struct {
	ops map[wire.Op]handler
	in  *bufio.Reader

	mu  sync.Mutex
	out io.Writer
}

type handler func(args json.RawMessage) (any, error)

func newServer(port io.ReadWriter) *server {
	p, h := &processes{named: map[string]*process{}}, &holds{held: map[string]*hold{}}
	return &server{in: bufio.NewReader(port), out: port, ops: map[wire.Op]handler{
		wire.OpRead:     with(read),
		wire.OpWrite:    with(write),
		wire.OpCreate:   with(create),
		wire.OpReadlink: with(readlink),
		wire.OpList:     with(list),
		wire.OpStat:     with(stat),
		wire.OpStart:    with(p.start),
		wire.OpSignal:   with(p.signal),
		wire.OpProcess:  with(p.state),
		wire.OpKillAt:   with(p.killAt),
		wire.OpNetwork:  with(network),
		wire.OpLoad:     with(loadModules),
		wire.OpHold:     with(h.hold),
		wire.OpRelease:  with(h.release),
		wire.OpSync:     with(func(struct{}) (any, error) { unix.Sync(); return nil, nil }),
	}}
}

// with decodes the arguments of a handler.
func with[A any](fn func(A) (any, error)) handler {
	return func(raw json.RawMessage) (any, error) {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return nil, wrapf(err, "cannot read the arguments")
		}
		return fn(args)
	}
}

// serve executes requests until the port fails.
func (s *server) serve() error {
	for {
		line, err := s.in.ReadBytes('\n')
		if err != nil {
			return wrapf(err, "cannot read from the serial port")
		}
		r := wire.Request{}
		if err := json.Unmarshal(line, &r); err != nil {
			log.Printf("not a request: %q", line)
			continue
		}
		go func() {
			if err := s.send(s.execute(r)); err != nil {
				log.Print(err)
			}
		}()
	}
}

func (s *server) execute(r wire.Request) wire.Response {
	out := wire.Response{ID: r.ID}
	fn, ok := s.ops[r.Op]
	if !ok {
		out.Error = "no such operation: " + string(r.Op)
		return out
	}
	result, err := fn(r.Args)
	if err == nil {
		out.Result, err = json.Marshal(result)
	}
	if err != nil {
		out.Error = err.Error()
		if e := unix.Errno(0); errors.As(err, &e) {
			out.Errno = int(e)
		}
	}
	return out
}

// send writes a line. It begins with a newline, as a reset may have truncated the
// previous line.
func (s *server) send(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err = s.out.Write(append(append([]byte{'\n'}, raw...), '\n'))
	return wrapf(err, "cannot write to the serial port")
}
