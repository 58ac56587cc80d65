// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors" //nolint:depguard // See wrapf.
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// diskTimeout limits the wait for the disk after its driver is loaded.
const diskTimeout = 10 * time.Second

// prepare sets up the environment that an agent finds on a host.
func prepare() (wire.Config, error) {
	c, err := readConfig()
	if err != nil {
		return c, err
	}
	for _, step := range []func(wire.Config) error{mountAll, loadAll, mountDisks, connect} {
		if err := step(c); err != nil {
			return c, err
		}
	}
	return c, nil
}

func mountAll(c wire.Config) error {
	// DPDK rejects plugins in a world-writable directory.
	if err := os.Chmod("/", 0o755); err != nil {
		return err
	}
	for _, m := range [][2]string{{"proc", "/proc"}, {"sysfs", "/sys"}, {"debugfs", "/sys/kernel/debug"}, {"tmpfs", "/run"}, {"tmpfs", "/tmp"}} {
		if err := mount(m[0], m[0], m[1]); err != nil {
			return err
		}
	}
	if c.HugePages {
		return mount("hugetlbfs", "hugetlbfs", "/dev/hugepages")
	}
	return nil
}

func loadAll(c wire.Config) error { return load(modulesDir(c.Release), c.Modules) }

func mountDisks(c wire.Config) error {
	if err := mountDisk(c.Disk, "/var/lib", 0); err != nil {
		return err
	}
	if c.Usr == "" {
		return nil
	}
	return mountUsr(c.Usr)
}

func mount(source, fstype, target string) error {
	return mountWith(source, fstype, target, 0)
}

func mountWith(source, fstype, target string, flags uintptr) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	return wrapf(unix.Mount(source, target, fstype, flags, ""), "cannot mount %s at %s", fstype, target)
}

func modulesDir(release string) string { return filepath.Join("/lib/modules", release) }

// load loads module files.
func load(dir string, files []string) error {
	for _, name := range files {
		if err := loadFile(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func loadFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return wrapf(err, "cannot load %s", path)
	}
	return nil
}

// mountDisk mounts a disk. finit_module returns before the driver has created the
// device.
func mountDisk(device, target string, flags uintptr) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(diskTimeout); ; <-tick.C {
		_, err := os.Stat(device)
		if err == nil {
			return mountWith(device, "ext4", target, flags)
		}
		if time.Now().After(end) {
			return err
		}
	}
}

// mountUsr mounts a /usr with a C library, and creates the symlinks that its programs
// need. /lib is no symlink: it contains the modules, and the loader also searches /usr.
func mountUsr(device string) error {
	if err := mountDisk(device, "/usr", unix.MS_RDONLY); err != nil {
		return err
	}
	return errors.Join(os.Symlink("usr/bin", "/bin"), os.Symlink("usr/lib64", "/lib64"), os.Symlink("../run", "/var/run"))
}

// connect configures the link to the host as the node's primary link, with the default
// route.
func connect(c wire.Config) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return err
	}
	links, err := netlink.LinkList()
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Attrs().HardwareAddr.String() == c.PrimaryMAC {
			if c.Systemd {
				// As udev of a host's initramfs does. udev cannot rename a link that is up,
				// and keeps a name that the kernel did not choose.
				if err := netlink.LinkSetName(l, wire.PrimaryName); err != nil {
					return err
				}
			}
			return wrapf(configure(l, c), "cannot configure %s", l.Attrs().Name)
		}
	}
	return fmt.Errorf("no link has the MAC address %s", c.PrimaryMAC)
}

func configure(l netlink.Link, c wire.Config) error {
	a, err := netlink.ParseAddr(c.Address)
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(l, a); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(l); err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: l.Attrs().Index, Gw: net.ParseIP(c.Gateway)})
}
