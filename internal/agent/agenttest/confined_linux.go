// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agenttest

import (
	"io"
	"os"
	"runtime"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Confined runs one test of this test binary as a process of its own: in the host's
// network namespace, with the capability NET_ADMIN only, as the container of the
// DaemonSet. It returns the output. The test sees the variable in its environment.
func (h *Host) Confined(test, variable string) ([]byte, error) {
	type result struct {
		out []byte
		err error
	}
	done := make(chan result)
	go func() {
		// Capabilities and namespace are properties of the thread, and its children
		// inherit them. The thread stays locked, so that it terminates with the
		// goroutine.
		runtime.LockOSThread()
		if err := h.confine(); err != nil {
			done <- result{err: err}
			return
		}
		out, err := runSelf([]string{os.Args[0], "-test.run=^" + test + "$", "-test.count=1", "-test.v"}, variable)
		done <- result{out: out, err: err}
	}()
	r := <-done
	return r.out, r.err
}

// runSelf runs this program with arguments and a further variable, and returns its output.
func runSelf(args []string, variable string) ([]byte, error) {
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer from.Close()                                                                                                                                     //nolint:errcheck // Everything was read.
	p, err := os.StartProcess("/proc/self/exe", args, &os.ProcAttr{Env: append(os.Environ(), inside+"=1", variable), Files: []*os.File{os.Stdin, to, to}}) //nolint:gosec // This very program, with the arguments of a test.
	_ = to.Close()
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(from)
	if err != nil {
		return out, err
	}
	s, err := p.Wait()
	if err == nil && !s.Success() {
		err = errors.Errorf("%s: %s", s, out)
	}
	return out, err
}

// confine enters the host's namespace, and drops the capabilities of programs that the
// thread starts.
func (h *Host) confine() error {
	ns, err := netns.GetFromPath(h.path)
	if err != nil {
		return err
	}
	defer ns.Close() //nolint:errcheck // The file was only read.
	if err := netns.Set(ns); err != nil {
		return errors.Wrap(err, "cannot enter the host's network namespace")
	}
	for c := range uintptr(unix.CAP_LAST_CAP + 1) {
		if c == unix.CAP_NET_ADMIN {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			return errors.Wrapf(err, "cannot drop capability %d", c)
		}
	}
	return errors.Wrap(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "cannot set no_new_privs")
}

// HasOnlyNetAdmin reports whether this process has the capability NET_ADMIN and no other.
func HasOnlyNetAdmin() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[0].Effective == 1<<unix.CAP_NET_ADMIN && data[1].Effective == 0
}
