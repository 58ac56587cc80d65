// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A process is a child process of the bench.
type process struct {
	name   string
	cmd    *exec.Cmd
	log    string
	exited chan struct{}
}

// startProcess starts a child process that exits with the bench, with its output in a
// file of dir. It must be called on the main thread, see main.
func startProcess(ctx context.Context, dir, name string, env []string, program string, args ...string) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, name+".log"), exited: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, errors.Wrap(err, "cannot write a log")
	}
	defer log.Close() //nolint:errcheck // the program has it open
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), program, args...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	// A separate process group, so that Ctrl-C reaches only the bench, which then stops
	// its children in order; they are terminated if the bench is killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Wrapf(err, "cannot start %s", name)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// alive returns an error if the process has exited.
func (p *process) alive() error {
	select {
	case <-p.exited:
		return errors.Errorf("%s has exited: %s", p.name, p.cmd.ProcessState)
	default:
		return nil
	}
}

// stop terminates the process, and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(20*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	<-p.exited
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// logged reports whether the process has logged a line with all of the words.
func (p *process) logged(words ...string) bool {
	raw, err := os.ReadFile(p.log)
	if err != nil {
		return false
	}
	for l := range strings.Lines(string(raw)) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(l, w)
		}
		if all {
			return true
		}
	}
	return false
}

// lastLines returns the last n lines of the log.
func (p *process) lastLines(n int) string {
	raw, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
