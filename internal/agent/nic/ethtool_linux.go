package nic

import (
	"math"

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
	return Info{Driver: d.Driver, Version: d.Version, Bus: d.BusInfo, SpeedMbps: e.speed(link)}, nil
}

// speed is 0 where the driver has none to tell, which in ethtool's answer is all
// bits set or none. It is asked for by the older of two calls, which every kernel
// answers and which says no more than is needed.
func (e *Ethtool) speed(link string) int32 {
	speed, err := e.handle.CmdGet(&ethtool.EthtoolCmd{}, link)
	if err != nil || speed > math.MaxInt32 {
		return 0
	}
	return int32(speed)
}

// Close closes the socket.
func (e *Ethtool) Close() error {
	e.handle.Close()
	return nil
}
