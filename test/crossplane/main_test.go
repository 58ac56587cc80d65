// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// Addresses in the network namespace of the tests.
const (
	// serviceAddress is for EndpointSlices, which must not contain loopback addresses.
	serviceAddress  = "10.96.0.10"
	patchAddress    = "127.0.1.1"
	readyAddress    = "127.0.1.2"
	crossplaneSpace = "crossplane-system"

	// Directories of projected tokens.
	eksTokens = "/run/secrets/eks.amazonaws.com/serviceaccount"
	ownTokens = "/run/secrets/provider-aws-eni/tokens"
)

// hosts are the names of the functions' Services. This cluster has no DNS server.
var hosts = strings.Join([]string{
	"127.0.0.1 localhost",
	patchAddress + " function-patch-and-transform." + crossplaneSpace,
	readyAddress + " function-auto-ready." + crossplaneSpace,
}, "\n") + "\n"

// inside names the directory of a run in its namespaces.
const inside = "CROSSPLANE_TEST_DIR"

// TestMain runs the tests again in namespaces of their own, which end with all their
// processes, links and mounts when the tests end.
func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	if os.Getenv(inside) == "" {
		os.Exit(isolate())
	}
	if err := prepare(os.Getenv(inside)); err != nil {
		fmt.Fprintln(os.Stderr, "cannot prepare the namespaces of the tests:", err)
		os.Exit(1)
	}
	code := m.Run()
	stopShared()
	os.Exit(code)
}

func isolate() int {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "creating network namespaces requires root: run 'sudo make e2e-crossplane'")
		return 1
	}
	dir, err := os.MkdirTemp("", "crossplane-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a directory in /tmp
	args := append([]string{"--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--"}, os.Args...)
	cmd := exec.Command("unshare", args...)
	cmd.Env = append(os.Environ(), inside+"="+dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot create namespaces:", err)
		return 1
	}
	return 0
}

// prepare sets up the network and the names of the namespaces.
func prepare(dir string) error {
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // the provider runs as another user
		return err
	}
	names := dir + "/hosts"
	if err := os.WriteFile(names, []byte(hosts), 0o644); err != nil { //nolint:gosec // as /etc/hosts
		return err
	}
	for _, c := range []string{
		"mount --bind " + names + " /etc/hosts",
		"mount -t tmpfs run /run",
		"mkdir -p /run/netns " + eksTokens + " " + ownTokens,
		"ip link set lo up",
		"ip address add " + serviceAddress + "/32 dev lo",
	} {
		f := strings.Fields(c)
		if out, err := exec.Command(f[0], f[1:]...).CombinedOutput(); err != nil { //nolint:gosec // the commands above
			return fmt.Errorf("%s: %w: %s", c, err, out)
		}
	}
	return nil
}
