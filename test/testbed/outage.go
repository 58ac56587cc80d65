// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// killedWithin bounds the time from SIGKILL to the end of a process.
const killedWithin = 10 * time.Second

// KillAPIServer kills kube-apiserver: on SIGTERM it would wait for open watches.
// StartAPIServer starts it with the same address, certificates and users.
func (c *ControlPlane) KillAPIServer(ctx context.Context) error {
	return errors.Wrap(kill(ctx, "--cert-dir="+c.env.ControlPlane.GetAPIServer().CertDir), "cannot kill kube-apiserver")
}

// StartAPIServer starts kube-apiserver again at the same address.
func (c *ControlPlane) StartAPIServer() error {
	return errors.Wrap(startWithRetry(c.env.ControlPlane.GetAPIServer().Start), "cannot start kube-apiserver")
}

// RestartEtcd kills etcd and starts it again with its data, while kube-apiserver
// runs.
func (c *ControlPlane) RestartEtcd(ctx context.Context) error {
	if err := kill(ctx, "--data-dir="+c.env.ControlPlane.Etcd.DataDir); err != nil {
		return errors.Wrap(err, "cannot kill etcd")
	}
	return errors.Wrap(startWithRetry(c.env.ControlPlane.Etcd.Start), "cannot start etcd")
}

// SaveEtcd copies etcd's data to a backup and returns the backup's directory. It
// restarts etcd while kube-apiserver runs.
func (c *ControlPlane) SaveEtcd(ctx context.Context) (string, error) {
	backup, err := os.MkdirTemp(c.dir, "backup-")
	if err != nil {
		return "", errors.Wrap(err, "cannot create a directory for the backup of etcd")
	}
	data := c.env.ControlPlane.Etcd.DataDir
	if err := kill(ctx, "--data-dir="+data); err != nil {
		return "", errors.Wrap(err, "cannot kill etcd")
	}
	if err := os.CopyFS(backup, os.DirFS(data)); err != nil {
		return "", errors.Wrap(err, "cannot copy the data of etcd")
	}
	return backup, errors.Wrap(startWithRetry(c.env.ControlPlane.Etcd.Start), "cannot start etcd")
}

// RestoreEtcd kills kube-apiserver and etcd, replaces etcd's data with a backup, and
// starts both again. It calls stopped while neither runs. The backup can be restored
// again. Watches must be restarted: resource versions decrease.
func (c *ControlPlane) RestoreEtcd(ctx context.Context, backup string, stopped func()) error {
	if err := c.KillAPIServer(ctx); err != nil {
		return err
	}
	data := c.env.ControlPlane.Etcd.DataDir
	if err := kill(ctx, "--data-dir="+data); err != nil {
		return errors.Wrap(err, "cannot kill etcd")
	}
	stopped()
	entries, err := os.ReadDir(data)
	if err != nil {
		return errors.Wrap(err, "cannot read the data of etcd")
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(data, e.Name())); err != nil {
			return errors.Wrap(err, "cannot remove the data of etcd")
		}
	}
	if err := os.CopyFS(data, os.DirFS(backup)); err != nil {
		return errors.Wrap(err, "cannot restore the data of etcd")
	}
	if err := startWithRetry(c.env.ControlPlane.Etcd.Start); err != nil {
		return errors.Wrap(err, "cannot start etcd")
	}
	return c.StartAPIServer()
}

// startWithRetry starts a server up to three times: another test may have used its
// port while it was stopped.
func startWithRetry(start func() error) (err error) {
	for range 3 {
		if err = start(); err == nil {
			return nil
		}
	}
	return err
}

// kill sends SIGKILL to the process that has a command-line argument, which names a
// directory of this control plane, and waits until it has ended. envtest cannot kill
// a server.
func kill(ctx context.Context, argument string) error {
	pid, err := findProcess(argument)
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	for end := time.Now().Add(killedWithin); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if _, err := findProcess(argument); err != nil {
			return nil //nolint:nilerr // the process has ended
		}
	}
	return errors.Errorf("process %d still runs after SIGKILL", pid)
}

// findProcess returns the id of the process that has a command-line argument.
func findProcess(argument string) (int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			continue // ended
		}
		for a := range bytes.SplitSeq(raw, []byte{0}) {
			if string(a) == argument {
				return strconv.Atoi(filepath.Base(filepath.Dir(f)))
			}
		}
	}
	return 0, errors.Errorf("no process has the argument %q", argument)
}
