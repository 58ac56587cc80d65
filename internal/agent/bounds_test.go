// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// TestOutOfBounds changes a HostInterface to values out of bounds.
func TestOutOfBounds(t *testing.T) {
	r, links, _ := inMemory(t, hif("a", mac1, 1, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5")))
	r.reconcile("a")
	r.checkReady("a", "True Configured: link ens6 is configured")
	before, _ := links.Snapshot()

	r.change("a", func(hi *v1alpha1.HostInterface) { hi.Spec.IPv4Prefixes = []string{"0.0.0.0/0"} })
	r.reconcile("a")
	r.checkReady("a", `False OutOfBounds: spec.ipv4Prefixes: "0.0.0.0/0" is out of bounds: a delegated prefix is a /28 or longer`)
	after, _ := links.Snapshot()
	if diff := cmp.Diff(before, after, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("Values out of bounds do not change the host.\n-want, +got:\n%s", diff)
	}

	r.delete("a")
	r.reconcile("a")
	if r.exists("a") != nil {
		t.Error("A HostInterface with values out of bounds can be released.")
	}
	after, _ = links.Snapshot()
	if l := after.Links[0]; l.Up || len(l.AltNames) > 0 || len(after.Addresses) > 0 || len(after.Routes) > 0 || len(after.Rules) > 0 {
		t.Errorf("A release removes the agent's configuration: %+v", after)
	}
}

// TestAddressMoves exchanges the addresses of two ENIs of a
// node.
func TestAddressMoves(t *testing.T) {
	r, links, _ := inMemory(t,
		hif("a", mac1, 1, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5")),
		hif("b", mac2, 2, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.7")))
	links.Add(link.Link{Name: "ens7", MAC: mac2, MTU: 1500})
	r.reconcile("a", "b")
	r.change("a", addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.7"))
	r.change("b", addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5"))
	r.reconcile("a")
	r.checkReady("a", "False AddressTaken: address 10.0.1.7 of the ENI is not used on link ens6: link ens7 has it; remove it there, or unassign it from the ENI")
	if got := r.tracker.affected(link.Event{Subject: link.SubjectAddress, LinkIndex: 2}); !slices.Contains(got, "a") {
		t.Errorf("The removal of the address affects the HostInterface that waits for it: %v", got)
	}
	r.reconcile("b", "a")
	r.checkReady("a", "True Configured: link ens6 is configured")
	r.checkReady("b", "True Configured: link ens7 is configured")
}
