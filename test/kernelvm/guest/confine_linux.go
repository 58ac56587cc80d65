// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors" //nolint:depguard // See wrapf.
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// confined is the first argument of a process that confines itself and then executes
// another program; confinedArgs is the number of arguments before the other program's
// arguments.
const (
	confined     = "confined"
	confinedArgs = 3
	// confinedRoot is the root directory of a confined process.
	confinedRoot = "/run/confined"
)

// confinedCommand returns a command that runs this program in a new mount namespace,
// with confined.
func confinedCommand(c wire.Confine, argv []string) (*exec.Cmd, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe", append([]string{confined, string(raw)}, argv...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	return cmd, nil
}

// confine confines this process as a container runtime does, and executes a program. It
// only returns on error.
func confine(raw string, argv []string) error {
	c := wire.Confine{}
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		return err
	}
	// Capabilities are a property of the thread, which then calls execve.
	runtime.LockOSThread()
	for _, step := range []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return mount("tmpfs", "tmpfs", confinedRoot) },
		func() error { return bindAll(c.Mounts) },
		func() error { return unix.Mount("", confinedRoot, "", unix.MS_REMOUNT|unix.MS_RDONLY, "") },
		func() error { return unix.Chroot(confinedRoot) },
		func() error { return unix.Chdir("/") },
		func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) },
		func() error { return dropCapabilities(c.Capabilities) },
	} {
		if err := step(); err != nil {
			return wrapf(err, "cannot confine %q", argv[0])
		}
	}
	return wrapf(unix.Exec(argv[0], argv, os.Environ()), "cannot run %q", argv[0])
}

func bindAll(mounts []wire.Mount) error {
	for _, m := range mounts {
		to := filepath.Join(confinedRoot, m.To)
		for _, dir := range []string{m.From, to} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
		}
		if err := unix.Mount(m.From, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return wrapf(err, "cannot mount %q at %q", m.From, m.To)
		}
		if !m.ReadOnly {
			continue
		}
		if err := unix.Mount("", to, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			return wrapf(err, "cannot mount %q read-only at %q", m.From, m.To)
		}
	}
	return nil
}

// dropCapabilities drops all capabilities but keep from the bounding set. A program
// that root executes gets the whole bounding set.
func dropCapabilities(keep []uintptr) error {
	for c := range uintptr(unix.CAP_LAST_CAP + 1) {
		if slices.Contains(keep, c) {
			continue
		}
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if err != nil && !errors.Is(err, unix.EINVAL) { // The kernel does not support this capability.
			return err
		}
	}
	return nil
}
