// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// errNoNetworks means that the agent has no access to the directory of Multus.
var errNoNetworks = errors.New("the agent has no access to the directory of Multus")

// WriteNetwork writes the file of the network for pods on an ENI's link.
type WriteNetwork struct {
	ENI     string
	Network string
	Content []byte
}

// Kind of the step.
func (s WriteNetwork) Kind() string { return "network" }

// String returns the step as an administrator would describe it.
func (s WriteNetwork) String() string {
	return fmt.Sprintf("write the configuration of network %s on %s for Multus", s.Network, s.ENI)
}

func (s WriteNetwork) apply(h *Host) error {
	if h.Networks == nil {
		return errNoNetworks
	}
	return h.Networks.Write(s.ENI, s.Content)
}

// RemoveNetwork removes the file of the network for pods on an ENI's link.
type RemoveNetwork struct {
	ENI     string
	Network string
}

// Kind of the step.
func (s RemoveNetwork) Kind() string { return "network" }

// String returns the step as an administrator would describe it.
func (s RemoveNetwork) String() string {
	return fmt.Sprintf("remove the configuration of network %s on %s for Multus", s.Network, s.ENI)
}

func (s RemoveNetwork) apply(h *Host) error {
	if h.Networks == nil {
		return errNoNetworks
	}
	return h.Networks.Remove(s.ENI)
}
