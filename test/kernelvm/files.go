// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"context"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// chunkBytes limits the data of one request. The serial port of the guest buffers 64
// KiB.
const chunkBytes = 16 << 10

// Read returns a file of the guest.
func (g *Guest) Read(ctx context.Context, path string) (string, error) {
	var b strings.Builder
	for {
		d := wire.Data{}
		if err := g.call(ctx, wire.OpRead, wire.Read{Path: path, Offset: int64(b.Len()), Limit: chunkBytes}, &d); err != nil {
			return b.String(), err
		}
		b.Write(d.Data)
		if d.End {
			return b.String(), nil
		}
	}
}

// Write writes to an existing file of the guest, such as an attribute of sysfs. It
// returns when the write(2) in the guest returns.
func (g *Guest) Write(ctx context.Context, path, data string) error {
	return g.call(ctx, wire.OpWrite, wire.Write{Path: path, Data: []byte(data)}, nil)
}

// Create creates or replaces a file in the guest.
func (g *Guest) Create(ctx context.Context, path, data string) error {
	for first := true; first || data != ""; first = false {
		n := min(chunkBytes, len(data))
		if err := g.call(ctx, wire.OpCreate, wire.Write{Path: path, Data: []byte(data[:n]), Append: !first, Mode: 0o644}, nil); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// Readlink returns the target of a symlink in the guest.
func (g *Guest) Readlink(ctx context.Context, path string) (string, error) {
	out := ""
	err := g.call(ctx, wire.OpReadlink, wire.Path{Path: path}, &out)
	return out, err
}

// List returns the names in a directory of the guest.
func (g *Guest) List(ctx context.Context, path string) ([]string, error) {
	var out []string
	err := g.call(ctx, wire.OpList, wire.Path{Path: path}, &out)
	return out, err
}

// Stat returns information about a file of the guest, following symlinks.
func (g *Guest) Stat(ctx context.Context, path string) (wire.Stat, error) {
	out := wire.Stat{}
	err := g.call(ctx, wire.OpStat, wire.Path{Path: path}, &out)
	return out, err
}

// Sync flushes the guest's page cache to the disk. Without it a reset loses recent
// writes.
func (g *Guest) Sync(ctx context.Context) error { return g.call(ctx, wire.OpSync, struct{}{}, nil) }

func (g *Guest) call(ctx context.Context, op wire.Op, args, result any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := g.channel.call(ctx, op, args, result)
	// An error from the guest needs no console output.
	if e := (*guestError)(nil); err == nil || errors.As(err, &e) {
		return err
	}
	return g.explain(errors.Wrapf(err, "cannot execute %q in the guest", op))
}
