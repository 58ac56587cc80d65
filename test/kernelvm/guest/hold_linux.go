// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors" //nolint:depguard // See wrapf.
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// ioctl requests of <linux/vfio.h>, _IO(';', 100 + n).
const (
	vfioSetIOMMU         = 0x3b66
	vfioGroupContainer   = 0x3b68
	vfioGroupGetDeviceFD = 0x3b6a

	vfioType1v2IOMMU = 3
	vfioNoIOMMU      = 8
)

// holds are the devices that are open as by a DPDK program.
type holds struct {
	mu   sync.Mutex
	held map[string]*hold
}

// A hold is an open device with its group and container.
type hold struct {
	container, group *os.File
	device           int
}

func (h *holds) hold(a wire.Name) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.held[a.Name]; ok {
		return nil, fmt.Errorf("device %s is already open", a.Name)
	}
	n := &hold{device: -1}
	if err := n.open(a.Name); err != nil {
		return nil, errors.Join(err, n.close())
	}
	h.held[a.Name] = n
	return nil, nil
}

func (h *holds) release(a wire.Name) (any, error) {
	h.mu.Lock()
	n, ok := h.held[a.Name]
	delete(h.held, a.Name)
	h.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("device %s is not open", a.Name)
	}
	return nil, n.close()
}

// open opens a device according to Documentation/driver-api/vfio.rst.
func (h *hold) open(address string) error {
	group, err := filepath.EvalSymlinks(filepath.Join("/sys/bus/pci/devices", address, "iommu_group"))
	if err != nil {
		return err
	}
	node, iommu := filepath.Base(group), uintptr(vfioType1v2IOMMU)
	// VFIO names the groups that it creates for devices without an IOMMU.
	if name, err := os.ReadFile(filepath.Join(group, "name")); err == nil && strings.TrimSpace(string(name)) == "vfio-noiommu" {
		node, iommu = "noiommu-"+node, vfioNoIOMMU
	}
	if h.container, err = os.OpenFile("/dev/vfio/vfio", os.O_RDWR, 0); err != nil {
		return err
	}
	if h.group, err = os.OpenFile(filepath.Join("/dev/vfio", node), os.O_RDWR, 0); err != nil {
		return err
	}
	container := int32(h.container.Fd())
	if _, err := ioctl(h.group, vfioGroupContainer, uintptr(unsafe.Pointer(&container))); err != nil {
		return wrapf(err, "cannot add the group to a container")
	}
	if _, err := ioctl(h.container, vfioSetIOMMU, iommu); err != nil {
		return wrapf(err, "cannot set IOMMU type %d", iommu)
	}
	name := append([]byte(address), 0)
	h.device, err = ioctl(h.group, vfioGroupGetDeviceFD, uintptr(unsafe.Pointer(&name[0])))
	return wrapf(err, "cannot open the device")
}

func (h *hold) close() error {
	var errs []error
	if h.device >= 0 {
		errs = append(errs, unix.Close(h.device))
	}
	for _, f := range []*os.File{h.group, h.container} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

func ioctl(f *os.File, request, argument uintptr) (int, error) {
	r, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), request, argument)
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}
