// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	devices = "bus/pci/devices"
	drivers = "bus/pci/drivers"
)

// rootName is the name of a root's directory: its domain, which has more than four digits
// for some bridges, and its bus.
var rootName = regexp.MustCompile(`^pci[0-9a-f]{4,}:[0-9a-f]{2}$`)

// Files are the attribute files of a kernel below its /sys. *sysfs.FS implements it.
// Write never creates a file.
type Files interface {
	Read(name string) (string, error)
	Write(name, value string) error
	Link(name string) (string, error)
	Target(name string) (string, error)
	ReadDir(name string) ([]string, error)
}

// Sysfs is the Bus of a kernel, through sysfs.
type Sysfs struct {
	files Files
}

var _ Bus = &Sysfs{}

// NewSysfs returns the Bus of the kernel with this /sys.
func NewSysfs(sys Files) *Sysfs { return &Sysfs{files: sys} }

// Addresses lists the directories of devices.
func (s *Sysfs) Addresses() ([]Address, error) {
	names, err := s.files.ReadDir(devices)
	if err != nil {
		return nil, errors.Wrap(err, "cannot list PCI devices")
	}
	out := make([]Address, 0, len(names))
	for _, n := range names {
		a, err := ParseAddress(n)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	slices.SortFunc(out, Address.Compare)
	return out, nil
}

// Device reads a device from sysfs.
func (s *Sysfs) Device(a Address) (Device, error) {
	d, err := s.device(a)
	if err != nil {
		// A device that is unplugged meanwhile loses its files one by one.
		return Device{}, errors.Wrapf(s.orNotFound(a, err), "cannot read PCI device %q", a)
	}
	return d, nil
}

func (s *Sysfs) device(a Address) (Device, error) {
	dir := path.Join(devices, a.String())
	text, err := s.files.Read(path.Join(dir, "uevent"))
	if err != nil {
		return Device{}, err
	}
	d := deviceFromUevent(a, ParseUevent(text))

	if d.Override, err = s.files.Read(path.Join(dir, "driver_override")); err != nil {
		return Device{}, err
	}
	if d.Override == "(null)" { // The kernel formats a null pointer.
		d.Override = ""
	}
	if d.NUMANode, err = s.numaNode(dir); err != nil {
		return Device{}, err
	}
	if d.PCIeRoot, err = s.root(dir); err != nil {
		return Device{}, err
	}
	names, err := s.files.ReadDir(dir)
	if err != nil {
		return Device{}, err
	}
	if slices.Contains(names, "iommu_group") {
		if err := s.group(dir, &d); err != nil {
			return Device{}, err
		}
	}
	d.Netdevs, err = s.netdevs(dir, names)
	return d, err
}

// group reads the IOMMU group of a device and the blockers in it.
func (s *Sysfs) group(dir string, d *Device) error {
	// The group of a device without an IOMMU is deleted when it is unbound.
	var err error
	d.IOMMUGroup, err = s.files.Target(path.Join(dir, "iommu_group"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// Most groups have an empty name.
	name, err := s.files.Read(path.Join(dir, "iommu_group/name"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	d.NoIOMMU = name == "vfio-noiommu"
	names, err := s.files.ReadDir(path.Join(dir, "iommu_group/devices"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var others []Device
	for _, n := range names {
		a, err := ParseAddress(n)
		if err != nil || a == d.Address {
			continue // Groups can contain devices of other buses.
		}
		text, err := s.files.Read(path.Join(devices, n, "uevent"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		others = append(others, deviceFromUevent(a, ParseUevent(text)))
	}
	d.Blockers = BlockersOf(others)
	return nil
}

// deviceFromUevent returns the attributes in DEVICE/uevent. It saves reading vendor,
// device, class, modalias and the driver symlink.
func deviceFromUevent(a Address, uevent map[string]string) Device {
	vendor, product, _ := strings.Cut(strings.ToLower(uevent["PCI_ID"]), ":")
	class := strings.ToLower(uevent["PCI_CLASS"]) // Without leading zeros: 20000.
	if n := len(class); n > 0 && n < 6 {
		class = strings.Repeat("0", 6-n) + class
	}
	return Device{
		Address:  a,
		Vendor:   vendor,
		Product:  product,
		Class:    class,
		Driver:   uevent["DRIVER"],
		Modalias: uevent["MODALIAS"],
	}
}

// numaNode returns nil on a kernel without NUMA, and if the firmware reports -1.
func (s *Sysfs) numaNode(dir string) (*int32, error) {
	text, err := s.files.Read(path.Join(dir, "numa_node"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return nil, errors.Wrap(err, "cannot parse numa_node")
	}
	node := int32(n)
	return &node, nil
}

// root returns the root of the hierarchy of a device, from the target of DEVICE:
// ../../../devices/pci0000:00/0000:00:05.0/0000:01:00.0. Below some hosts' pci0000:00 is
// another root, for a bridge with its own domain: the first one is next to the CPU.
func (s *Sysfs) root(dir string) (string, error) {
	target, err := s.files.Link(dir)
	if err != nil {
		return "", err
	}
	for name := range strings.SplitSeq(target, "/") {
		if rootName.MatchString(name) {
			return name, nil
		}
	}
	return "", nil
}

// netdevs returns the links of a device. They may be deleted between two reads, as the
// device is unbound. A virtio device that is not a NIC has none.
func (s *Sysfs) netdevs(dir string, names []string) ([]Netdev, error) {
	var links []Netdev
	for _, name := range names {
		net := path.Join(dir, name)
		switch {
		case name == "net":
		case strings.HasPrefix(name, "virtio"):
			net = path.Join(net, "net")
		default:
			continue
		}
		l, err := s.files.ReadDir(net)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, name := range l {
			d, err := s.netdev(net, name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			links = append(links, d)
		}
	}
	slices.SortFunc(links, func(a, b Netdev) int { return strings.Compare(a.Name, b.Name) })
	return links, nil
}

func (s *Sysfs) netdev(dir, name string) (Netdev, error) {
	text, err := s.files.Read(path.Join(dir, name, "ifindex"))
	if err != nil {
		return Netdev{}, err
	}
	index, err := strconv.Atoi(text)
	return Netdev{Name: name, Index: index}, errors.Wrapf(err, "cannot parse ifindex of %q", name)
}

// SetOverride writes DEVICE/driver_override.
func (s *Sysfs) SetOverride(a Address, driver string) error {
	value := driver
	if driver == "" {
		value = "\n" // A write of zero bytes does not reach the attribute.
	} else if err := validateName(driver); err != nil {
		return err
	}
	err := s.files.Write(path.Join(devices, a.String(), "driver_override"), value)
	return errors.Wrapf(s.orNotFound(a, err), "cannot set driver override of PCI device %q to %q", a, driver)
}

// Unbind writes the address to DEVICE/driver/unbind.
func (s *Sysfs) Unbind(a Address) error {
	err := s.files.Write(path.Join(devices, a.String(), "driver/unbind"), a.String())
	if errors.Is(err, fs.ErrNotExist) {
		err = s.unbindError(a, err)
	}
	return errors.Wrapf(err, "cannot unbind PCI device %q from its driver", a)
}

// unbindError returns the reason for a missing unbind file: the device does not exist,
// it has no driver, or its driver suppresses bind attributes.
func (s *Sysfs) unbindError(a Address, err error) error {
	if err := s.orNotFound(a, err); errors.Is(err, ErrNotFound) {
		return err
	}
	if _, none := s.files.ReadDir(path.Join(devices, a.String(), "driver")); errors.Is(none, fs.ErrNotExist) {
		return syscall.ENODEV // As the kernel returns for a device that the driver does not have.
	}
	return err
}

// Bind writes the address to /sys/bus/pci/drivers/DRIVER/bind.
func (s *Sysfs) Bind(a Address, driver string) error {
	if err := validateName(driver); err != nil {
		return err
	}
	dir := path.Join(drivers, driver)
	err := s.files.Write(path.Join(dir, "bind"), a.String())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		// A driver that suppresses bind attributes has no bind file.
		if _, missing := s.files.ReadDir(dir); errors.Is(missing, fs.ErrNotExist) {
			err = ErrNoDriver
		}
	case errors.Is(err, syscall.ENODEV):
		err = s.orNotFound(a, err)
	}
	return errors.Wrapf(err, "cannot bind PCI device %q to driver %q", a, driver)
}

// Probe writes the address to /sys/bus/pci/drivers_probe.
func (s *Sysfs) Probe(a Address) error {
	err := s.files.Write("bus/pci/drivers_probe", a.String())
	return errors.Wrapf(s.orNotFound(a, err), "cannot probe for a driver of PCI device %q", a)
}

// orNotFound returns ErrNotFound in place of err if the device does not exist.
func (s *Sysfs) orNotFound(a Address, err error) error {
	if err == nil {
		return nil
	}
	if _, missing := s.files.ReadDir(path.Join(devices, a.String())); errors.Is(missing, fs.ErrNotExist) {
		return ErrNotFound
	}
	return err
}

// validateName validates a driver or module name before it is used in a path.
func validateName(driver string) error {
	ok := driver != "" && driver != "." && driver != ".." && len(driver) < 64
	for _, r := range driver {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		ok = ok && (letter || r == '_' || r == '-' || r == '.')
	}
	if !ok {
		return errors.Errorf("invalid driver name %q", driver)
	}
	return nil
}
