// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"regexp"
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// A Policy is the part of the agent's flags that selects the links it may manage, and
// the defaults of HostInterfaces.
type Policy struct {
	// Kinds of links that an ENI can be. Default: link.KindDevice.
	Kinds []string
	// Pattern of the names of links that may be managed. Default: any name.
	Pattern *regexp.Regexp
	// Ignored are names of links that are never changed.
	Ignored []string
	// Primary is a name of a link that is never changed, besides the link of the
	// default route.
	Primary string
	// DefaultMTU is the MTU of links without another one. Default: the driver's.
	DefaultMTU int
	// MTUs are MTUs by link name; they take precedence over DefaultMTU.
	MTUs map[string]int
	// LoadModules allows the agent to load the modules of userspace drivers.
	LoadModules bool
	// OfferDevices is true if devices are offered to pods.
	OfferDevices bool
}

// AllowsKind reports whether links of a kind may be managed.
func (p Policy) AllowsKind(kind string) bool {
	if len(p.Kinds) == 0 {
		return kind == link.KindDevice
	}
	return slices.Contains(p.Kinds, kind)
}

// MTUFor returns the MTU of a link, 0 to keep it. The first name with an MTU decides.
func (p Policy) MTUFor(configured int, names ...string) int {
	if configured != 0 {
		return configured
	}
	for _, n := range names {
		if m := p.MTUs[n]; m != 0 {
			return m
		}
	}
	return p.DefaultMTU
}
