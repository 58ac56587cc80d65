//go:build !linux

package nic

import (
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Ethtool cannot be opened here.
type Ethtool struct{ Reader }

// Open fails: there is no ethtool.
func Open() (*Ethtool, error) {
	return nil, errors.New("cannot open an ethtool socket: this is not Linux")
}

// Close does nothing.
func (e *Ethtool) Close() error { return nil }
