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

// How long things may take. A boot takes two seconds, ten where both cores are
// busy, and thirty where six programs want each of them.
const (
	bootWithin   = 90 * time.Second
	answerWithin = 60 * time.Second
)

// consoleLines is how much of the console an error ends with.
const consoleLines = 40

// A Guest is a machine that runs. Its methods can be used by several goroutines.
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

// Start boots a machine, and returns once its kernel has a network and a disk.
// Close ends it.
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
	// Not a test's own folder: the path of a socket has 107 characters at most.
	if g.dir, err = os.MkdirTemp("", "kernelvm-"); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, bootWithin)
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
		config.Usr = "/dev/vdb"
	}
	if err := k.writeInitramfs(filepath.Join(g.dir, fileInitrd), g.modules, config); err != nil {
		return err
	}
	return g.launch(ctx, k.qemu, k.arguments(g.options, g.dir, disk))
}

// launch starts qemu, which calls back for both of its lines, and lets it run.
func (g *Guest) launch(ctx context.Context, qemu string, args []string) error {
	control, err := net.Listen("unix", filepath.Join(g.dir, fileControl))
	if err != nil {
		return err
	}
	defer control.Close() //nolint:errcheck // Nobody else calls.
	monitor, err := net.Listen("unix", filepath.Join(g.dir, fileMonitor))
	if err != nil {
		return err
	}
	defer monitor.Close() //nolint:errcheck // Nobody else calls.

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
	if g.monitor, err = newMonitor(ctx, conn, g.heard); err != nil {
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
		_ = l.Close() // One call is all there is.
	}()
	conn, err := l.Accept()
	return conn, errors.Wrap(err, "qemu does not start")
}

// Reset resets the machine, as the button would, and waits for it to boot. The
// NICs stay plugged, the disk keeps its files, all else of the guest is gone.
func (g *Guest) Reset(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootWithin)
	defer cancel()
	return g.explain(errors.Wrap(g.reset(ctx), "cannot reset the machine"))
}

func (g *Guest) reset(ctx context.Context) error {
	// Otherwise a reset ends the machine, whoever asked for it.
	if err := g.monitor.execute(ctx, "set-action", map[string]string{"reboot": "reset"}); err != nil {
		return err
	}
	select {
	case <-g.resets: // one of the last time
	default:
	}
	if err := g.monitor.execute(ctx, "system_reset", nil); err != nil {
		return err
	}
	select {
	case <-g.resets:
	case <-g.process.Exited():
		return errors.New("the machine has ended")
	case <-ctx.Done():
		return ctx.Err()
	}
	g.channel.forget()
	if err := g.channel.await(ctx); err != nil {
		return err
	}
	// Not before the guest is up: the firmware resets the machine once more.
	return g.monitor.execute(ctx, "set-action", map[string]string{"reboot": "shutdown"})
}

// Close ends the machine at once and removes its files.
func (g *Guest) Close() error {
	if g.process != nil {
		g.process.Kill()
	}
	if g.channel != nil {
		_ = g.channel.conn.Close() // The other end is gone.
	}
	if g.monitor != nil {
		_ = g.monitor.conn.Close() // The other end is gone.
	}
	return os.RemoveAll(g.dir)
}

// Console is all that the kernel and the guest's first program have printed.
func (g *Guest) Console() string {
	raw, err := os.ReadFile(filepath.Join(g.dir, fileConsole))
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func (g *Guest) heard(e event) {
	switch e.Name {
	case "RESET":
		select {
		case g.resets <- struct{}{}:
		default:
		}
	case "DEVICE_DELETED":
		g.deleted(e.Device)
	default:
	}
}

// explain adds what the machine has said last to an error.
func (g *Guest) explain(err error) error {
	if err == nil || g.process == nil {
		return err
	}
	return errors.Errorf("%w\nqemu:\n%s\nconsole:\n%s", err, process.Tail(filepath.Join(g.dir, fileErrors), consoleLines), process.Tail(filepath.Join(g.dir, fileConsole), consoleLines))
}
