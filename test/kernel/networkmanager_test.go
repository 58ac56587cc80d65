// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestNetworkManager tests an ENI on a host with NetworkManager in its default
// configuration, which creates a connection with DHCP for every new link. A link that has
// an address belongs to another program for it.
func TestNetworkManager(t *testing.T) {
	e := managersEnv(t)
	e.sh("systemctl start NetworkManager; nm-online --quiet --timeout=30 || true")
	e.startMonitor()
	e.startAgent()
	e.attach(policyRouted)
	disturbances := []step{
		{"Reload", func(e *env) { e.sh("nmcli general reload; nmcli connection reload") }},
		{"Restart", func(e *env) { e.sh("systemctl restart NetworkManager; nm-online --quiet --timeout=30 || true") }},
		{"Connect", func(e *env) { e.sh("nmcli device connect $(cat /run/link) || true") }},
		{"Disconnect", func(e *env) { e.sh("nmcli device disconnect $(cat /run/link) || true") }},
		{"Carrier", (*env).losesCarrier},
		{"Udev", func(e *env) { e.sh("udevadm trigger --action=add /sys/class/net/$(cat /run/link); udevadm settle") }},
	}
	t.Run("Default", func(t *testing.T) {
		e := e.with(t)
		ready := e.staysReady(managed)
		for _, d := range disturbances {
			t.Run(d.name, func(t *testing.T) {
				e := e.with(t)
				d.do(e)
				e.settled()
			})
		}
		ready()
	})
	// Without addressing NetworkManager sees a link without configuration.
	e.deleteNodeENI(managed)
	h := e.attach()
	t.Run("NoAddressing", func(t *testing.T) {
		e := e.with(t)
		ready := e.staysReady(managed)
		const state = "nmcli --fields GENERAL.STATE,GENERAL.REASON device show $(cat /run/link)"
		e.eventually(2*within, func() error {
			// NetworkManager connects a new link by itself, but not after every failed attempt.
			e.sh("nmcli --wait 20 device connect $(cat /run/link) || true")
			if !e.foreign(h) {
				return fmt.Errorf("NetworkManager has not configured a link without addresses: %s%+v", e.sh(state), e.network())
			}
			return nil
		})
		e.settled()
		// NetworkManager removes its configuration, and gives up after four attempts of 45 seconds each.
		e.losesRouter()
		e.sh("nmcli --wait 5 device connect $(cat /run/link) || true")
		e.eventually(6*within, func() error {
			now := e.sh("sleep 3; " + state)
			if e.foreign(h) || !strings.Contains(now, "(disconnected)") {
				return fmt.Errorf("NetworkManager does not give up: %s%+v", now, e.network())
			}
			return nil
		})
		e.settled()
		ready()
	})
	e.deleteNodeENI(managed)
	e.writeDocumented("/etc/NetworkManager/", 1)
	e.sh("systemctl reload NetworkManager")
	t.Run("Documented", func(t *testing.T) {
		e := e.with(t)
		h := e.attach(policyRouted)
		ready := e.staysReady(managed)
		e.unmanaged(h)
		for _, d := range disturbances {
			// nmcli manages a link that it is requested to connect.
			if strings.HasSuffix(d.name, "onnect") {
				continue
			}
			t.Run(d.name, func(t *testing.T) {
				e := e.with(t)
				before := e.activity()
				d.do(e)
				e.settled()
				e.untouched(before, d.name == "Carrier")
				e.unmanaged(h)
			})
		}
		ready()
	})
}

// unmanaged fails if NetworkManager manages the link of a HostInterface, or does not manage
// the primary link.
func (e *env) unmanaged(h *v1alpha1.HostInterface) {
	e.t.Helper()
	out := e.sh("nmcli --terse --fields DEVICE,STATE device")
	if !strings.Contains(out, e.link(h.Spec.MACAddress).Name+":unmanaged") || strings.Contains(out, "ens5:unmanaged") {
		e.t.Errorf("NetworkManager does not manage the primary link only:\n%s", out)
	}
	if e.foreign(h) {
		e.t.Errorf("NetworkManager has configured the link: %+v", e.network())
	}
}
