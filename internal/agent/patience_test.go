// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// origins are the origins of the names of links, by name.
type origins map[string]sysfs.NameOrigin

func (o origins) Origin(name, _ string) sysfs.NameOrigin { return o[name] }

// TestRenamePending observes a link for the first time, and again 100 ms and four seconds
// later. The primary link is up.
func TestRenamePending(t *testing.T) {
	both := func(primary, other sysfs.NameOrigin) origins { return origins{"ens5": primary, "eth0": other} }
	cases := map[string]struct {
		reason  string
		origins origins
		up      bool
		change  []func(*v1alpha1.HostInterface)
		// configured is whether the link is configured after each observation.
		configured [3]bool
	}{
		"Pending":  {reason: "udev has renamed the primary link, and may be about to rename this one.", origins: both(sysfs.NameChanged, sysfs.NameOfKernel), configured: [3]bool{false, false, true}},
		"Name":     {reason: "The agent's rename and a later one of udev would revert each other.", origins: both(sysfs.NameChanged, sysfs.NameOfKernel), change: []func(*v1alpha1.HostInterface){rename("data0")}, configured: [3]bool{false, false, true}},
		"Renamed":  {reason: "udev has renamed the link.", origins: both(sysfs.NameChanged, sysfs.NameChanged), configured: [3]bool{true, true, true}},
		"NoUdev":   {reason: "No program renames links on this host.", origins: both(sysfs.NameOfKernel, sysfs.NameOfKernel), configured: [3]bool{true, true, true}},
		"Up":       {reason: "udev cannot rename a link that is up.", origins: both(sysfs.NameChanged, sysfs.NameOfKernel), up: true, configured: [3]bool{true, true, true}},
		"Unknown":  {reason: "The kernel does not report the origins.", origins: origins{}, configured: [3]bool{true, true, true}},
		"NotAnENI": {reason: "Another program renames its veth links.", origins: origins{"veth1": sysfs.NameChanged, "eth0": sysfs.NameOfKernel}, configured: [3]bool{true, true, true}},
		"Alone":    {reason: "The link itself is not evidence.", origins: origins{"eth0": sysfs.NameOfKernel}, configured: [3]bool{true, true, true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.links.Add(link.Link{Name: "ens5", MAC: mac9, MTU: 9001, Up: true})
			m.links.Add(link.Link{Name: "veth1", MAC: mac2, MTU: 1500, Up: true, Kind: "veth"})
			index := m.links.Add(link.Link{Name: "eth0", MAC: mac1, MTU: 1500, Up: tc.up})
			h := m.openHost()
			h.Names = tc.origins
			r := newHarnessOn(t, h, hif("a", mac1, 1, append(tc.change, mtu(9000))...))
			r.policy.Kinds = []string{link.KindDevice}
			now := time.Now()
			r.now = func() time.Time { return now }
			for i, after := range []time.Duration{0, 100 * time.Millisecond, 4 * time.Second} {
				now = now.Add(after)
				r.reconcile("a")
				s, err := m.links.Snapshot()
				must(t, err)
				for _, l := range s.Links {
					if l.Index == index {
						check(t, tc.reason+" Whether the link has its MTU", tc.configured[i], l.MTU == 9000)
					}
				}
			}
		})
	}
}

// TestDefaultRouteMoves checks a ready link that carries the default route for some time, as
// its metric is the second lowest.
func TestDefaultRouteMoves(t *testing.T) {
	primary := link.Route{LinkIndex: 1, Table: link.TableMain, Destination: netip.MustParsePrefix("0.0.0.0/0"), Metric: 512}
	second := link.Route{LinkIndex: 2, Table: link.TableMain, Destination: primary.Destination, Metric: 514}
	cases := map[string]struct {
		reason string
		after  time.Duration
		change func(*harness)
		want   xpv2.ConditionReason
		ready  corev1.ConditionStatus
	}{
		"Moment":  {reason: "A network manager configures the primary link again.", after: 2 * time.Second, want: v1alpha1.ReasonConfigured, ready: corev1.ConditionTrue},
		"Lasting": {reason: "The primary link has lost its default route.", after: 11 * time.Second, want: v1alpha1.ReasonProtectedInterface, ready: corev1.ConditionFalse},
		"Changed": {reason: "A new spec cannot be applied.", change: func(r *harness) { r.change("a", mtu(8000)) }, want: v1alpha1.ReasonProtectedInterface, ready: corev1.ConditionFalse},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.links.Add(link.Link{Name: "ens5", MAC: mac9, MTU: 9001, Up: true})
			m.links.Add(link.Link{Name: "ens6", MAC: mac1, MTU: 1500})
			m.links.AddDefault(primary)
			m.links.AddDefault(second)
			r := m.newHarness(hif("a", mac1, 1, mtu(9000)))
			now := time.Now()
			r.now = func() time.Time { return now }
			r.reconcile("a")
			check(t, "The reason before", v1alpha1.ReasonConfigured, r.get("a").GetCondition(xpv2.TypeReady).Reason)

			m.links.RemoveDefault(primary)
			must(t, m.links.SetMTU(2, 1500))
			if tc.change != nil {
				tc.change(r)
			}
			r.reconcile("a")
			now = now.Add(tc.after)
			r.reconcile("a")
			got := r.get("a").GetCondition(xpv2.TypeReady)
			check(t, tc.reason+" The reason", tc.want, got.Reason)
			check(t, tc.reason+" Ready", tc.ready, got.Status)
			s, err := m.links.Snapshot()
			must(t, err)
			check(t, "The MTU of a link that carries the default route is not changed", 1500, s.Links[1].MTU)

			m.links.AddDefault(primary)
			r.reconcile("a")
			check(t, "The reason when the primary link has its route again", v1alpha1.ReasonConfigured, r.get("a").GetCondition(xpv2.TypeReady).Reason)
		})
	}
}
