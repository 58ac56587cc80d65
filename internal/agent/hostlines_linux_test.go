// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"slices"
	"strings"

	"github.com/vishvananda/netlink"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/agenttest"
)

// hostLines returns the lines of one link and of all rules.
func hostLines(h *agenttest.Host, name string) ([]string, error) {
	if l := linkByMAC(h, mac1); l == nil || l.Attrs().Name != name {
		return nil, errors.New("the link is not there")
	}
	lines := strings.Split(h.Of(name), "\n")
	for l := range strings.SplitSeq(h.String(), "\n") {
		if strings.HasPrefix(l, "ip rule ") {
			lines = append(lines, l)
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// linkByMAC returns the link with a MAC address.
func linkByMAC(h *agenttest.Host, mac string) netlink.Link {
	for {
		links, err := h.Netlink.LinkList()
		if errors.Is(err, netlink.ErrDumpInterrupted) {
			continue
		}
		h.Do(err)
		for _, l := range links {
			if l.Attrs().HardwareAddr.String() == mac {
				return l
			}
		}
		return nil
	}
}
