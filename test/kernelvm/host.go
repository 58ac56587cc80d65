package kernelvm

import (
	"context"
	"syscall"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// Load loads a module with what it needs and wishes for.
func (g *Guest) Load(ctx context.Context, module string) error {
	order, err := g.modules.orderWithWishes(module)
	if err != nil {
		return err
	}
	return g.ask(ctx, wire.OpLoad, wire.Load{Files: files(order)}, nil)
}

// Network returns links, addresses, routes and rules.
func (g *Guest) Network(ctx context.Context) (wire.Network, error) {
	out := wire.Network{}
	err := g.ask(ctx, wire.OpNetwork, struct{}{}, &out)
	return out, err
}

// StartProcess starts a program in the guest. Its output goes to LogPath(name),
// after what is there.
func (g *Guest) StartProcess(ctx context.Context, name string, env []string, argv ...string) (wire.Process, error) {
	out := wire.Process{}
	err := g.ask(ctx, wire.OpStart, wire.Start{Name: name, Argv: argv, Env: env, Log: LogPath(name)}, &out)
	return out, err
}

// StartConfined does so in a mount namespace and with capabilities of its own.
func (g *Guest) StartConfined(ctx context.Context, name string, c wire.Confine, argv ...string) (wire.Process, error) {
	out := wire.Process{}
	err := g.ask(ctx, wire.OpStart, wire.Start{Name: name, Argv: argv, Log: LogPath(name), Confine: &c}, &out)
	return out, err
}

// LogPath is where the output of a process is, in the guest.
func LogPath(name string) string { return varLib + "/log/" + name + ".log" }

// Process says how a process is. It is forgotten by a reset.
func (g *Guest) Process(ctx context.Context, name string) (wire.Process, error) {
	out := wire.Process{}
	err := g.ask(ctx, wire.OpProcess, wire.Name{Name: name}, &out)
	return out, err
}

// Signal sends a process a signal. After SIGKILL it is gone.
func (g *Guest) Signal(ctx context.Context, name string, s syscall.Signal) (wire.Process, error) {
	out := wire.Process{}
	err := g.ask(ctx, wire.OpSignal, wire.Signal{Name: name, Signal: int(s)}, &out)
	return out, err
}

// KillAt sets a trap: the next time that a process opens a file for writing, or any
// in a folder, it is killed before it has it.
func (g *Guest) KillAt(ctx context.Context, name, path string) error {
	return g.ask(ctx, wire.OpKillAt, wire.KillAt{Name: name, Path: path}, nil)
}

// Hold opens a device that is bound to vfio-pci as a DPDK program would, and
// keeps it open until Release.
func (g *Guest) Hold(ctx context.Context, address string) error {
	return g.ask(ctx, wire.OpHold, wire.Name{Name: address}, nil)
}

// Release closes a device again.
func (g *Guest) Release(ctx context.Context, address string) error {
	return g.ask(ctx, wire.OpRelease, wire.Name{Name: address}, nil)
}
