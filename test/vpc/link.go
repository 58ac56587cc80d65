// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// routerIPv6 is the address of the router on every link.
const routerIPv6 = "fe80:ec2::1"

// A link is an ENI that is attached to a host.
type link struct {
	eni       string
	name      string // of the far end
	index     int
	mac       net.HardwareAddr // of the far end
	router    netip.Addr
	bits      int // of the subnet
	routes    map[netip.Prefix]bool
	unchecked bool
	dhcp      func() // stops the DHCP server
}

// plug adds or deletes a link when the emulator attaches or detaches an ENI.
func (v *VPC) plug(ctx context.Context, e ec2emulator.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if e.DeviceIndex == 0 && e.NetworkCardIndex == 0 {
		return
	}
	var err error
	if e.Type == ec2emulator.Attached {
		v.events[e.AttachmentID] = e
		err = v.attach(ctx, e)
	} else {
		delete(v.events, e.AttachmentID)
		err = v.detach(ctx, e.AttachmentID)
	}
	if err != nil {
		v.errs = append(v.errs, err)
	}
}

func (v *VPC) attach(ctx context.Context, e ec2emulator.Event) error {
	host, ok := v.hosts[e.InstanceID]
	if _, exists := v.links[e.AttachmentID]; exists || !ok {
		return nil
	}
	v.serial++
	l := &link{
		eni: e.NetworkInterfaceID, name: fmt.Sprintf("v%d", v.serial), routes: map[netip.Prefix]bool{},
		router: e.SubnetCIDR.Masked().Addr().Next(), bits: e.SubnetCIDR.Bits(),
	}
	// As a PCI device, the link appears with the default MTU and is down.
	err := testbed.IP(ctx,
		fmt.Sprintf("-n %s link add %s mtu %d type veth peer name %s address %s mtu 1500 netns %s", v.namespace, l.name, MTU, testbed.LinkName(e), e.MAC, host),
		fmt.Sprintf("-n %s addr add %s/32 dev %s", v.namespace, l.router, l.name),
		fmt.Sprintf("-n %s addr add %s/64 dev %s nodad", v.namespace, routerIPv6, l.name),
		fmt.Sprintf("-n %s link set %s up", v.namespace, l.name),
	)
	if err != nil {
		return err
	}
	// Answer ARP requests for other links without the default, random delay, and queue all
	// packets until the host has answered: EC2 knows the MAC address.
	for _, s := range []string{"ipv4/neigh/" + l.name + "/proxy_delay 0", "ipv4/neigh/" + l.name + "/unres_qlen_bytes 16777216", "ipv6/neigh/" + l.name + "/unres_qlen_bytes 16777216"} {
		if err := v.set(ctx, s); err != nil {
			return err
		}
	}
	v.links[e.AttachmentID] = l
	err = v.within(func() error {
		i, err := net.InterfaceByName(l.name)
		if err == nil {
			l.index, l.mac = i.Index, i.HardwareAddr
		}
		return err
	})
	if err != nil {
		return err
	}
	if l.dhcp, err = v.serveDHCP(ctx, l); err != nil {
		return err
	}
	return v.route(ctx, l)
}

func (v *VPC) detach(ctx context.Context, attachmentID string) error {
	l, ok := v.links[attachmentID]
	if !ok {
		return nil
	}
	delete(v.links, attachmentID)
	if l.dhcp != nil {
		l.dhcp()
	}
	if l.unchecked {
		if err := v.check(ctx, l, true); err != nil {
			return err
		}
	}
	// Deleting one end deletes the pair. The agent may rename the other end, and a pod may
	// have it.
	return errors.Wrapf(testbed.IP(ctx, "-n "+v.namespace+" link delete "+l.name), "cannot detach %s", l.eni)
}
