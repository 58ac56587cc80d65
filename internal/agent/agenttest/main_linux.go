// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agenttest

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

// inside is set in the environment of a test binary that runs in a user namespace.
const inside = "AGENTTEST_IN_USER_NAMESPACE"

// Main runs the tests of a package with the permission to create network namespaces: in
// this process if it is root, otherwise in a new user namespace. TestMain passes its
// result to os.Exit.
func Main(m *testing.M) int {
	if os.Geteuid() == 0 || os.Getenv(inside) != "" {
		return m.Run()
	}
	dir, err := os.Getwd()
	if err != nil {
		dir = ""
	}
	p, err := os.StartProcess("/proc/self/exe", os.Args, &os.ProcAttr{ //nolint:gosec // This very program, as it was called.
		Dir:   dir,
		Env:   append(os.Environ(), inside+"=1"),
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys: &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		},
	})
	if err != nil {
		// Tests that need a namespace are skipped with the reason.
		return m.Run()
	}
	s, err := p.Wait()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return s.ExitCode()
}
