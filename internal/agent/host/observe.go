// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"io/fs"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/multus"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// A Setting is a sysctl that every link has.
type Setting struct{ Family, Name string }

// Settings that the agent manages.
//
// rp_filter 2 (loose) on the link is enough where all.rp_filter is 1, because the
// kernel uses the higher of both: a packet is accepted even if its reverse path is
// another interface. arp_ignore 1 and arp_announce 2 keep two interfaces in one subnet
// from answering ARP requests for each other. accept_ra 0 keeps router advertisements
// from adding a second default route to the main table, and addresses that EC2 did not
// assign.
const (
	rpFilter    = "rp_filter"
	arpIgnore   = "arp_ignore"
	arpAnnounce = "arp_announce"
	acceptRA    = "accept_ra"
)

// AddressingSettings returns the settings of links with addresses.
func AddressingSettings() []Setting {
	return []Setting{{"ipv4", rpFilter}, {"ipv4", arpIgnore}, {"ipv4", arpAnnounce}}
}

// LinkSettings returns the settings of all links.
func LinkSettings() []Setting { return []Setting{{"ipv6", acceptRA}} }

// Value returns the agent's value of a setting.
func (s Setting) Value() string {
	switch s.Name {
	case rpFilter, arpAnnounce:
		return "2"
	case arpIgnore:
		return "1"
	default:
		return "0"
	}
}

// Sysctl returns the setting of one link.
func (s Setting) Sysctl(l string) sysfs.Sysctl {
	return sysfs.Sysctl{Family: s.Family, Link: l, Name: s.Name}
}

// Observed is the observed state of the host for one HostInterface.
type Observed struct {
	link.Snapshot

	// Settings of the link, without settings that the kernel does not have.
	Settings map[Setting]string
	// NewLink are the defaults of new links.
	NewLink map[Setting]string
	// RenamePending is true if the link is down and has the name that the kernel chose,
	// although a program such as udev has renamed other devices of the host.
	RenamePending bool
	// Boot is the boot id of the host.
	Boot string
	// Device of the ENI.
	Device Device
	// Userspace is observed if driver is dpdk.
	Userspace Userspace
	// Uses are observed if the plan depends on them.
	Uses Uses
	// Networks are the files in the directory of Multus, and NetworkDir whether it
	// exists.
	Networks   []multus.File
	NetworkDir bool
	// Primary is the CNI configuration with which pods start, or nil if it is not known
	// or the link has no network for pods.
	Primary *multus.Primary
}

// Observe returns the observed state of the host.
func Observe(ctx context.Context, h *Host, w desired.State, p desired.Policy) (Observed, error) {
	o := Observed{Boot: h.Boot, Settings: map[Setting]string{}, NewLink: map[Setting]string{}}
	l, err := o.observeLink(h, w, p)
	if err != nil {
		return o, err
	}
	if w.Driver == v1alpha1.DriverDPDK {
		o.Userspace = observeUserspace(h, w)
	}
	o.Uses.addHolders(ctx, h, w, o.Device)
	if err := o.observeNetworks(h, w); err != nil {
		return o, err
	}
	if l.Index == 0 {
		return o, nil
	}
	o.RenamePending = renamePending(h, p, o.Snapshot, l)
	for _, s := range append(AddressingSettings(), LinkSettings()...) {
		if err := readSysctl(h.Sysctls, s, l.Name, o.Settings); err != nil {
			return o, err
		}
		if err := readSysctl(h.Sysctls, s, sysfs.DefaultLink, o.NewLink); err != nil {
			return o, err
		}
	}
	return o, nil
}

// renamePending returns Observed.RenamePending.
func renamePending(h *Host, p desired.Policy, s link.Snapshot, l link.Link) bool {
	if h.Names == nil || l.Up || h.Names.Origin(l.Name, l.MAC) != sysfs.NameOfKernel {
		return false
	}
	return slices.ContainsFunc(s.Links, func(x link.Link) bool {
		return x.Index != l.Index && p.AllowsKind(x.Kind) && h.Names.Origin(x.Name, x.MAC) == sysfs.NameChanged
	})
}

// observeNetworks lists the files of networks, and reads how pods start if the link has one.
func (o *Observed) observeNetworks(h *Host, w desired.State) (err error) {
	if h.Networks == nil {
		return nil
	}
	if h.CNIConfigDir != "" && w.Network != nil {
		// A configuration that cannot be read, such as a symbolic link, is not checked.
		if primary, err := multus.ReadPrimary(h.CNIConfigDir); err == nil {
			o.Primary = &primary
		}
	}
	o.Networks, err = h.Networks.List()
	o.NetworkDir = err == nil
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// maxRenames is how often the links are listed again after the link was renamed by udev
// between two reads.
const maxRenames = 5

// observeLink observes the links, the link of the HostInterface, and its device. A
// protected link is observed too: the status describes it.
func (o *Observed) observeLink(h *Host, w desired.State, p desired.Policy) (l link.Link, err error) {
	for range maxRenames {
		if o.Snapshot, err = h.Links.Snapshot(); err != nil {
			return l, err
		}
		l, _ = desired.MatchLink(w, p, o.Snapshot)
		o.Device, err = observeDevice(h, w, l, o.Links)
		switch {
		case errors.Is(err, errRenamed):
		case err != nil:
			return l, err
		default:
			o.Uses = Uses{}
			if needsUsers(w, o.Device, l) {
				o.Uses = ObserveUsers(h, w, p, l)
			}
			return l, nil
		}
	}
	return l, nil
}

func readSysctl(from Sysctls, s Setting, l string, into map[Setting]string) error {
	v, ok, err := from.Get(s.Sysctl(l))
	if ok {
		into[s] = v
	}
	return errors.Wrapf(err, "cannot read sysctl %q", s.Sysctl(l))
}
