// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors" //nolint:depguard // See wrapf.
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	// serving is the argument of the process that executes the requests of the test
	// while systemd is init. It inherits the serial port as portFD.
	serving = "serve"
	portFD  = 3

	systemd = "/usr/lib/systemd/systemd"
	// factory contains the initial files of /etc.
	factory = "/usr/share/factory/etc"
	// target is the unit that systemd starts: what every host runs, without logins.
	target = "basic.target"
)

// startSystemd starts the process that executes requests, and replaces this process, init,
// with systemd. It only returns on error.
func startSystemd(port *os.File) error {
	if err := errors.Join(linkLibraries(), os.CopyFS("/etc", os.DirFS(factory))); err != nil {
		return wrapf(err, "cannot prepare the files of systemd")
	}
	cmd := exec.Command("/proc/self/exe", serving)
	cmd.ExtraFiles = []*os.File{port}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return wrapf(err, "cannot start the process for requests")
	}
	argv := []string{systemd, "--unit=" + target, "--log-target=journal"}
	return wrapf(unix.Exec(systemd, argv, []string{"PATH=/usr/bin:/usr/sbin"}), "cannot run systemd")
}

// linkLibraries creates the symlinks of a merged /usr that mountUsr does not create. /lib
// is a directory, as it contains the modules.
func linkLibraries() error {
	entries, err := os.ReadDir("/usr/lib")
	if err != nil {
		return err
	}
	for _, e := range entries {
		err := os.Symlink(filepath.Join("/usr/lib", e.Name()), filepath.Join("/lib", e.Name()))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return os.Symlink("usr/sbin", "/sbin")
}
