// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// nodeENI returns a NodeENI for the machine, with additional lines of its spec.
func nodeENI(name string, lines ...string) string {
	return "apiVersion: networking.k8s.aws/v1alpha1\nkind: NodeENI\nmetadata:\n  name: " + name +
		"\nspec:\n  nodeSelector:\n    ng: multi-eni\n  subnetID: subnet-0f59b4f14737be9ad\n  securityGroupIDs: [sg-05da196f3314d4af8]\n  deviceIndex: 2\n" +
		"  " + strings.Join(lines, "\n  ") + "\n"
}

// TestLink tests the life of an ENI with its kernel driver.
func TestLink(t *testing.T) {
	e := newEnv(t, kernelvm.Options{})
	e.startAgent()
	e.apply(nodeENI("jumbo", "mtu: 9001"))
	for _, step := range []struct {
		name string
		do   func(*env)
	}{
		{"Configured", (*env).configured},
		{"AgentKilled", (*env).outlivesItsAgent},
		{"Rebooted", (*env).outlivesAReboot},
		{"Deleted", (*env).leaves},
		{"Refused", (*env).isRefused},
	} {
		// Each step continues from the previous one.
		if !t.Run(step.name, func(t *testing.T) { step.do(e.with(t)) }) {
			return
		}
	}
}

// configured: a plugged card is matched by its MAC address and
// configured.
func (e *env) configured() {
	h := e.awaitReady("jumbo", corev1.ConditionTrue, v1alpha1.ReasonConfigured)
	c := e.hardware.card(h.Spec.NetworkInterfaceID)
	l := e.link(c.mac)
	if l == nil {
		e.t.Fatalf("no link has the MAC address %s", c.mac)
	}
	if l.MTU != 9001 || !l.Up || !slices.Contains(l.AltNames, h.Spec.NetworkInterfaceID) || !slices.Contains(l.AltNames, "jumbo-0") {
		e.t.Errorf("the link is not configured: %+v", l)
	}
	if mtu := e.read("/sys/class/net/" + l.Name + "/mtu"); mtu != "9001" {
		e.t.Errorf("the MTU in sysfs is %s", mtu)
	}
	want := v1alpha1.HostInterfaceStatus{InterfaceName: l.Name, MTU: 9001, PCIAddress: c.address}
	got := v1alpha1.HostInterfaceStatus{InterfaceName: h.Status.InterfaceName, MTU: h.Status.MTU, PCIAddress: h.Status.PCIAddress}
	if d := cmp.Diff(want, got); d != "" {
		e.t.Errorf("the status does not describe the link, -want, +got:\n%s", d)
	}
	if d := e.driverOf(c.address); d != "virtio-pci" {
		e.t.Errorf("the device has the driver %q", d)
	}
}

// outlivesItsAgent: killing the agent does not change the host, and the
// next agent has no step.
func (e *env) outlivesItsAgent() {
	before := e.configuration()
	same := func() error {
		if d := cmp.Diff(before, e.configuration()); d != "" {
			return fmt.Errorf("the host has changed, -before, +after:\n%s", d)
		}
		return nil
	}
	e.killAgent()
	e.hold(time.Second, same)
	e.startAgent()
	e.hold(3*time.Second, same)
	e.change("jumbo", func(s *v1alpha1.NodeENISpec) { s.MTU = new(int32(8500)) })
	e.hasMTU("jumbo", 8500)
	e.change("jumbo", func(s *v1alpha1.NodeENISpec) { s.MTU = new(int32(9001)) })
	e.hasMTU("jumbo", 9001)
}

// configuration returns the machine's network without state that the kernel adds
// itself, possibly later: an IPv6 address is tentative until duplicate address
// detection has ended.
func (e *env) configuration() wire.Network {
	e.t.Helper()
	const byKernel = 2 // RTPROT_KERNEL
	n := e.network()
	n.Routes = slices.DeleteFunc(n.Routes, func(r wire.Route) bool { return r.Protocol == byKernel })
	n.Addresses = slices.DeleteFunc(n.Addresses, func(a wire.Address) bool { return strings.HasPrefix(a.Prefix, "fe80:") })
	return n
}

// outlivesAReboot: after a reboot the card is configured again.
func (e *env) outlivesAReboot() {
	h, err := e.host("jumbo")
	e.must(err)
	e.reboot()
	l := e.link(h.Spec.MACAddress)
	if l == nil {
		e.t.Fatal("the card is missing after a reboot")
	}
	if l.MTU != 1500 || l.Up || len(l.AltNames) > 0 {
		e.t.Fatalf("the link is not a new one: %+v", l)
	}
	e.startAgent()
	e.hasMTU("jumbo", 9001)
	e.configured()
}

// leaves: deleting a NodeENI unplugs its card, and nothing else.
func (e *env) leaves() {
	h, err := e.host("jumbo")
	e.must(err)
	e.deleteNodeENI("jumbo")
	n := e.network()
	for _, l := range n.Links {
		if l.MAC == h.Spec.MACAddress {
			e.t.Errorf("a link is left: %+v", l)
		}
	}
	if len(n.Links) != 2 {
		e.t.Errorf("want lo and eth0 to be left: %+v", n.Links)
	}
}

// isRefused: a driver's error is quoted, and a supported value
// fixes it.
func (e *env) isRefused() {
	e.hardware.plugs(kernelvm.VMXNet3)
	e.apply(nodeENI("refused", "mtu: 9001"))
	h := e.awaitReady("refused", corev1.ConditionFalse, v1alpha1.ReasonKernelRefused)
	if m := h.GetCondition(xpv2.TypeReady).Message; !strings.Contains(m, "mtu 9001") || !strings.Contains(m, "invalid argument") {
		e.t.Errorf("the message has no step and error: %s", m)
	}
	if d := e.driverOf(e.hardware.card(h.Spec.NetworkInterfaceID).address); d != "vmxnet3" {
		e.t.Errorf("the device has the driver %q", d)
	}
	e.change("refused", func(s *v1alpha1.NodeENISpec) { s.MTU = new(int32(9000)) })
	e.hasMTU("refused", 9000)
	e.awaitReady("refused", corev1.ConditionTrue, v1alpha1.ReasonConfigured)
	e.deleteNodeENI("refused")
}

// hasMTU waits until the link of a NodeENI has an MTU, and is up.
func (e *env) hasMTU(nodeENI string, mtu int) {
	e.t.Helper()
	e.eventually(within, func() error {
		h, err := e.host(nodeENI)
		if err != nil {
			return err
		}
		if l := e.link(h.Spec.MACAddress); l == nil || l.MTU != mtu || !l.Up {
			return fmt.Errorf("the link is not up with MTU %d: %+v", mtu, l)
		}
		return nil
	})
}
