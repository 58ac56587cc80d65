// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"

	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// WriteEntry writes the journal entry of an ENI's device.
type WriteEntry struct {
	Entry journal.Entry
}

// Kind of the step.
func (s WriteEntry) Kind() string { return "journal" }

// String returns the step as a command that an administrator could run.
func (s WriteEntry) String() string {
	driver := s.Entry.Driver
	if driver == "" {
		driver = "a pod"
	}
	return fmt.Sprintf("# journal: %s is %s, from %s to %s", s.Entry.NetworkInterfaceID, s.Entry.Address, s.Entry.KernelDriver, driver)
}

func (s WriteEntry) apply(h *Host) error { return h.Journal.Put(s.Entry) }

// DropEntry removes the journal entry of an ENI's device.
type DropEntry struct {
	NetworkInterfaceID string
}

// Kind of the step.
func (s DropEntry) Kind() string { return "journal" }

// String returns the step as a command that an administrator could run.
func (s DropEntry) String() string      { return "# journal: " + s.NetworkInterfaceID + " is removed" }
func (s DropEntry) apply(h *Host) error { return h.Journal.Drop(s.NetworkInterfaceID) }

// LoadModule loads a kernel module and its dependencies.
type LoadModule struct {
	Name string
}

// Kind of the step.
func (s LoadModule) Kind() string { return "module" }

// String returns the step as a command that an administrator could run.
func (s LoadModule) String() string      { return "modprobe " + s.Name }
func (s LoadModule) apply(h *Host) error { return h.Modules.Load(s.Name) }

// SetParameter sets a parameter of a loaded module.
type SetParameter struct {
	Module, Name, Value string
}

// Kind of the step.
func (s SetParameter) Kind() string { return "parameter" }

// String returns the step as a command that an administrator could run.
func (s SetParameter) String() string {
	return fmt.Sprintf("echo %s > /sys/module/%s/parameters/%s", s.Value, s.Module, s.Name)
}

func (s SetParameter) apply(h *Host) error {
	return h.Modules.SetParameter(s.Module, s.Name, s.Value)
}

// SetOverride sets the driver_override of a device; an empty Driver clears it.
type SetOverride struct {
	Address pci.Address
	Driver  string
}

// Kind of the step.
func (s SetOverride) Kind() string { return "override" }

// String returns the step as a command that an administrator could run.
func (s SetOverride) String() string {
	value := s.Driver
	if value == "" {
		value = `""`
	}
	return fmt.Sprintf("echo %s > /sys/bus/pci/devices/%s/driver_override", value, s.Address)
}

func (s SetOverride) apply(h *Host) error { return h.PCI.SetOverride(s.Address, s.Driver) }

// Unbind unbinds a device from its driver.
type Unbind struct {
	Address pci.Address
	Driver  string
}

// Kind of the step.
func (s Unbind) Kind() string { return "unbind" }

// String returns the step as a command that an administrator could run.
func (s Unbind) String() string {
	return fmt.Sprintf("echo %s > /sys/bus/pci/drivers/%s/unbind", s.Address, s.Driver)
}

func (s Unbind) apply(h *Host) error { return h.PCI.Unbind(s.Address) }

// Bind binds a device to a driver.
type Bind struct {
	Address pci.Address
	Driver  string
}

// Kind of the step.
func (s Bind) Kind() string { return "bind" }

// String returns the step as a command that an administrator could run.
func (s Bind) String() string {
	return fmt.Sprintf("echo %s > /sys/bus/pci/drivers/%s/bind", s.Address, s.Driver)
}

func (s Bind) apply(h *Host) error { return h.PCI.Bind(s.Address, s.Driver) }
