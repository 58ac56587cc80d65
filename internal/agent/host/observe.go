package host

import (
	"context"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// A Setting is a sysctl of any link.
type Setting struct{ Family, Name string }

// Settings that the agent manages, and what it sets them to.
//
// rp_filter 2 (loose) on the link is enough where all.rp_filter is 1, as the
// kernel uses the higher of both: the way back of a packet may be another
// interface without the packet being dropped. arp_ignore 1 and arp_announce 2
// keep two interfaces in one subnet from answering for each other. accept_ra 0
// keeps a router advertisement from adding a second default route to the main
// table, and addresses that EC2 did not give.
const (
	rpFilter    = "rp_filter"
	arpIgnore   = "arp_ignore"
	arpAnnounce = "arp_announce"
	acceptRA    = "accept_ra"
)

func AddressingSettings() []Setting {
	return []Setting{{"ipv4", rpFilter}, {"ipv4", arpIgnore}, {"ipv4", arpAnnounce}}
}

func LinkSettings() []Setting { return []Setting{{"ipv6", acceptRA}} }

// Value is what a setting is set to.
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

// Sysctl names the setting of one link.
func (s Setting) Sysctl(l string) sysfs.Sysctl {
	return sysfs.Sysctl{Family: s.Family, Link: l, Name: s.Name}
}

// Observed is what the host is like, as far as one HostInterface is concerned.
type Observed struct {
	link.Snapshot

	// Settings of the link meant; those that the kernel does not offer are
	// missing.
	Settings map[Setting]string
	// NewLink holds the settings that a new link gets.
	NewLink map[Setting]string
	// Boot that the host is in.
	Boot string
	// Device of the ENI.
	Device Device
	// Userspace is looked at where a userspace driver is wanted.
	Userspace Userspace
	// Holders are asked for where the device is to be taken away.
	Holders Holders
}

// Observe looks at the host.
func Observe(ctx context.Context, h *Host, w desired.State, p desired.Policy) (Observed, error) {
	o := Observed{Boot: h.Boot, Settings: map[Setting]string{}, NewLink: map[Setting]string{}}
	l, err := o.observeLink(h, w, p)
	if err != nil {
		return o, err
	}
	if w.Driver == v1alpha1.DriverDPDK {
		o.Userspace = observeUserspace(h, w)
	}
	o.Holders = observeHolders(ctx, h, w, o.Device)
	if l.Index == 0 {
		return o, nil
	}
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

// maxRenames is how often a link is looked up again whose name has changed meanwhile.
// A name that is wrong each time is not one that udev changes.
const maxRenames = 5

// observeLink finds the link and its device. The rest is of that link, also of one
// that must not be touched: its description helps to see why.
func (o *Observed) observeLink(h *Host, w desired.State, p desired.Policy) (l link.Link, err error) {
	for range maxRenames {
		if o.Snapshot, err = h.Links.Snapshot(); err != nil {
			return l, err
		}
		l, _ = desired.MatchLink(w, p, o.Snapshot)
		if o.Device, err = observeDevice(h, w, l); !errors.Is(err, errRenamed) {
			return l, err
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
