// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// rebinds is how often the kernel creates the link again. Without a wait for udev, the agent
// sets one to three of these links up before udev renames them.
const rebinds = 12

// TestUdev tests the renames of udev, which renames a new link from eth0 to a name of its
// slot, and its policy for MAC addresses, in the default configuration.
func TestUdev(t *testing.T) {
	e := managersEnv(t)
	e.startMonitor()
	// With the mounts of a pod, in which the agent reads the names of links.
	e.startConfined("cluster/manifests")
	h := e.attach(policyRouted)
	predictable := strings.TrimSpace(e.sh("udevadm info --query=property --property=ID_NET_NAME_PATH --value /sys/class/net/$(cat /run/link)"))
	if l := e.link(h.Spec.MACAddress); l.Name != predictable || predictable == "" {
		t.Fatalf("udev has not renamed the link: %+v, want %q", l, predictable)
	}
	if file := e.sh("udevadm info --query=property --property=ID_NET_LINK_FILE --value /sys/class/net/$(cat /run/link)"); !strings.Contains(e.sh("cat "+file), "MACAddressPolicy=persistent") {
		t.Errorf("udev has no policy for MAC addresses: %s", file)
	}
	run(e,
		step{"Trigger", (*env).isTriggered},
		step{"Rebind", func(e *env) { e.isRebound(predictable) }},
		step{"Named", func(e *env) {
			e.change(managed, func(s *v1alpha1.NodeENISpec) { s.Host.InterfaceName = new("data0") })
			e.settled()
		}},
		step{"NamedTrigger", (*env).isTriggered},
		step{"NamedRebind", func(e *env) { e.isRebound("") }},
	)
}

// isTriggered repeats the events of the link, as at boot and after an update of udev.
func (e *env) isTriggered() {
	e.sh("ls -d /sys/class/net/*")
	h, err := e.host(managed)
	e.must(err)
	name := e.link(h.Spec.MACAddress).Name
	ready := e.staysReady(managed)
	for _, action := range []string{"add", "change", "move"} {
		before := e.activity()
		e.sh(fmt.Sprintf("udevadm trigger --action=%s /sys/class/net/%s; udevadm settle", action, name))
		e.settled()
		e.untouched(before, false)
	}
	ready()
	if l := e.link(h.Spec.MACAddress); l == nil || l.Name != name {
		e.t.Errorf("udev has changed the name %s or the MAC address %s: %+v", name, h.Spec.MACAddress, l)
	}
}

// isRebound unbinds the driver of the device and binds it again, which creates a new link,
// while the HostInterface exists. udev gives the link its name, and has no rename pending.
func (e *env) isRebound(want string) {
	h, err := e.host(managed)
	e.must(err)
	address := e.hardware.card(h.Spec.NetworkInterfaceID).address
	var names []string
	for range rebinds {
		e.sh("cd /sys/bus/pci/drivers/virtio-pci; echo " + address + " >unbind; sleep 0.3; echo " + address + " >bind; udevadm settle")
		e.eventually(within, e.isConfigured)
		l := e.link(h.Spec.MACAddress)
		names = append(names, l.Name)
		if p := e.sh("udevadm info --query=property /sys/class/net/" + l.Name); strings.Contains(p, "ID_RENAMING=1") {
			e.t.Errorf("udev could not rename %s", l.Name)
		}
	}
	e.eventually(within, e.isConfigured)
	e.settled()
	if slices.Sort(names); len(slices.Compact(slices.Clone(names))) != 1 || want != "" && names[0] != want {
		e.t.Errorf("the link had the names %s, want %q each time", names, want)
	}
}
