// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// boot starts a machine for a test, and logs its console if the test fails.
func boot(t *testing.T, o Options) *Guest {
	t.Helper()
	dir := os.Getenv("KERNELVM")
	if dir == "" {
		t.Skip("this test boots a virtual machine: run make e2e-kernel")
	}
	k, err := Prepare(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	g, err := k.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("booted in %s", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("console:\n%s", g.Console())
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

const mac = "52:54:00:12:34:77"

func linkWith(t *testing.T, g *Guest, mac string) *wire.Link {
	t.Helper()
	n, err := g.Network(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range n.Links {
		if l.MAC == mac {
			return &l
		}
	}
	return nil
}

func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !check(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out after 30 s: %s", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestGuest tests the operations on each machine type.
func TestGuest(t *testing.T) {
	cases := map[string]struct {
		reason  string
		options Options
		node    string
	}{
		"IOMMU":   {reason: "With an IOMMU the device is used through its group.", options: Options{IOMMU: true}, node: "/dev/vfio/"},
		"NoIOMMU": {reason: "Without an IOMMU, the other vfio.ko supports no-IOMMU mode.", options: Options{NoIOMMUModule: true, Ports: 2}, node: "/dev/vfio/noiommu-"},
		"PC":      {reason: "A machine without PCI Express supports no-IOMMU mode, too.", options: Options{NoIOMMUModule: true, Machine: PC}, node: "/dev/vfio/noiommu-"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			g := boot(t, tc.options)
			device := plugged(t, g)
			bound(t, g, device, tc.node, tc.reason)
			unplugged(t, g)
			unpluggedWhileHeld(t, g)
			portsFill(t, g)
		})
	}
}

// plugged plugs a card in and returns its directory in sysfs.
func plugged(t *testing.T, g *Guest) string {
	t.Helper()
	address, err := g.Plug(t.Context(), NIC{ID: "hp0", MAC: mac})
	must(t, err)
	eventually(t, "the kernel sees a card that is plugged", func() bool { return linkWith(t, g, mac) != nil })
	device := "/sys/bus/pci/devices/" + address
	driver, err := g.Readlink(t.Context(), device+"/driver")
	must(t, err)
	if path.Base(driver) != "virtio-pci" {
		t.Errorf("the card has the driver %s", driver)
	}
	if _, err := g.Plug(t.Context(), NIC{ID: "hp0", MAC: mac}); err == nil {
		t.Error("the same card was plugged twice")
	}
	return device
}

// bind binds a card to vfio-pci.
func bind(t *testing.T, g *Guest, device string) {
	t.Helper()
	ctx, address := t.Context(), path.Base(device)
	must(t, g.Load(ctx, "vfio-pci"))
	if g.options.NoIOMMUModule {
		must(t, g.Write(ctx, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "1"))
	}
	must(t, g.Write(ctx, device+"/driver/unbind", address))
	must(t, g.Write(ctx, device+"/driver_override", "vfio-pci"))
	must(t, g.Write(ctx, "/sys/bus/pci/drivers/vfio-pci/bind", address))
}

func bound(t *testing.T, g *Guest, device, node, reason string) {
	t.Helper()
	ctx, address := t.Context(), path.Base(device)
	bind(t, g, device)
	group, err := g.Readlink(ctx, device+"/iommu_group")
	must(t, err)
	if s, err := g.Stat(ctx, node+path.Base(group)); err != nil || !s.Device {
		t.Errorf("%s Device node of the group: %+v, %v", reason, s, err)
	}
	must(t, g.Hold(ctx, address))
	back := make(chan error, 1)
	go func() { back <- g.Write(ctx, "/sys/bus/pci/drivers/vfio-pci/unbind", address) }()
	select {
	case err := <-back:
		t.Errorf("an open device was unbound: %v", err)
	case <-time.After(time.Second):
	}
	must(t, g.Release(ctx, address))
	must(t, <-back)
	must(t, g.Write(ctx, device+"/driver_override", "\n"))
	must(t, g.Write(ctx, "/sys/bus/pci/drivers/virtio-pci/bind", address))
	eventually(t, "the link is back with its driver", func() bool { return linkWith(t, g, mac) != nil })
}

func unplugged(t *testing.T, g *Guest) {
	t.Helper()
	must(t, g.Unplug(t.Context(), "hp0"))
	if l := linkWith(t, g, mac); l != nil {
		t.Errorf("unplugged card is still present: %+v", l)
	}
	if err := g.Unplug(t.Context(), "hp0"); err == nil {
		t.Error("the same card was unplugged twice")
	}
}

// unpluggedWhileHeld: the kernel releases a card when no program has it open.
func unpluggedWhileHeld(t *testing.T, g *Guest) {
	t.Helper()
	device := plugged(t, g)
	bind(t, g, device)
	must(t, g.Hold(t.Context(), path.Base(device)))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := g.Unplug(ctx, "hp0"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("unplugging an open card: %v", err)
	}
	must(t, g.Release(t.Context(), path.Base(device)))
	must(t, g.Unplug(t.Context(), "hp0"))
}

func portsFill(t *testing.T, g *Guest) {
	t.Helper()
	for i := range g.options.Ports {
		_, err := g.Plug(t.Context(), NIC{ID: fmt.Sprintf("again%d", i), MAC: fmt.Sprintf("52:54:00:12:34:%02x", i)})
		must(t, err)
	}
	if _, err := g.Plug(t.Context(), NIC{ID: "more", MAC: mac}); err == nil {
		t.Error("a card was plugged without a free port")
	}
}

// TestReset checks what survives a reset, and that files and processes behave as on any
// host.
func TestReset(t *testing.T) {
	source := path.Join(t.TempDir(), "program")
	must(t, os.WriteFile(source, []byte("not one"), 0o755))
	g := boot(t, Options{HugePages: 8, Files: map[string]string{"/var/lib/test/program": source}})
	ctx := t.Context()

	if n, err := g.Read(ctx, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"); err != nil || n != "8\n" {
		t.Errorf("%q huge pages are allocated, want 8: %v", n, err)
	}
	for _, dir := range []string{"/dev/hugepages", "/sys/kernel/debug/x86"} {
		if s, err := g.Stat(ctx, dir); err != nil || !s.IsDir {
			t.Errorf("%s is not mounted: %v", dir, err)
		}
	}
	if _, err := g.Read(ctx, "/nothing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading a missing file: %v", err)
	}
	if err := g.Write(ctx, "/var/lib/nothing", "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("writing a missing file: %v", err)
	}
	if _, err := g.StartProcess(ctx, "p", nil, "/var/lib/test/program"); !errors.Is(err, syscall.ENOEXEC) {
		t.Errorf("starting a missing program: %v", err)
	}
	text := string(slices.Repeat([]byte("0123456789abcdef"), 10_000))
	began := time.Now()
	must(t, g.Create(ctx, "/var/lib/some/where/file", text))
	t.Logf("wrote %d bytes in %s", len(text), time.Since(began).Round(time.Millisecond))
	must(t, g.Sync(ctx))
	_, err := g.Plug(ctx, NIC{ID: "hp0", MAC: mac, Driver: VMXNet3})
	must(t, err)
	p, err := g.StartProcess(ctx, "p", nil, "/init")
	must(t, err)
	if !p.Running {
		t.Errorf("not running: %+v", p)
	}
	if p, err = g.Signal(ctx, "p", syscall.SIGKILL); err != nil || p.Running || p.Signal != int(syscall.SIGKILL) {
		t.Errorf("killed: %+v, %v", p, err)
	}

	began = time.Now()
	must(t, g.Reset(ctx))
	t.Logf("reset in %s", time.Since(began).Round(time.Millisecond))
	began = time.Now()
	if got, err := g.Read(ctx, "/var/lib/some/where/file"); err != nil || got != text {
		t.Errorf("the file has %d bytes after a reset, want %d: %v", len(got), len(text), err)
	}
	t.Logf("read it in %s", time.Since(began).Round(time.Millisecond))
	eventually(t, "the card is there after a reset", func() bool { return linkWith(t, g, mac) != nil })
	if _, err := g.Process(ctx, "p"); err == nil {
		t.Error("a process outlived the reset")
	}
	must(t, g.Unplug(ctx, "hp0"))
}

// TestPanic checks that the exit of the machine is detected immediately.
func TestPanic(t *testing.T) {
	g := boot(t, Options{})
	began := time.Now()
	if err := g.Write(t.Context(), "/proc/sysrq-trigger", "c"); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a guest that panics returns %v", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("detected after %s", took)
	}
}
