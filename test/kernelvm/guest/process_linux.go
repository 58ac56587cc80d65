// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors" //nolint:depguard // See wrapf.
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// processes are the processes that a test has started, by name.
type processes struct {
	mu    sync.Mutex
	named map[string]*process
}

type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

func (p *process) describe() wire.Process {
	out := wire.Process{PID: p.cmd.Process.Pid}
	select {
	case <-p.ended:
		out.ExitCode = p.cmd.ProcessState.ExitCode()
		if s, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
			out.Signal = int(s.Signal())
		}
	default:
		out.Running = true
	}
	return out
}

func (p *processes) start(a wire.Start) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if was, ok := p.named[a.Name]; ok && was.describe().Running {
		return nil, fmt.Errorf("process %q is running", a.Name)
	}
	if len(a.Argv) == 0 {
		return nil, fmt.Errorf("cannot start %q: empty argv", a.Name)
	}
	if err := os.MkdirAll(filepath.Dir(a.Log), 0o755); err != nil {
		return nil, err
	}
	out, err := os.OpenFile(a.Log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close() //nolint:errcheck // The process inherited it.
	cmd := exec.Command(a.Argv[0], a.Argv[1:]...)
	if a.Confine != nil {
		if cmd, err = confinedCommand(*a.Confine, a.Argv); err != nil {
			return nil, err
		}
	}
	cmd.Env, cmd.Stdout, cmd.Stderr = a.Env, out, out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	n := &process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // ProcessState contains the result.
		close(n.ended)
	}()
	p.named[a.Name] = n
	return n.describe(), nil
}

// signal waits for the process to exit after SIGKILL.
func (p *processes) signal(a wire.Signal) (any, error) {
	n, err := p.get(a.Name)
	if err != nil {
		return nil, err
	}
	err = n.cmd.Process.Signal(syscall.Signal(a.Signal))
	if errors.Is(err, os.ErrProcessDone) {
		<-n.ended
		return n.describe(), nil
	}
	if err == nil && syscall.Signal(a.Signal) == syscall.SIGKILL {
		<-n.ended
	}
	return n.describe(), err
}

func (p *processes) state(a wire.Name) (any, error) {
	n, err := p.get(a.Name)
	if err != nil {
		return nil, err
	}
	return n.describe(), nil
}

func (p *processes) get(name string) (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, ok := p.named[name]
	if !ok {
		return nil, fmt.Errorf("no process %q was started since boot", name)
	}
	return n, nil
}
