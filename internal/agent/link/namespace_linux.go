// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"path/filepath"
	"runtime"

	"github.com/vishvananda/netns"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// namedNamespaces is the directory of ip-netns(8).
const namedNamespaces = "/run/netns"

// A Namespace is a network namespace. The zero value is the namespace of the process.
type Namespace struct {
	handle netns.NsHandle
	open   bool
}

// OpenNamespace opens a namespace by its name, as ip-netns(8) does, or by its path. The
// empty string is the namespace of the process.
func OpenNamespace(nameOrPath string) (*Namespace, error) {
	if nameOrPath == "" {
		return &Namespace{}, nil
	}
	path := nameOrPath
	if !filepath.IsAbs(path) {
		path = filepath.Join(namedNamespaces, path)
	}
	h, err := netns.GetFromPath(path)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot open network namespace %q", nameOrPath)
	}
	return &Namespace{handle: h, open: true}, nil
}

// Do calls f in the namespace. Sockets that f opens stay in the namespace, and f sees
// the namespace's /proc/sys/net. Other goroutines are not affected.
func (n *Namespace) Do(f func() error) error {
	if n == nil || !n.open {
		return f()
	}

	// A namespace is a property of the thread, so no other goroutine may use this
	// thread meanwhile. If restoring the namespace fails the thread stays locked, and
	// the runtime terminates it with the goroutine.
	runtime.LockOSThread()
	home, err := netns.Get()
	if err != nil {
		runtime.UnlockOSThread()
		return errors.Wrap(err, "cannot get the current network namespace")
	}
	defer home.Close() //nolint:errcheck // The file was only read.
	if err := netns.Set(n.handle); err != nil {
		runtime.UnlockOSThread()
		return errors.Wrap(err, "cannot enter network namespace")
	}

	ferr := f()
	if err := netns.Set(home); err != nil {
		return errors.Wrap(err, "cannot return from network namespace")
	}
	runtime.UnlockOSThread()
	return ferr
}

// Close closes the handle. The kernel keeps the namespace while it is in use.
func (n *Namespace) Close() error {
	if n == nil || !n.open {
		return nil
	}
	n.open = false
	return n.handle.Close()
}
