// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

const (
	// inside names the directory of a run in the network namespace control.
	inside = "NODE_TEST_DIR"

	// mark is the beginning of the names of network namespaces, before the id of the process.
	mark = "enode"
)

// TestMain runs the tests again in the network namespace of the control plane, and deletes
// all network namespaces when they end, however they end.
func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	switch {
	case os.Getenv("NODE_PROGRAMS") == "":
		os.Exit(m.Run()) // each test is skipped
	case os.Getenv(inside) == "":
		code, err := isolate()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
	code := m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func isolate() (int, error) {
	if os.Geteuid() != 0 {
		return 1, errors.New("creating network namespaces requires root: run 'sudo make e2e-node'")
	}
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "node-test-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	// Outside the namespace, which has no route to a module proxy.
	if err := build(ctx, dir); err != nil {
		return 1, err
	}
	if err := deleteNamespaces(ctx); err != nil {
		return 1, err
	}
	prefix := mark + strconv.Itoa(os.Getpid())
	defer deleteNamespacesOf(ctx, prefix) // the next run deletes remaining namespaces
	if err := testbed.IP(ctx, "netns add "+prefix+"-control", "-n "+prefix+"-control link set lo up"); err != nil {
		return 1, err
	}
	args := append([]string{"--net=/run/netns/" + prefix + "-control", "--"}, os.Args...)
	cmd := exec.CommandContext(ctx, "nsenter", args...)
	cmd.Env = append(os.Environ(), inside+"="+dir, "TMPDIR="+dir, "NODE_TEST_PREFIX="+prefix)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The kernel sends Pdeathsig when the thread that started the program ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(1, exit.ExitCode()), nil
	}
	return 0, err
}

// build builds the programs of the images, and Helm.
func build(ctx context.Context, dir string) error {
	for _, c := range [][]string{
		{"", "-trimpath", "-o", dir, "./cmd/provider", "./cmd/agent", "./test/node/probe", "./test/kubelet/pause"},
		{"test/helm", "-trimpath", "-o", dir, "helm.sh/helm/v3/cmd/helm"},
	} {
		cmd := exec.CommandContext(ctx, "go", append([]string{"build"}, c[1:]...)...)
		cmd.Dir = filepath.Join(testbed.RepositoryRoot(), c[0])
		// As make build does, whose compiled packages are cached.
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cannot build: %w: %s", err, out)
		}
	}
	return nil
}

// deleteNamespaces deletes network namespaces of runs that were killed.
func deleteNamespaces(ctx context.Context) error {
	found, err := filepath.Glob("/run/netns/" + mark + "*")
	if err != nil {
		return err
	}
	for _, f := range found {
		prefix, _, _ := strings.Cut(filepath.Base(f), "-")
		if _, err := os.Stat("/proc/" + strings.TrimPrefix(prefix, mark)); os.IsNotExist(err) {
			if err := deleteNamespacesOf(ctx, prefix); err != nil {
				return err
			}
		}
	}
	return nil
}

func deleteNamespacesOf(ctx context.Context, prefix string) error {
	found, err := filepath.Glob("/run/netns/" + prefix + "-*")
	for _, f := range found {
		err = errors.Join(err, testbed.IP(ctx, "netns delete "+filepath.Base(f)))
	}
	return err
}
