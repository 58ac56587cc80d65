// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// build builds the provider, with edits of its source.
func build(t *testing.T, edits ...edit) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "provider")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "-overlay", overlay(t, edits...), "./cmd/provider")
	cmd.Dir = testbed.RepositoryRoot()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot build the provider: %v\n%s", err, out)
	}
	return bin
}

// A provider is the process under test. When it exits it is restarted, as by a kubelet.
type provider struct {
	bin, kubeconfig string

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{} // closed when cmd has exited
	log     *tail
	panics  []string
	stopped bool
	args    []string
	out     *output
}

func newProvider(bin, kubeconfig string) *provider {
	return &provider{bin: bin, kubeconfig: kubeconfig, log: &tail{limit: 200}}
}

// use sets the flags of the next start.
func (p *provider) use(args []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.args = args
}

// leading reports whether the process has been elected.
func (p *provider) leading() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd != nil && p.out != nil && p.out.elected()
}

// signal sends a signal to the process, if it runs, and reports whether it did.
func (p *provider) signal(s syscall.Signal) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd != nil && p.cmd.Process.Signal(s) == nil
}

func (p *provider) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped || p.cmd != nil {
		return nil
	}
	cmd := exec.Command(p.bin, p.args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+p.kubeconfig)
	out := &output{to: p.log}
	cmd.Stderr = out
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.cmd, p.ended, p.out = cmd, ended, out
	go func() {
		_ = cmd.Wait()
		p.exited(cmd, out)
		close(ended)
	}()
	return nil
}

// exited handles the exit of a process. A killed process is no longer p.cmd.
func (p *provider) exited(cmd *exec.Cmd, out *output) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := out.panicked(); s != "" {
		p.panics = append(p.panics, s)
	}
	if p.cmd != cmd {
		return
	}
	p.cmd = nil
	p.log.add("--- the provider exited ---")
	time.AfterFunc(500*time.Millisecond, func() { _ = p.start() })
}

// kill kills the provider with SIGKILL.
func (p *provider) kill() {
	p.mu.Lock()
	cmd, ended := p.cmd, p.ended
	p.cmd = nil
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill()
	<-ended
	p.log.add("--- the provider was killed ---")
}

// stop kills the provider and prevents restarts.
func (p *provider) stop() {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	p.kill()
}

// panicked returns the output of panics of the provider.
func (p *provider) panicked() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.panics, "\n")
}

// output receives the standard error of one process.
type output struct {
	to *tail

	mu   sync.Mutex
	rest []byte
	// panic is the output from a panic on.
	panic []string
	// leads is true if the process has been elected.
	leads bool
}

func (o *output) elected() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.leads
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest = append(o.rest, b...)
	for {
		line, rest, ok := bytes.Cut(o.rest, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		s := string(line)
		if len(o.panic) > 0 || strings.HasPrefix(s, "panic:") || strings.HasPrefix(s, "fatal error:") || strings.HasPrefix(s, "WARNING: DATA RACE") {
			if len(o.panic) < 60 {
				o.panic = append(o.panic, s)
			}
		}
		o.leads = o.leads || strings.Contains(s, "successfully acquired lease")
		o.to.add(s)
		o.rest = bytes.Clone(rest)
	}
}

func (o *output) panicked() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.panic, "\n")
}

// A tail stores the last lines.
type tail struct {
	limit int

	mu    sync.Mutex
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	if len(t.lines) > 2*t.limit {
		t.lines = append([]string(nil), t.lines[len(t.lines)-t.limit:]...)
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines[max(0, len(t.lines)-t.limit):], "\n")
}
