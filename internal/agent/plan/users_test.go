// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/cnicache"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// usedBy sets the users of the link.
func usedBy(users ...host.User) func(*host.Observed) {
	return func(o *host.Observed) { o.Uses.Scanned, o.Uses.Users = true, users }
}

// inPod moves the link to another network namespace.
func inPod(o *host.Observed) {
	o.Links, o.Addresses, o.Routes, o.Settings = o.Links[:1], nil, nil, nil
	o.Uses = host.Uses{Scanned: true, Moved: &link.Scanned{Namespace: 3, Name: "net1", MAC: testMAC}, Users: []host.User{pod("fw-0")}}
}

func pod(name string) host.User {
	return host.User{Pod: cnicache.Pod{Namespace: "apps", Name: name}, Link: "net1", Kind: "macvlan", Namespace: 3}
}

func scanFailed(o *host.Observed) { o.Uses.Err = errors.New("operation not permitted") }

func vfio(w *desired.State) {
	w.Driver, w.DPDKDriver = v1alpha1.DriverDPDK, string(v1alpha1.DPDKDriverVFIO)
}

func onPCI(o *host.Observed) {
	o.Device = host.Device{Found: true, Device: pci.Device{Address: pci.Address{Device: 6}, Driver: "ena", IOMMUGroup: "7"}}
}

func planOfUsers() map[string]planCase {
	const held = "; released when the pod terminates or after releasePolicy.timeout"
	released := []string{"ip link set dev eth1 down", "sysctl -w net.ipv6.conf.eth1.accept_ra=1", "ip link property del dev eth1 altname eni-1"}
	unknown := host.User{Link: "net1", Kind: "ipvlan", Namespace: 7}
	own := host.User{Link: "mv0", Kind: "macvlan", Namespace: link.HostNamespace}
	return map[string]planCase{
		"Used": {
			reason:  "A link with macvlan or ipvlan links of pods is not released before the timeout.",
			desired: desiredState(release, waitForPods), observed: observed(settledLink, usedBy(pod("a"), pod("b"), pod("c"), pod("d"))),
			problem: "WaitingForPods: link eth1 is in use by pod apps/a (net1), apps/b (net1), apps/c (net1), 1 more" + held,
		},
		"UsedByUnknown": {
			reason:  "A user is counted if its pod is not known: its link and namespace are named. A link of the host counts, too.",
			desired: desiredState(release, waitForPods), observed: observed(settledLink, usedBy(unknown, own)),
			problem: "WaitingForPods: link eth1 is in use by link net1 (ipvlan) in network namespace 7 of an unknown pod, link mv0 (macvlan) of the host" + held,
		},
		"UsedImmediate": {reason: "After the timeout, or with mode Immediate, the link is taken from its users.", desired: desiredState(release), observed: observed(settledLink, usedBy(pod("a"))), want: released},
		"Unused":        {reason: "Without users the link is released at once.", desired: desiredState(release, waitForPods), observed: observed(settledLink, usedBy()), want: released},
		"UnknownUsers": {
			reason:  "If users cannot be observed, the link may be in use.",
			desired: desiredState(release, waitForPods), observed: observed(settledLink, scanFailed),
			problem: "WaitingForPods: link eth1 is kept until releasePolicy.timeout: cannot determine whether a pod uses it: operation not permitted",
		},
		"UsedConfigured": {reason: "The users of a link do not delay its configuration.", desired: desiredState(waitForPods, func(w *desired.State) { w.MTU = 9001 }), observed: observed(settledLink, usedBy(pod("a"))), want: []string{"ip link set dev eth1 mtu 9001"}},
		"UsedBind": {
			reason:  "A device is not bound to a userspace driver while pods use its link.",
			desired: desiredState(vfio, waitForPods), observed: observed(settledLink, usedBy(pod("a")), onPCI, func(o *host.Observed) { o.Userspace.Loaded = true }),
			problem: "WaitingForPods: device 0000:00:06.0 is in use by pod apps/a (net1)" + held,
		},
		"UsedNotLoaded": {
			reason:  "A link whose userspace driver is missing stays up while pods use it.",
			desired: desiredState(vfio, waitForPods), observed: observed(settledLink, usedBy(pod("a")), onPCI),
			problem: "DriverNotLoaded: driver vfio-pci is not loaded on this node: load it (modprobe vfio-pci, and a file in /etc/modules-load.d for the next boot), or run the agent with --load-modules",
		},
		"InPod": {reason: "A link in a pod is no problem. Its rules are removed: the pod has the addresses.", desired: desiredState(mode(v1alpha1.AddressingPolicyRouted)), observed: observed(settled, inPod, func(o *host.Observed) { o.Rules = o.Rules[:1] }), want: []string{"ip rule del from 10.0.1.5/32 lookup 20001 pref 20001 protocol 200"}},
		"InPodRelease": {
			reason:  "A link in a pod is not released before the timeout.",
			desired: desiredState(release, waitForPods), observed: observed(inPod),
			problem: "WaitingForPods: the link with MAC address 02:00:00:00:00:01 is in use by pod apps/fw-0 (net1)" + held,
		},
		"InPodTimeout": {reason: "A link in a pod is released after the timeout: EC2 takes it from the pod.", desired: desiredState(release), observed: observed(inPod), problem: "WaitingForDevice: no link of this host has the MAC address 02:00:00:00:00:01 yet"},
		"MissingUnknown": {
			reason:  "A missing link may be in a pod if network namespaces cannot be observed.",
			desired: desiredState(release, waitForPods), observed: observed(inPod, func(o *host.Observed) { o.Uses = host.Uses{} }, scanFailed),
			problem: "WaitingForPods: the link with MAC address 02:00:00:00:00:01 is kept until releasePolicy.timeout: cannot determine whether a pod uses it: operation not permitted",
		},
		"InPodBind": {
			reason:  "The device of a link in a pod is not known, so it cannot be bound.",
			desired: desiredState(vfio), observed: observed(inPod),
			problem: "WaitingForPods: the link with MAC address 02:00:00:00:00:01 is in use by pod apps/fw-0 (net1); bound to vfio-pci when the pod terminates",
		},
	}
}

// TestInOtherNetNS distinguishes a link in a pod from a missing one.
func TestInOtherNetNS(t *testing.T) {
	missing := func(o *host.Observed) { inPod(o); o.Uses = host.Uses{Scanned: true} }
	original := desiredState(func(w *desired.State) { w.OriginalMTU = 1500 })
	for name, tc := range map[string]struct {
		reason   string
		observed host.Observed
		want     Plan
	}{
		"InPod":   {reason: "The link keeps its MTU in a pod, and with it the MTU before.", observed: observed(inPod), want: Plan{InOtherNetNS: true, OriginalMTU: 1500}},
		"Missing": {reason: "A missing link waits for its device.", observed: observed(missing), want: Plan{Problem: desired.Problemf(v1alpha1.ReasonWaitingForDevice, "no link of this host has the MAC address %s yet", testMAC)}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Make(original, desired.Policy{}, tc.observed)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
