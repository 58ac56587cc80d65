package agent

import (
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/nic"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// Sysctls are the settings of links.
type Sysctls interface {
	// Get returns a setting, and false if the kernel does not offer it.
	Get(c sysfs.Sysctl) (string, bool, error)
	Set(c sysfs.Sysctl, value string) error
}

// Attributes are the attributes of devices, below /sys.
type Attributes interface {
	Read(name string) (string, error)
	Target(name string) (string, error)
}

// A Host is what the agent reads and changes.
type Host struct {
	Links   link.Links
	NIC     nic.Reader
	Sysctls Sysctls
	Sys     Attributes

	closers []func() error
}

// HostOptions say where a host is.
type HostOptions struct {
	// NetNS is the name or path of the network namespace that has the links.
	// Default: the one that the process is in.
	NetNS string
	// ProcRoot is a mount of proc that can be written. Default: /proc.
	ProcRoot string
	// SysRoot is a mount of sysfs. Default: /sys.
	SysRoot string
}

// OpenHost opens the host that this program runs on. It can be called from any
// goroutine, and what it returns be used by any.
func OpenHost(o HostOptions) (*Host, error) {
	h := &Host{}
	if err := h.open(o); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *Host) open(o HostOptions) error {
	if o.ProcRoot == "" {
		o.ProcRoot = "/proc"
	}
	if o.SysRoot == "" {
		o.SysRoot = "/sys"
	}

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
	h.Sys, h.closers = sys, append(h.closers, sys.Close)
	return nil
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
