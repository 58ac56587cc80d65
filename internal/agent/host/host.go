// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/cnicache"
	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/multus"
	"github.com/nodeeni/provider-aws-eni/internal/agent/nic"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// Sysctls reads and writes the sysctls of links.
type Sysctls interface {
	// Get returns a sysctl, and false if the kernel does not have it.
	Get(c sysfs.Sysctl) (string, bool, error)
	// Set writes a sysctl, unless check fails when the link's files are open.
	Set(c sysfs.Sysctl, value string, check func() error) error
}

// Modules loads and configures kernel modules.
type Modules interface {
	// Loaded reports whether the module, or the driver of that name, is loaded.
	Loaded(name string) bool
	Load(name string) error
	Parameter(module, name string) (string, error)
	SetParameter(module, name, value string) error
}

// Memory describes the host's memory as far as userspace drivers need it.
type Memory interface {
	HugePages() ([]pci.HugePages, error)
	BARs(a pci.Address) ([]pci.BAR, error)
	Memtypes() ([]pci.Memtype, error)
}

// Names knows the origin of the names of links.
type Names interface {
	Origin(name, mac string) sysfs.NameOrigin
}

// Pods is the kubelet's list of devices and their pods.
type Pods interface {
	// Usage returns the containers that use each device.
	Usage(ctx context.Context) (podresources.Usage, error)
	// Allocatable returns the devices that the kubelet can allocate.
	Allocatable(ctx context.Context) (map[podresources.Device]bool, error)
}

// A Host is the part of a node that the agent observes and changes.
type Host struct {
	Links   link.Links
	NIC     nic.Reader
	Sysctls Sysctls
	// Names is nil if the origin of names is not known.
	Names   Names
	PCI     pci.Bus
	Modules Modules
	Memory  Memory
	Journal *journal.Journal
	// Boot is the boot id of the host.
	Boot string
	// Pods is nil without access to the kubelet.
	Pods Pods
	// Networks is nil without access to the directory of Multus.
	Networks *multus.Dir
	// CNIConfigDir is the directory from which the container runtime reads the CNI
	// configuration of pods. Empty if it is not known.
	CNIConfigDir string

	// AllocationsDir is host-local's directory of networks. Empty if it is not known.
	AllocationsDir string
	// CNI names the pods of network namespaces. Nil if they are not known.
	CNI *cnicache.Cache

	closers []func() error
}

// Options are the locations of a host's interfaces.
type Options struct {
	// NetNS is the name or path of the network namespace of the links. Default: the
	// namespace of the process.
	NetNS string
	// ProcRoot is a writable mount of proc. Default: /proc.
	ProcRoot string
	// SysRoot is a mount of sysfs. Default: /sys.
	SysRoot string
	// ModulesDir is the directory of kernel modules. Default: /lib/modules.
	ModulesDir string
	// StateDir is the directory of the journal, on a persistent file system. Default:
	// DefaultStateDir.
	StateDir string
	// PodResources is the kubelet's socket. Default: no access to the kubelet.
	PodResources string
	// MultusDir is the directory of Multus with the files of networks. Default: no
	// access to it.
	MultusDir string
	// CNIConfigDir is the directory from which the container runtime reads the CNI
	// configuration of pods. Default: the agent does not check that it is of Multus.
	CNIConfigDir string
	// CNIDir is the directory of cached results of CNI plugins. Default: pods of network
	// namespaces are not known.
	CNIDir string
	// Log of journal errors. Default: controller-runtime's.
	Log logr.Logger
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		option *string
		value  string
	}{
		{&o.ProcRoot, "/proc"}, {&o.SysRoot, "/sys"}, {&o.ModulesDir, "/lib/modules"}, {&o.StateDir, DefaultStateDir},
	} {
		if *d.option == "" {
			*d.option = d.value
		}
	}
	if o.Log.GetSink() == nil {
		o.Log = log.Log
	}
	return o
}

// DefaultStateDir is the default directory of the agent's persistent state.
const DefaultStateDir = "/var/lib/provider-aws-eni"

// Open opens the host that this program runs on. The Host is safe for concurrent use.
func Open(o Options) (*Host, error) {
	h := &Host{}
	if err := h.open(o.withDefaults()); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *Host) open(o Options) error {
	ns, err := link.OpenNamespace(o.NetNS)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, ns.Close)

	links, err := link.Open(ns)
	if err != nil {
		return err
	}
	h.Links, h.closers = links, append(h.closers, links.Close)

	err = ns.Do(func() error {
		e, err := nic.Open()
		if err == nil {
			h.NIC, h.closers = e, append(h.closers, e.Close)
		}
		return err
	})
	if err != nil {
		return err
	}

	proc, err := sysfs.Open(o.ProcRoot)
	if err != nil {
		return err
	}
	h.Sysctls, h.closers = sysfs.NewSysctls(proc, ns.Do), append(h.closers, proc.Close)

	// SysRoot need not contain the links.
	own, err := sysfs.Open("/sys")
	if err != nil {
		return err
	}
	h.Names, h.closers = sysfs.NewLinkNames(own), append(h.closers, own.Close)

	sys, err := sysfs.Open(o.SysRoot)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, sys.Close)
	return h.openDevices(o, sys)
}

func (h *Host) openDevices(o Options, sys *sysfs.FS) error {
	release, err := pci.Release()
	if err != nil {
		return err
	}
	h.PCI = pci.NewTimeoutBus(pci.NewSysfs(sys), pci.DefaultTimeout)
	h.Modules = pci.NewModules(sys, o.ModulesDir, release)
	h.Memory = pci.NewMemory(sys, o.SysRoot)
	if h.Boot, err = bootID(); err != nil {
		return err
	}
	if o.PodResources != "" {
		h.Pods = podresources.NewClient(o.PodResources)
	}
	if o.MultusDir != "" {
		h.Networks, h.CNIConfigDir = multus.NewDir(o.MultusDir), o.CNIConfigDir
	}
	if o.CNIDir != "" {
		h.CNI = cnicache.New(o.CNIDir)
		h.AllocationsDir = filepath.Join(o.CNIDir, "networks")
	}
	h.Journal, err = journal.Open(o.StateDir)
	if err != nil {
		// An unreadable entry means that one device has to be bound to its kernel
		// driver manually; other devices are not affected.
		o.Log.Error(err, "some journal entries could not be read")
	}
	return nil
}

// bootID returns the kernel's random id of the current boot.
func bootID() (string, error) {
	proc, err := sysfs.Open("/proc")
	if err != nil {
		return "", err
	}
	defer proc.Close() //nolint:errcheck // Nothing was written.
	return proc.Read("sys/kernel/random/boot_id")
}

// Close closes the host's files and sockets, in the opposite order of Open.
func (h *Host) Close() error {
	errs := make([]error, 0, len(h.closers))
	for _, closer := range slices.Backward(h.closers) {
		errs = append(errs, closer())
	}
	h.closers = nil
	return errors.Join(errs...)
}
