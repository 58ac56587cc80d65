// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nic

import (
	"math"

	"github.com/safchain/ethtool"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Ethtool implements Reader with the ethtool ioctl, in the network namespace that it
// was opened in.
type Ethtool struct {
	handle *ethtool.Ethtool
}

var _ Reader = &Ethtool{}

// Open opens an ethtool socket in the network namespace of the calling thread.
func Open() (*Ethtool, error) {
	h, err := ethtool.NewEthtool()
	return &Ethtool{handle: h}, errors.Wrap(err, "cannot open an ethtool socket")
}

// Info returns the Info of a link.
func (e *Ethtool) Info(link string) (Info, error) {
	d, err := e.handle.DriverInfo(link)
	if err != nil {
		return Info{}, errors.Wrapf(err, "cannot get driver information of link %q", link)
	}
	return Info{Driver: d.Driver, Version: d.Version, Bus: d.BusInfo, SpeedMbps: e.speed(link)}, nil
}

// speed returns 0 if the driver does not report a speed: ethtool then returns all bits
// set, or none. It uses the older of two ioctls, which every kernel supports.
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
