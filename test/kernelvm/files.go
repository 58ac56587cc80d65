package kernelvm

import (
	"context"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// chunk is how much of a file goes over the serial port at once. The guest's
// side of it buffers 64 KiB.
const chunk = 16 << 10

// Read returns a file of the guest.
func (g *Guest) Read(ctx context.Context, path string) (string, error) {
	var b strings.Builder
	for {
		d := wire.Data{}
		if err := g.ask(ctx, wire.OpRead, wire.Read{Path: path, Offset: int64(b.Len()), Limit: chunk}, &d); err != nil {
			return b.String(), err
		}
		b.Write(d.Data)
		if d.End {
			return b.String(), nil
		}
	}
}

// Write writes to a file of the guest that is there, as those of sysfs are. It
// returns when the kernel does.
func (g *Guest) Write(ctx context.Context, path, data string) error {
	return g.ask(ctx, wire.OpWrite, wire.Write{Path: path, Data: []byte(data)}, nil)
}

// Create makes a file in the guest, in the place of one that is there.
func (g *Guest) Create(ctx context.Context, path, data string) error {
	for first := true; first || data != ""; first = false {
		n := min(chunk, len(data))
		if err := g.ask(ctx, wire.OpCreate, wire.Write{Path: path, Data: []byte(data[:n]), Append: !first, Mode: 0o600}, nil); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// Readlink returns where a link of the guest leads.
func (g *Guest) Readlink(ctx context.Context, path string) (string, error) {
	out := ""
	err := g.ask(ctx, wire.OpReadlink, wire.Path{Path: path}, &out)
	return out, err
}

// List returns the names in a folder of the guest.
func (g *Guest) List(ctx context.Context, path string) ([]string, error) {
	var out []string
	err := g.ask(ctx, wire.OpList, wire.Path{Path: path}, &out)
	return out, err
}

// Stat describes a file of the guest, following links.
func (g *Guest) Stat(ctx context.Context, path string) (wire.Stat, error) {
	out := wire.Stat{}
	err := g.ask(ctx, wire.OpStat, wire.Path{Path: path}, &out)
	return out, err
}

// Sync writes the disk's files to the disk, without which a reset loses those of
// the last seconds.
func (g *Guest) Sync(ctx context.Context) error { return g.ask(ctx, wire.OpSync, struct{}{}, nil) }

func (g *Guest) ask(ctx context.Context, op wire.Op, args, result any) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	err := g.channel.call(ctx, op, args, result)
	// What the guest answers says enough.
	if e := (*guestError)(nil); err == nil || errors.As(err, &e) {
		return err
	}
	return g.explain(errors.Wrapf(err, "cannot do %q in the guest", op))
}
