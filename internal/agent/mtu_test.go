// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// TestMTURemoved configures an MTU, another one, and none, with a new agent each
// time, and releases a link with an MTU.
func TestMTURemoved(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1))
	mtuOf := func() int {
		snapshot, err := m.links.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range snapshot.Links {
			if l.Name == "ens6" {
				return l.MTU
			}
		}
		return 0
	}
	has := func(reason string, now, original int32) {
		t.Helper()
		if got := mtuOf(); got != int(now) {
			t.Errorf("\n%s\nThe link has MTU %d, want %d.", reason, got, now)
		}
		if s := r.get("a").Status; s.MTU != now || s.OriginalMTU != original {
			t.Errorf("\n%s\nThe status has MTU %d and original MTU %d, want %d and %d.", reason, s.MTU, s.OriginalMTU, now, original)
		}
	}
	step := func(change func(*v1alpha1.HostInterface)) {
		t.Helper()
		r.change("a", change)
		r = m.newHarness(r.get("a")) // a new agent
		r.reconcile("a")
	}
	without := func(hi *v1alpha1.HostInterface) { hi.Spec.Config.MTU = nil }

	r.reconcile("a")
	has("The driver's default is not changed.", 1500, 0)
	step(mtu(9001))
	has("The MTU before the first change is recorded.", 9001, 1500)
	step(mtu(4000))
	has("The MTU between two changes is not recorded.", 4000, 1500)
	m.links.Fault = func(method string) error {
		if method == "SetMTU" {
			return link.ErrExists
		}
		return nil
	}
	r.change("a", without)
	_, _ = r.Reconcile(t.Context(), request("a"))
	has("The record stays while the kernel rejects the change.", 4000, 1500)
	m.links.Fault = nil
	step(without)
	has("Without an MTU the original MTU is restored.", 1500, 0)
	step(mtu(0))
	has("MTU 0 means no MTU.", 1500, 0)
	step(mtu(9001))
	r.delete("a")
	r.reconcile("a")
	if got := mtuOf(); got != 1500 {
		t.Errorf("\nA release restores the original MTU.\nIt has MTU %d, want 1500.", got)
	}
}
