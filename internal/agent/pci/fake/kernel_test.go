// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// A kernel is a directory that behaves like /sys for the operations of the contract, so
// that the sysfs code and the fake are tested against the same requirements. All its
// state is in the directory.
type kernel struct {
	*sysfs.FS

	t   *testing.T
	dir string
	// ids are the devices that a driver matches, as vendor:product.
	ids  map[string]string
	nets int
}

const (
	ena       = "0000:00:06.0" // Bound to its driver.
	unclaimed = "0000:00:07.0" // No driver matches it.
	grouped   = "0000:00:08.0" // Bound to its driver, with an IOMMU.
	root      = "pci0000:00"   // The root of their hierarchy.
)

func newKernel(t *testing.T) *kernel {
	t.Helper()
	k := &kernel{t: t, dir: t.TempDir(), ids: map[string]string{"ena": "1d0f:ec20"}}
	for _, d := range []string{"ena", "vfio-pci", "uio_pci_generic"} {
		k.put("bus/pci/drivers/"+d+"/bind", "")
		k.put("bus/pci/drivers/"+d+"/unbind", "")
		k.put("module/"+strings.ReplaceAll(d, "-", "_")+"/initstate", "live\n")
	}
	k.put("bus/pci/drivers_probe", "")
	k.put("module/vfio/initstate", "live\n")
	k.put("module/vfio/parameters/"+noIOMMUParameter, "N\n")
	k.put("kernel/iommu_groups/17/type", "DMA\n")
	for a, id := range map[string]string{ena: "1D0F:EC20", unclaimed: "8086:0001", grouped: "1D0F:EC20"} {
		k.put("devices/"+root+"/"+a+"/uevent", "PCI_ID="+id+"\n")
		k.must(os.MkdirAll(filepath.Join(k.dir, "bus/pci/devices"), 0o700))
		k.link(k.device(a), "../../../devices/"+root+"/"+a)
		k.put(k.device(a, "driver_override"), "(null)\n")
	}
	k.link(k.device(grouped, "iommu_group"), "../../../kernel/iommu_groups/17")

	var err error
	if k.FS, err = sysfs.Open(k.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	for _, a := range []string{ena, grouped} {
		if err := k.probe(a, "ena"); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func (k *kernel) device(a string, name ...string) string {
	return filepath.Join("bus/pci/devices", a, filepath.Join(name...))
}

func (k *kernel) put(name, content string) {
	p := filepath.Join(k.dir, name)
	k.must(os.MkdirAll(filepath.Dir(p), 0o700))
	k.must(os.WriteFile(p, []byte(content), 0o600))
}

func (k *kernel) link(name, to string) { k.must(os.Symlink(to, filepath.Join(k.dir, name))) }

func (k *kernel) remove(name string) { k.must(os.RemoveAll(filepath.Join(k.dir, name))) }

func (k *kernel) must(err error) {
	if err != nil {
		k.t.Fatal(err)
	}
}

// Write writes a file of the directory, and then executes the operation that the file
// stands for.
func (k *kernel) Write(name, value string) error {
	if err := k.FS.Write(name, value); err != nil {
		return err
	}
	switch {
	case strings.HasSuffix(name, "driver/unbind"):
		k.detach(value)
	case strings.HasSuffix(name, "/bind"):
		return k.bind(value, filepath.Base(filepath.Dir(name)))
	case strings.HasSuffix(name, "drivers_probe"):
		return k.rescan(value)
	case strings.HasSuffix(name, noIOMMUParameter):
		if len(value) != 1 || !strings.ContainsAny(value, "YyNn10") {
			k.put(name, "N\n")
			return syscall.EINVAL
		}
	}
	return nil
}

// driver, override, id and group read attributes of a device.
func (k *kernel) driver(a string) string { d, _ := k.Target(k.device(a, "driver")); return d }
func (k *kernel) group(a string) string  { g, _ := k.Target(k.device(a, "iommu_group")); return g }
func (k *kernel) override(a string) string {
	o, err := k.Read(k.device(a, "driver_override"))
	k.must(err)
	return strings.TrimPrefix(o, "(null)")
}

func (k *kernel) id(a string) string {
	u, err := k.Read(k.device(a, "uevent"))
	k.must(err)
	return strings.ToLower(pci.ParseUevent(u)["PCI_ID"])
}

func (k *kernel) exists(a string) bool {
	_, err := os.Stat(filepath.Join(k.dir, k.device(a)))
	return err == nil
}

func (k *kernel) matches(a, driver string) bool {
	if o := k.override(a); o != "" {
		return o == driver
	}
	return k.ids[driver] == k.id(a)
}

func (k *kernel) bind(a, driver string) error {
	switch {
	case !k.exists(a), !k.matches(a, driver):
		return syscall.ENODEV
	case k.driver(a) != "":
		return syscall.EBUSY
	}
	return k.probe(a, driver)
}

func (k *kernel) rescan(a string) error {
	if !k.exists(a) {
		return syscall.ENODEV
	}
	for _, d := range []string{"ena", "uio_pci_generic", "vfio-pci"} {
		if k.driver(a) == "" && k.matches(a, d) {
			_ = k.probe(a, d)
		}
	}
	return nil
}

func (k *kernel) probe(a, driver string) error {
	noIOMMU, err := k.Read("module/vfio/parameters/" + noIOMMUParameter)
	k.must(err)
	if driver == "vfio-pci" && k.group(a) == "" {
		if noIOMMU != "Y" {
			return syscall.EINVAL
		}
		k.put("kernel/iommu_groups/0/name", "vfio-noiommu\n")
		k.link(k.device(a, "iommu_group"), "../../../kernel/iommu_groups/0")
	}
	k.link(k.device(a, "driver"), "../../../bus/pci/drivers/"+driver)
	k.put(k.device(a, "uevent"), "DRIVER="+driver+"\nPCI_ID="+strings.ToUpper(k.id(a))+"\n")
	if driver == "ena" {
		k.put(k.device(a, "net", fmt.Sprintf("eth%d", k.nets), "ifindex"), fmt.Sprintf("%d\n", k.nets+2))
		k.nets++
	}
	return nil
}

func (k *kernel) detach(a string) {
	k.put(k.device(a, "uevent"), "PCI_ID="+strings.ToUpper(k.id(a))+"\n")
	k.remove(k.device(a, "driver"))
	k.remove(k.device(a, "net"))
	if k.group(a) == "0" {
		k.remove(k.device(a, "iommu_group"))
	}
}
