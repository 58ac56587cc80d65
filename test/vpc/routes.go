// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// follow keeps the routes in step with the emulator until the returned function is called.
func (v *VPC) follow(ctx context.Context) func() {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			v.mu.Lock()
			for _, l := range v.links {
				if err := v.route(ctx, l); err != nil {
					v.errs = append(v.errs, err)
				}
			}
			v.mu.Unlock()
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// route sets the routes to an ENI, and its source check.
func (v *VPC) route(ctx context.Context, l *link) error {
	n, _ := v.ec2.NetworkInterface(l.eni) // a deleted ENI has no addresses
	desired, err := desired(n)
	if err != nil {
		return err
	}
	var errs []error
	for p := range l.routes {
		if !desired[p] {
			delete(l.routes, p)
			errs = append(errs, testbed.IP(ctx, fmt.Sprintf("-n %s route delete %s dev %s", v.namespace, p, l.name)))
		}
	}
	for p := range desired {
		if !l.routes[p] {
			l.routes[p] = true
			errs = append(errs, testbed.IP(ctx, fmt.Sprintf("-n %s route add %s dev %s", v.namespace, p, l.name)))
		}
	}
	if l.unchecked != n.SourceDestCheckDisabled {
		errs = append(errs, v.check(ctx, l, !n.SourceDestCheckDisabled))
	}
	return errors.Join(errs...)
}

// desired returns the prefixes and addresses of an ENI.
func desired(n ec2emulator.NetworkInterface) (map[netip.Prefix]bool, error) {
	out := map[netip.Prefix]bool{}
	for _, list := range [][]string{n.PrivateIPAddresses, n.IPv6Addresses, n.IPv4Prefixes, n.IPv6Prefixes} {
		for _, s := range list {
			p, err := prefix(s)
			if err != nil {
				return nil, errors.Wrapf(err, "%s", n.ID)
			}
			out[p] = true
		}
	}
	return out, nil
}

func prefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Prefix(a.BitLen())
	}
	return netip.ParsePrefix(s)
}

// check enables or disables the source check of a link.
func (v *VPC) check(ctx context.Context, l *link, enabled bool) error {
	verb := "add"
	if enabled {
		verb = "delete"
	}
	l.unchecked = !enabled
	_, err := v.run(ctx, "", "nft", verb, "element", "inet", "vpc", "unchecked", "{", l.name, "}")
	return err
}
