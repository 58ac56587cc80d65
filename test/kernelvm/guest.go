// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
	"github.com/nodeeni/provider-aws-eni/test/process"
)

// Timeouts. A boot takes two seconds, ten if both cores are busy, and thirty if six
// programs compete for each core.
const (
	bootTimeout = 90 * time.Second
	callTimeout = 60 * time.Second
)

// consoleLines is the number of console lines in an error.
const consoleLines = 40

// A Guest is a running machine. It is safe for concurrent use.
type Guest struct {
	options Options
	modules moduleSet

	dir     string
	process *process.Process
	monitor *monitor
	channel *channel
	resets  chan struct{}

	mu   sync.Mutex
	nics map[string]*nic
}

// Start boots a machine, and returns when it has a network and a disk. Close terminates
// it.
func (k *Kit) Start(ctx context.Context, o Options) (*Guest, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Guest{options: o, modules: k.modules, resets: make(chan struct{}, 1), nics: map[string]*nic{}}
	if o.NoIOMMUModule {
		if g.modules, err = k.modules.replace(k.noIOMMU); err != nil {
			return nil, err
		}
	}
	// Do not use t.TempDir: the path of a socket is limited to 107 characters.
	if g.dir, err = os.MkdirTemp("", "kernelvm-"); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	if err := g.start(ctx, k); err != nil {
		return nil, errors.Join(g.explain(err), g.Close())
	}
	return g, nil
}

func (g *Guest) start(ctx context.Context, k *Kit) error {
	disk, err := k.makeDisk(ctx, g.dir, g.options.Files)
	if err != nil {
		return err
	}
	config := wire.Config{
		PrimaryMAC: primaryMAC, Address: guestAddress + "/24", Gateway: HostAddress,
		Disk: "/dev/vda", HugePages: g.options.HugePages > 0,
	}
	if g.options.Usr != "" {
		config.Usr, config.Systemd = "/dev/vdb", g.options.Systemd
	}
	if err := k.writeInitramfs(filepath.Join(g.dir, fileInitrd), g.modules, config); err != nil {
		return err
	}
	return g.launch(ctx, k.qemu, k.arguments(g.options, g.dir, disk))
}

// launch starts QEMU, which connects to both sockets, and continues the machine.
func (g *Guest) launch(ctx context.Context, qemu string, args []string) error {
	control, err := net.Listen("unix", filepath.Join(g.dir, fileControl))
	if err != nil {
		return err
	}
	defer control.Close() //nolint:errcheck // No other program connects.
	monitor, err := net.Listen("unix", filepath.Join(g.dir, fileMonitor))
	if err != nil {
		return err
	}
	defer monitor.Close() //nolint:errcheck // No other program connects.

	if g.process, err = process.Start(filepath.Join(g.dir, fileErrors), qemu, args...); err != nil {
		return err
	}
	conn, err := g.accept(ctx, control)
	if err != nil {
		return err
	}
	g.channel = newChannel(conn)
	if conn, err = g.accept(ctx, monitor); err != nil {
		return err
	}
	if g.monitor, err = newMonitor(ctx, conn, g.onEvent); err != nil {
		return err
	}
	if err := g.monitor.execute(ctx, "cont", nil); err != nil {
		return err
	}
	return g.channel.await(ctx)
}

func (g *Guest) accept(ctx context.Context, l net.Listener) (net.Conn, error) {
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-done:
		case <-g.process.Exited():
		case <-ctx.Done():
		}
		_ = l.Close() // QEMU connects once.
	}()
	conn, err := l.Accept()
	return conn, errors.Wrap(err, "cannot start qemu")
}

// Reset resets the machine and waits for it to boot. NICs stay plugged and the disk
// keeps its files; all other state of the guest is lost.
func (g *Guest) Reset(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	return g.explain(errors.Wrap(g.reset(ctx), "cannot reset the machine"))
}

func (g *Guest) reset(ctx context.Context) error {
	// By default a reset terminates the machine.
	if err := g.monitor.execute(ctx, "set-action", map[string]string{"reboot": "reset"}); err != nil {
		return err
	}
	select {
	case <-g.resets: // of a previous reset
	default:
	}
	if err := g.monitor.execute(ctx, "system_reset", nil); err != nil {
		return err
	}
	select {
	case <-g.resets:
	case <-g.process.Exited():
		return errors.New("the machine exited")
	case <-ctx.Done():
		return ctx.Err()
	}
	g.channel.failPending()
	if err := g.channel.await(ctx); err != nil {
		return err
	}
	// Only after the boot: the firmware resets the machine once more.
	return g.monitor.execute(ctx, "set-action", map[string]string{"reboot": "shutdown"})
}

// Close terminates the machine and removes its files.
func (g *Guest) Close() error {
	if g.process != nil {
		g.process.Kill()
	}
	if g.channel != nil {
		_ = g.channel.conn.Close() // The peer has exited.
	}
	if g.monitor != nil {
		_ = g.monitor.conn.Close() // The peer has exited.
	}
	return os.RemoveAll(g.dir)
}

// Console returns the output of the kernel and of the guest's init.
func (g *Guest) Console() string {
	raw, err := os.ReadFile(filepath.Join(g.dir, fileConsole))
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func (g *Guest) onEvent(e event) {
	switch e.Name {
	case "RESET":
		select {
		case g.resets <- struct{}{}:
		default:
		}
	case "DEVICE_DELETED":
		g.onDeleted(e.Device)
	default:
	}
}

// explain adds the last output of the machine to an error.
func (g *Guest) explain(err error) error {
	if err == nil || g.process == nil {
		return err
	}
	return errors.Errorf("%w\nqemu:\n%s\nconsole:\n%s", err, process.Tail(filepath.Join(g.dir, fileErrors), consoleLines), process.Tail(filepath.Join(g.dir, fileConsole), consoleLines))
}
