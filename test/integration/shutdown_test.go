// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"bytes"
	"syscall"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestShutdownDuringSetup stops the provider while the gates of its controllers open.
// Informers that have stopped accept no index, which must not end the provider with a panic
// or an error.
func TestShutdownDuringSetup(t *testing.T) {
	e := newEnv(t, options{noProvider: true, noAgents: true})
	for i := range 40 {
		p := e.startProvider(nil)
		time.Sleep(time.Duration(i) * 5 * time.Millisecond)
		if p.stop(); p.err != nil {
			t.Errorf("\nA provider stops without an error %d ms after its start.\nStart(...): %v", 5*i, p.err)
		}
	}
}

// TestSIGTERMDuringStart terminates provider processes at their start. A signal before the
// process handles signals has no exit code.
func TestSIGTERMDuringStart(t *testing.T) {
	e := newEnv(t, options{noProvider: true, noAgents: true})
	bin := buildProvider(t)
	kubeconfig, err := e.cp.Kubeconfig(t.Context(), e.kube, testbed.ProviderServiceAccount, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		var log bytes.Buffer
		cmd := command(bin, kubeconfig)
		cmd.Stderr = &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 30 * time.Millisecond)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() > 0 {
			t.Errorf("\nA provider that is terminated %d ms after its start exits with code 0.\nWait(): %v\n%s", 30*i, err, log.String())
		}
	}
}
