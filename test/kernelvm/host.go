// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"context"
	"syscall"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// Load loads a module with its hard and soft dependencies.
func (g *Guest) Load(ctx context.Context, module string) error {
	order, err := g.modules.orderWithSoftdeps(module)
	if err != nil {
		return err
	}
	return g.call(ctx, wire.OpLoad, wire.Load{Files: files(order)}, nil)
}

// Network returns links, addresses, routes and rules.
func (g *Guest) Network(ctx context.Context) (wire.Network, error) {
	out := wire.Network{}
	err := g.call(ctx, wire.OpNetwork, struct{}{}, &out)
	return out, err
}

// StartProcess starts a program in the guest. Its output is appended to LogPath(name).
func (g *Guest) StartProcess(ctx context.Context, name string, env []string, argv ...string) (wire.Process, error) {
	out := wire.Process{}
	err := g.call(ctx, wire.OpStart, wire.Start{Name: name, Argv: argv, Env: env, Log: LogPath(name)}, &out)
	return out, err
}

// StartConfined starts a program in its own mount namespace and with limited
// capabilities.
func (g *Guest) StartConfined(ctx context.Context, name string, c wire.Confine, argv ...string) (wire.Process, error) {
	out := wire.Process{}
	err := g.call(ctx, wire.OpStart, wire.Start{Name: name, Argv: argv, Log: LogPath(name), Confine: &c}, &out)
	return out, err
}

// LogPath returns the path of a process's log in the guest.
func LogPath(name string) string { return varLib + "/log/" + name + ".log" }

// Process returns the state of a process. A reset discards it.
func (g *Guest) Process(ctx context.Context, name string) (wire.Process, error) {
	out := wire.Process{}
	err := g.call(ctx, wire.OpProcess, wire.Name{Name: name}, &out)
	return out, err
}

// Signal sends a signal to a process. After SIGKILL it waits for the process to exit.
func (g *Guest) Signal(ctx context.Context, name string, s syscall.Signal) (wire.Process, error) {
	out := wire.Process{}
	err := g.call(ctx, wire.OpSignal, wire.Signal{Name: name, Signal: int(s)}, &out)
	return out, err
}

// KillAt kills a process when it next opens a file for writing, or any file in a
// directory, before the open succeeds.
func (g *Guest) KillAt(ctx context.Context, name, path string) error {
	return g.call(ctx, wire.OpKillAt, wire.KillAt{Name: name, Path: path}, nil)
}

// Hold opens a device that is bound to vfio-pci as a DPDK program does, and keeps it
// open until Release.
func (g *Guest) Hold(ctx context.Context, address string) error {
	return g.call(ctx, wire.OpHold, wire.Name{Name: address}, nil)
}

// Release closes a device.
func (g *Guest) Release(ctx context.Context, address string) error {
	return g.call(ctx, wire.OpRelease, wire.Name{Name: address}, nil)
}
