package nic

import (
	"github.com/safchain/ethtool"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Ethtool asks by ethtool's ioctl, in the network namespace that it was opened
// in.
type Ethtool struct {
	handle *ethtool.Ethtool
}

var _ Reader = &Ethtool{}

// Open opens a socket to ask through, in the network namespace of the calling
// thread.
func Open() (*Ethtool, error) {
	h, err := ethtool.NewEthtool()
	return &Ethtool{handle: h}, errors.Wrap(err, "cannot open an ethtool socket")
}

// Info asks the device behind a link.
func (e *Ethtool) Info(link string) (Info, error) {
	d, err := e.handle.DriverInfo(link)
	if err != nil {
		return Info{}, errors.Wrapf(err, "cannot ask the driver of link %q", link)
	}
	return Info{Driver: d.Driver, Bus: d.BusInfo}, nil
}

// Close closes the socket.
func (e *Ethtool) Close() error {
	e.handle.Close()
	return nil
}
