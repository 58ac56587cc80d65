// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package process starts programs that end with the test that started them, even if
// the test is killed or times out.
package process

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Process is a running program.
type Process struct {
	cmd    *exec.Cmd
	exited chan struct{}
}

// Start starts a program and writes its output to a file.
func Start(output, program string, args ...string) (*Process, error) {
	log, err := os.Create(output)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // The program has it open.
	p := &Process{cmd: exec.Command(program, args...), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the thread that started the program ends:
		// keep the thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // How it ended is in its output.
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Wrapf(err, "cannot start %s", program)
	}
	return p, nil
}

// Exited is closed when the program has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Kill kills the program and waits until it has ended.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // It may have ended already.
	<-p.exited
}

// Signal sends a signal to the program.
func (p *Process) Signal(s os.Signal) {
	_ = p.cmd.Process.Signal(s) // It may have ended already.
}

// Tail returns the last lines of a file, or the error of reading it.
func Tail(output string, lines int) string {
	raw, err := os.ReadFile(output)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
