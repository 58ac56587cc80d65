// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sysfsTree is a /sys with an ENA device bound to its driver, a virtio NIC, and an
// unbound device. The files are listed in the kernel's
// Documentation/ABI/testing/sysfs-bus-pci.
func sysfsTree() map[string]string {
	const (
		ena    = "devices/pci0000:00/0000:00:06.0"
		virtio = "devices/pci0000:00/0000:00:07.0"
		none   = "devices/pci0000:00/0000:00:08.0"
	)
	return map[string]string{
		"bus/pci/devices/0000:00:05.0": "->../../../devices/pci0000:00/0000:00:05.0",
		"bus/pci/devices/0000:00:06.0": "->../../../" + ena,
		"bus/pci/devices/0000:00:07.0": "->../../../" + virtio,
		"bus/pci/devices/0000:00:08.0": "->../../../" + none,
		"bus/pci/drivers_probe":        "",
		"bus/pci/drivers/ena/bind":     "", "bus/pci/drivers/ena/unbind": "",
		"bus/pci/drivers/vfio-pci/bind": "", "bus/pci/drivers/vfio-pci/unbind": "",
		"bus/pci/drivers/pcieport/uevent": "",

		ena + "/uevent":           "DRIVER=ena\nPCI_CLASS=20000\nPCI_ID=1D0F:EC20\nPCI_SUBSYS_ID=1D0F:EC20\nPCI_SLOT_NAME=0000:00:06.0\nMODALIAS=" + enaModalias + "\n",
		ena + "/driver_override":  "(null)\n",
		ena + "/numa_node":        "1\n",
		ena + "/net/eth1/ifindex": "3\n",
		ena + "/driver":           "->../../../bus/pci/drivers/ena",
		ena + "/iommu_group":      "->../../../kernel/iommu_groups/17",

		virtio + "/uevent":                    "DRIVER=virtio-pci\nPCI_CLASS=20000\nPCI_ID=1AF4:1041\n",
		virtio + "/driver_override":           "virtio-pci\n",
		virtio + "/numa_node":                 "-1\n",
		virtio + "/virtio1/net/ens7/ifindex":  "4\n",
		virtio + "/virtio1/net/ens7a/ifindex": "5\n",
		virtio + "/virtio2/uevent":            "",
		virtio + "/driver":                    "->../../../bus/pci/drivers/pcieport",

		none + "/uevent":          "PCI_CLASS=20000\nPCI_ID=1D0F:EC20\n",
		none + "/driver_override": "\n",
	}
}

func TestDevice(t *testing.T) {
	const (
		dir   = "bus/pci/devices/0000:00:06.0/"
		group = "kernel/iommu_groups/17/devices/"
	)
	ena := Address{Device: 6}
	one := int32(1)
	cases := map[string]struct {
		reason  string
		address Address
		change  map[string]string
		broken  string
		errno   error
		want    Device
		err     error
	}{
		"ENA": {
			reason:  "All attributes of a device are read.",
			address: ena,
			want: Device{
				Address: ena, Vendor: "1d0f", Product: "ec20", Class: "020000", Driver: "ena",
				IOMMUGroup: "17", NUMANode: &one, PCIeRoot: "pci0000:00", Netdevs: []Netdev{{Name: "eth1", Index: 3}}, Modalias: enaModalias,
			},
		},
		"Virtio": {
			reason:  "The links of a virtio device are one directory below.",
			address: Address{Device: 7},
			want: Device{
				Address: Address{Device: 7}, Vendor: "1af4", Product: "1041", Class: "020000", Driver: "virtio-pci",
				Override: "virtio-pci", PCIeRoot: "pci0000:00", Netdevs: []Netdev{{Name: "ens7", Index: 4}, {Name: "ens7a", Index: 5}},
			},
		},
		"Undriven": {
			reason:  "Driver, group, NUMA node and links are optional.",
			address: Address{Device: 8},
			want:    Device{Address: Address{Device: 8}, Vendor: "1d0f", Product: "ec20", Class: "020000", PCIeRoot: "pci0000:00"},
		},
		"Shared": {
			reason:  "The blockers of its group are reported.",
			address: ena,
			change: map[string]string{
				group + "0000:00:06.0": "", group + "0000:00:05.0": "", group + "0000:00:07.0": "", group + "0000:00:08.0": "", group + "0000:00:09.0": "", group + "soc-device": "",
				"devices/pci0000:00/0000:00:05.0/uevent": "DRIVER=nvme\nPCI_CLASS=10802\nPCI_ID=1D0F:8061\n",
			},
			want: Device{
				Address: ena, Vendor: "1d0f", Product: "ec20", Class: "020000", Driver: "ena",
				IOMMUGroup: "17", NUMANode: &one, PCIeRoot: "pci0000:00", Netdevs: []Netdev{{Name: "eth1", Index: 3}}, Modalias: enaModalias,
				Blockers: []Blocker{{Address: Address{Device: 5}, Driver: "nvme"}, {Address: Address{Device: 7}, Driver: "virtio-pci"}},
			},
		},
		"RootBroken": {reason: "An error of the kernel is returned.", address: ena, broken: "->" + dir[:len(dir)-1], errno: syscall.EIO, err: syscall.EIO},
		"GroupList":  {reason: "An error of the kernel is returned.", address: ena, broken: dir + "iommu_group/devices", errno: syscall.EIO, err: syscall.EIO},
		"Missing":    {reason: "A missing device is ErrNotFound.", address: Address{Device: 9}, err: ErrNotFound},
		"NoNUMANode": {reason: "A NUMA node that is not a number is an error.", address: ena, change: map[string]string{dir + "numa_node": "what"}, err: cmpopts.AnyError},
		"NUMABroken": {reason: "An error of the kernel is returned.", address: ena, broken: dir + "numa_node", errno: syscall.EIO, err: syscall.EIO},
		"Override":   {reason: "An error of the kernel is returned.", address: ena, broken: dir + "driver_override", errno: syscall.EIO, err: syscall.EIO},
		"List":       {reason: "An error of the kernel is returned.", address: ena, broken: dir[:len(dir)-1], errno: syscall.EIO, err: syscall.EIO},
		"Group":      {reason: "An error of the kernel is returned.", address: ena, broken: dir + "iommu_group", errno: syscall.EIO, err: syscall.EIO},
		"Links":      {reason: "An error of the kernel is returned.", address: ena, broken: dir + "net", errno: syscall.EIO, err: syscall.EIO},
		"Index":      {reason: "An index that is not a number is an error.", address: ena, change: map[string]string{dir + "net/eth1/ifindex": "what"}, err: cmpopts.AnyError},
		"IndexGone": {
			reason:  "A link that is deleted between two reads is skipped.",
			address: ena, broken: dir + "net/eth1/ifindex", errno: fs.ErrNotExist,
			want: Device{
				Address: ena, Vendor: "1d0f", Product: "ec20", Class: "020000", Driver: "ena",
				IOMMUGroup: "17", NUMANode: &one, PCIeRoot: "pci0000:00", Modalias: enaModalias,
			},
		},
		"LinksGone": {
			reason:  "Links that are deleted while a device is read are no error.",
			address: ena, broken: dir + "net", errno: fs.ErrNotExist,
			want: Device{
				Address: ena, Vendor: "1d0f", Product: "ec20", Class: "020000", Driver: "ena",
				IOMMUGroup: "17", NUMANode: &one, PCIeRoot: "pci0000:00", Modalias: enaModalias,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f, root := tree(t, sysfsTree())
			for name, content := range tc.change {
				p := filepath.Join(root, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, []byte(content), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			got, err := NewSysfs(broken{Files: f, name: tc.broken, err: tc.errno}).Device(tc.address)
			if diff := cmp.Diff(tc.err, err, cmpopts.EquateErrors()); diff != "" {
				t.Fatalf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestPCIeRoot reads devices in several hierarchies.
func TestPCIeRoot(t *testing.T) {
	cases := map[string]struct {
		reason, path, want string
	}{
		"Root":     {reason: "A device may be on a root's bus.", path: "devices/pci0000:00/0000:00:06.0", want: "pci0000:00"},
		"Bridge":   {reason: "A device may be behind bridges.", path: "devices/pci0000:a0/0000:a0:01.0/0000:a1:00.0/0000:a2:00.0", want: "pci0000:a0"},
		"Domain":   {reason: "The root of a bridge with its own domain is not the root of the hierarchy.", path: "devices/pci0000:00/0000:00:0e.0/pci10000:00/10000:00:02.0", want: "pci0000:00"},
		"Platform": {reason: "A root may be below a platform device, as on arm64.", path: "devices/platform/40000000.pcie/pci0001:00/0001:00:01.0", want: "pci0001:00"},
		"None":     {reason: "A hierarchy without a root has none.", path: "devices/vmbus/pci/0000:00:06.0"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			a, err := ParseAddress("0000:00:06.0")
			if err != nil {
				t.Fatal(err)
			}
			f, _ := tree(t, map[string]string{
				"bus/pci/devices/" + a.String(): "->../../../" + tc.path,
				tc.path + "/uevent":             "PCI_ID=1D0F:EC20\n",
				tc.path + "/driver_override":    "(null)\n",
			})
			d, err := NewSysfs(f).Device(a)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, d.PCIeRoot); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWrites checks the bytes written to sysfs; the kernel tests check their effect.
func TestWrites(t *testing.T) {
	const (
		none     = "bus/pci/devices/0000:00:08.0/driver_override"
		unbind   = "bus/pci/drivers/ena/unbind"
		bindVFIO = "bus/pci/drivers/vfio-pci/bind"
		probe    = "bus/pci/drivers_probe"
	)
	cases := map[string]struct {
		reason string
		do     func(b Bus) error
		broken string
		errno  error
		file   string
		wrote  string
		err    error
	}{
		"Override":        {reason: "The name of a driver is written.", do: func(b Bus) error { return b.SetOverride(Address{Device: 8}, "vfio-pci") }, file: none, wrote: "vfio-pci"},
		"NoOverride":      {reason: "An override is cleared by an empty line, as a write of zero bytes has no effect.", do: func(b Bus) error { return b.SetOverride(Address{Device: 8}, "") }, file: none, wrote: "\n"},
		"OverrideMissing": {reason: "A missing device is ErrNotFound.", do: func(b Bus) error { return b.SetOverride(Address{Device: 9}, "ena") }, err: ErrNotFound},
		"OverridePath":    {reason: "An invalid driver name is never written.", do: func(b Bus) error { return b.SetOverride(Address{Device: 8}, "../ena") }, file: none, wrote: "\n", err: cmpopts.AnyError},
		"Unbind":          {reason: "A device is unbound from its current driver.", do: func(b Bus) error { return b.Unbind(Address{Device: 6}) }, file: unbind, wrote: "0000:00:06.0"},
		"UnbindUndriven":  {reason: "Unbinding a device without a driver is ENODEV.", do: func(b Bus) error { return b.Unbind(Address{Device: 8}) }, err: syscall.ENODEV},
		"UnbindMissing":   {reason: "A missing device is ErrNotFound.", do: func(b Bus) error { return b.Unbind(Address{Device: 9}) }, err: ErrNotFound},
		"UnbindForbidden": {reason: "A driver that suppresses bind attributes has no unbind file.", do: func(b Bus) error { return b.Unbind(Address{Device: 7}) }, err: fs.ErrNotExist},
		"Bind":            {reason: "A device is bound by its address.", do: func(b Bus) error { return b.Bind(Address{Device: 8}, "vfio-pci") }, file: bindVFIO, wrote: "0000:00:08.0"},
		"BindNoDriver":    {reason: "A driver that is not loaded is ErrNoDriver.", do: func(b Bus) error { return b.Bind(Address{Device: 8}, "igb_uio") }, err: ErrNoDriver},
		"BindForbidden":   {reason: "A driver that suppresses bind attributes has no bind file.", do: func(b Bus) error { return b.Bind(Address{Device: 8}, "pcieport") }, err: fs.ErrNotExist},
		"BindPath":        {reason: "An invalid driver name is never used in a path.", do: func(b Bus) error { return b.Bind(Address{Device: 8}, "..") }, err: cmpopts.AnyError},
		"BindEmpty":       {reason: "The empty string is not a driver name.", do: func(b Bus) error { return b.Bind(Address{Device: 8}, "") }, err: cmpopts.AnyError},
		"BindBusy": {
			reason: "The kernel's errno is in the error chain.", do: func(b Bus) error { return b.Bind(Address{Device: 8}, "vfio-pci") },
			broken: bindVFIO, errno: syscall.EBUSY, err: syscall.EBUSY,
		},
		"BindRefused": {
			reason: "ENODEV for an existing device is not ErrNotFound.", do: func(b Bus) error { return b.Bind(Address{Device: 8}, "vfio-pci") },
			broken: bindVFIO, errno: syscall.ENODEV, err: syscall.ENODEV,
		},
		"BindMissing": {
			reason: "ENODEV for a missing device is ErrNotFound.", do: func(b Bus) error { return b.Bind(Address{Device: 9}, "vfio-pci") },
			broken: bindVFIO, errno: syscall.ENODEV, err: ErrNotFound,
		},
		"Probe": {reason: "The address is written to drivers_probe.", do: func(b Bus) error { return b.Probe(Address{Device: 8}) }, file: probe, wrote: "0000:00:08.0"},
		"ProbeMissing": {
			reason: "A missing device is ErrNotFound.", do: func(b Bus) error { return b.Probe(Address{Device: 9}) },
			broken: probe, errno: syscall.ENODEV, err: ErrNotFound,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f, root := tree(t, sysfsTree())
			err := tc.do(NewSysfs(broken{Files: f, name: tc.broken, err: tc.errno}))
			if diff := cmp.Diff(tc.err, err, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if tc.file == "" {
				return
			}
			if got := read(t, root, tc.file); got != tc.wrote {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, tc.wrote, got)
			}
		})
	}
}

func TestValidateName(t *testing.T) {
	for _, name := range []string{"ena", "vfio-pci", "igb_uio", "virtio-pci", "8139too", "a.b"} {
		if err := validateName(name); err != nil {
			t.Errorf("%q is a valid driver name: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", "a b", "a\n", "ä", "a\x00", strings.Repeat("a", 64)} {
		if validateName(name) == nil {
			t.Errorf("%q is not a valid driver name.", name)
		}
	}
}

func TestBlockers(t *testing.T) {
	drivers := map[string]bool{
		"": false, "vfio-pci": false, "mlx5_vfio_pci": false, "pci-stub": false, "pcieport": false,
		"ena": true, "nvme": true, "uio_pci_generic": true,
	}
	for driver, want := range drivers {
		if got := len(BlockersOf([]Device{{Driver: driver}})) == 1; got != want {
			t.Errorf("Driver %q blocks its group: got %t.", driver, got)
		}
	}
}
