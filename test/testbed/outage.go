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

// killedWithin is how long a process may be there after SIGKILL.
const killedWithin = 10 * time.Second

// KillAPIServer ends kube-apiserver alone, at once: asked to end, it would wait
// for those who watch. Its address, certificates and users stay good for
// StartAPIServer.
func (c *ControlPlane) KillAPIServer(ctx context.Context) error {
	return errors.Wrap(kill(ctx, "--cert-dir="+c.env.ControlPlane.GetAPIServer().CertDir), "cannot kill kube-apiserver")
}

// StartAPIServer starts kube-apiserver again where it was.
func (c *ControlPlane) StartAPIServer() error {
	return errors.Wrap(insist(c.env.ControlPlane.GetAPIServer().Start), "cannot start kube-apiserver")
}

// RestartEtcd ends etcd at once and starts it again with its data, under a
// running kube-apiserver.
func (c *ControlPlane) RestartEtcd(ctx context.Context) error {
	if err := kill(ctx, "--data-dir="+c.env.ControlPlane.Etcd.DataDir); err != nil {
		return errors.Wrap(err, "cannot kill etcd")
	}
	return errors.Wrap(insist(c.env.ControlPlane.Etcd.Start), "cannot start etcd")
}

// SaveEtcd copies etcd's data, as a backup, and returns the copy's directory. etcd
// is restarted for it, under a running kube-apiserver.
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
	return backup, errors.Wrap(insist(c.env.ControlPlane.Etcd.Start), "cannot start etcd")
}

// RestoreEtcd ends kube-apiserver and etcd, replaces etcd's data by a backup, and
// starts both again. stopped is called while neither runs. The backup stays usable.
// Clients that watch must be restarted: resource versions go back.
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
	if err := insist(c.env.ControlPlane.Etcd.Start); err != nil {
		return errors.Wrap(err, "cannot start etcd")
	}
	return c.StartAPIServer()
}

// insist starts a program again that does not come up in time. Its port was free
// for a moment, and another test may have had it for another.
func insist(start func() error) (err error) {
	for range 3 {
		if err = start(); err == nil {
			return nil
		}
	}
	return err
}

// kill ends the process that was started with an argument, which names a folder
// of our own, and waits until it is gone. The package that starts it has no way
// to do so.
func kill(ctx context.Context, argument string) error {
	pid, err := find(argument)
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	for end := time.Now().Add(killedWithin); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if _, err := find(argument); err != nil {
			return nil //nolint:nilerr // not found is what was waited for
		}
	}
	return errors.Errorf("process %d is still there", pid)
}

func find(argument string) (int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			continue // ended since
		}
		for a := range bytes.SplitSeq(raw, []byte{0}) {
			if string(a) == argument {
				return strconv.Atoi(filepath.Base(filepath.Dir(f)))
			}
		}
	}
	return 0, errors.Errorf("no process has the argument %q", argument)
}
