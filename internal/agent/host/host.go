package host

import (
	"context"
	"slices"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/nic"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// Sysctls are the settings of links.
type Sysctls interface {
	// Get returns a setting, and false if the kernel does not offer it.
	Get(c sysfs.Sysctl) (string, bool, error)
	// Set writes a setting, unless check fails when the link is settled.
	Set(c sysfs.Sysctl, value string, check func() error) error
}

// Modules are the modules of a kernel.
type Modules interface {
	// Loaded says whether the module, or the driver of that name, is there.
	Loaded(name string) bool
	Load(name string) error
	Parameter(module, name string) (string, error)
	SetParameter(module, name, value string) error
}

// A Memory describes what programs need of the host's memory.
type Memory interface {
	HugePages() ([]pci.HugePages, error)
	BARs(a pci.Address) ([]pci.BAR, error)
	Memtypes() ([]pci.Memtype, error)
}

// Pods are what the kubelet knows of devices.
type Pods interface {
	// Usage returns who holds which device.
	Usage(ctx context.Context) (podresources.Usage, error)
	// Allocatable returns the devices that there are to give.
	Allocatable(ctx context.Context) (map[podresources.Device]bool, error)
}

// A Host is what the agent reads and changes.
type Host struct {
	Links   link.Links
	NIC     nic.Reader
	Sysctls Sysctls
	PCI     pci.Bus
	Modules Modules
	Memory  Memory
	Journal *journal.Journal
	// Boot tells one boot of the host from another.
	Boot string
	// Pods is nil if the kubelet is not to be asked.
	Pods Pods

	closers []func() error
}

// Options say where a host is.
type Options struct {
	// NetNS is the name or path of the network namespace that has the links.
	// Default: the one that the process is in.
	NetNS string
	// ProcRoot is a mount of proc that can be written. Default: /proc.
	ProcRoot string
	// SysRoot is a mount of sysfs. Default: /sys.
	SysRoot string
	// ModulesDir is a /lib/modules. Default: /lib/modules.
	ModulesDir string
	// StateDir is where the journal is, on a file system that outlives the
	// agent. Default: /var/lib/provider-aws-eni.
	StateDir string
	// PodResources is the kubelet's socket. Default: the kubelet is not asked.
	PodResources string
	// Log of problems with the journal. Default: controller-runtime's.
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

// DefaultStateDir is where the agent keeps what must outlive it.
const DefaultStateDir = "/var/lib/provider-aws-eni"

// Open opens the host that this program runs on. It can be called from any
// goroutine, and what it returns be used by any.
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
	h.PCI = pci.NewPatient(pci.NewSysfs(sys), pci.DefaultPatience)
	h.Modules = pci.NewModules(sys, o.ModulesDir, release)
	h.Memory = pci.NewMemory(sys, o.SysRoot)
	if h.Boot, err = bootID(); err != nil {
		return err
	}
	if o.PodResources != "" {
		h.Pods = podresources.NewClient(o.PodResources)
	}
	h.Journal, err = journal.Open(o.StateDir)
	if err != nil {
		// A file that cannot be read is one device that has to be returned to
		// its kernel driver by hand; it keeps no other from being served.
		o.Log.Error(err, "the journal is not whole")
	}
	return nil
}

// bootID reads what the kernel makes up at each boot.
func bootID() (string, error) {
	proc, err := sysfs.Open("/proc")
	if err != nil {
		return "", err
	}
	defer proc.Close() //nolint:errcheck // Nothing was written.
	return proc.Read("sys/kernel/random/boot_id")
}

// Close closes what OpenHost opened, in the opposite order.
func (h *Host) Close() error {
	errs := make([]error, 0, len(h.closers))
	for _, closer := range slices.Backward(h.closers) {
		errs = append(errs, closer())
	}
	h.closers = nil
	return errors.Join(errs...)
}
