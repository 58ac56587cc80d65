package desired

import (
	"regexp"
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// A Policy says which links of a host may be managed and what they get when
// their HostInterface says nothing. It comes from the agent's flags.
type Policy struct {
	// Kinds of links that an ENI can be. Default: link.KindDevice.
	Kinds []string
	// Pattern of the names of links that may be managed. Default: any.
	Pattern *regexp.Regexp
	// Ignored are names of links that are never touched.
	Ignored []string
	// Primary is a name of the link that is never touched, besides the one of
	// the default route.
	Primary string
	// DefaultMTU is for links that have no other. Default: leave the driver's.
	DefaultMTU int
	// MTUs are for links by name, before DefaultMTU.
	MTUs map[string]int
	// LoadModules lets the agent load the modules of userspace drivers.
	LoadModules bool
	// OfferDevices says that devices are offered to pods: the device plugin's file is
	// known.
	OfferDevices bool
}

func (p Policy) AllowsKind(kind string) bool {
	if len(p.Kinds) == 0 {
		return kind == link.KindDevice
	}
	return slices.Contains(p.Kinds, kind)
}

// MTUFor returns the MTU for a link, 0 to leave it alone. Of names the first that
// has one decides.
func (p Policy) MTUFor(asked int, names ...string) int {
	if asked != 0 {
		return asked
	}
	for _, n := range names {
		if m := p.MTUs[n]; m != 0 {
			return m
		}
	}
	return p.DefaultMTU
}
