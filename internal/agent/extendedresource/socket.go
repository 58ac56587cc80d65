// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package extendedresource

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	// DefaultDir is the kubelet's directory of device plugins. No kubelet has another one.
	DefaultDir = "/var/lib/kubelet/device-plugins"

	// KubeletSocket is the name of the socket at which device plugins register.
	KubeletSocket = "kubelet.sock"

	// prefix and suffix enclose a hash of the resource in the name of its socket: the kernel
	// limits a path to 107 bytes, and a resource has up to 82.
	prefix, suffix = "provider-aws-eni-", ".sock"
	hashBytes      = 8
)

// socketName returns the name of the socket of a resource.
func socketName(resource string) string {
	sum := sha256.Sum256([]byte(resource))
	return prefix + hex.EncodeToString(sum[:hashBytes]) + suffix
}

// IsSocket reports whether a file of the kubelet's directory has the name of the socket of a
// resource.
func IsSocket(name string) bool {
	return strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix)
}

// A socket is a listening socket in the kubelet's directory.
type socket struct {
	net.Listener

	dir, name string
	file      fs.FileInfo
}

// listen listens at a socket in a directory. It replaces a socket of an earlier process, and
// no other file.
func listen(ctx context.Context, dir, name string) (*socket, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errors.Wrap(err, "cannot open the kubelet's directory of device plugins")
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	if f, err := root.Lstat(name); err == nil && f.Mode().Type() == fs.ModeSocket {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Wrapf(err, "cannot remove the socket %q of an earlier agent", name)
		}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", filepath.Join(dir, name))
	if err != nil {
		return nil, errors.Wrap(err, "cannot listen for the kubelet")
	}
	if u, ok := l.(*net.UnixListener); ok {
		// The path may have the socket of another agent when this one is closed.
		u.SetUnlinkOnClose(false)
	}
	s := &socket{Listener: l, dir: dir, name: name}
	if s.file, err = root.Lstat(name); err != nil {
		return nil, errors.Join(errors.Wrap(err, "cannot listen for the kubelet"), l.Close())
	}
	return s, nil
}

// exists reports whether the socket's file is in the directory: the kubelet removes it.
func (s *socket) exists() bool {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return false
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	f, err := root.Lstat(s.name)
	return err == nil && os.SameFile(f, s.file)
}

// remove removes the socket's file, unless another process has replaced it.
func (s *socket) remove() {
	if !s.exists() {
		return
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return
	}
	defer root.Close()      //nolint:errcheck // The kubelet ignores a socket that remains.
	_ = root.Remove(s.name) // as above
}
