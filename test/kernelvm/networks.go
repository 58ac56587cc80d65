// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"context"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// firstRouterHub is the first hub of cards with a router. Segments have lower numbers.
const firstRouterHub = 100

func wireOf(id string) string { return "wire-" + id }

func routerOf(id string) string { return "router-" + id }

func routerPortOf(id string) string { return "routerport-" + id }

// A network is a network of QEMU.
type network struct {
	id        string
	arguments map[string]any
}

// networksOf returns the networks of a card, the card's own last. A router is behind a hub, so
// that the card keeps its carrier without it.
func networksOf(n NIC, port int) []network {
	hub, router, routerPort, wire := n.Segment, routerOf(n.ID), routerPortOf(n.ID), wireOf(n.ID)
	var out []network
	if n.Subnet.IsValid() {
		hub = firstRouterHub + port
		subnet := n.Subnet.Masked()
		address := subnet.Addr().Next()
		user := map[string]any{
			"type": "user", "id": router, "ipv4": true, "ipv6": n.IPv6Subnet.IsValid(),
			"net": subnet.String(), "host": address.String(), "dns": address.Next().String(), "dhcpstart": n.Address.String(),
		}
		if n.IPv6Subnet.IsValid() {
			user["ipv6-prefix"], user["ipv6-prefixlen"] = n.IPv6Subnet.Masked().Addr().String(), n.IPv6Subnet.Bits()
		}
		out = append(out, network{router, user},
			network{routerPort, map[string]any{"type": "hubport", "id": routerPort, "hubid": hub, "netdev": router}})
	}
	return append(out, network{wire, map[string]any{"type": "hubport", "id": wire, "hubid": hub}})
}

// addNetworks adds the networks of a card.
func (g *Guest) addNetworks(ctx context.Context, n NIC, port int) error {
	for _, x := range networksOf(n, port) {
		if err := g.monitor.execute(ctx, "netdev_add", x.arguments); err != nil {
			return err
		}
		g.mu.Lock()
		g.nics[n.ID].networks = append(g.nics[n.ID].networks, x.id)
		g.mu.Unlock()
	}
	return nil
}

// takeNetworks returns the networks of a card to delete: some of them, or all. It returns each
// network once.
func (g *Guest) takeNetworks(id string, some ...string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, ok := g.nics[id]
	if !ok {
		return nil
	}
	var out, rest []string
	for _, x := range n.networks {
		if len(some) == 0 || slices.Contains(some, x) {
			out = append(out, x)
		} else {
			rest = append(rest, x)
		}
	}
	n.networks = rest
	return out
}

// deleteNetworks deletes networks, the last one first.
func (g *Guest) deleteNetworks(ctx context.Context, ids []string) error {
	var errs []error
	for _, id := range slices.Backward(ids) {
		errs = append(errs, g.monitor.execute(ctx, "netdev_del", map[string]any{"id": id}))
	}
	return errors.Join(errs...)
}

// RemoveRouter removes the router of a card. The card keeps its carrier.
func (g *Guest) RemoveRouter(ctx context.Context, id string) error {
	networks := g.takeNetworks(id, routerOf(id), routerPortOf(id))
	if len(networks) == 0 {
		return errors.Errorf("card %q has no router", id)
	}
	return g.explain(errors.Wrapf(g.deleteNetworks(ctx, networks), "cannot remove the router of %q", id))
}
