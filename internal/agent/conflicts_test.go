// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

func TestSameMAC(t *testing.T) {
	older, younger := hif("b", mac1, 1), hif("a", mac1, 2)
	r, links, _ := inMemory(t, older, younger)
	r.reconcile("a", "b")
	r.checkReady("b", "True Configured: link ens6 is configured")
	r.checkReady("a", "False InvalidConfig: HostInterface b has the same MAC address; delete one of them")

	r.delete("a")
	r.reconcile("a")
	if s, _ := links.Snapshot(); !s.Links[0].Up {
		t.Error("A HostInterface that never had the link is released without a change of the link.")
	}
}

func TestSameMACReleased(t *testing.T) {
	r, links, _ := inMemory(t, hif("a", mac1, 1), hif("b", mac1, 2))
	r.reconcile("a")
	hold := func(hi *v1alpha1.HostInterface) { hi.Finalizers = append(hi.Finalizers, "example.org/hold") }
	r.change("a", hold)
	r.delete("a")
	r.reconcile("b")
	r.checkReady("b", "False WaitingForDevice: HostInterface a uses the link until it is released")
	r.reconcile("a")
	r.change("a", func(hi *v1alpha1.HostInterface) { hi.Finalizers = nil })
	r.reconcile("a", "b")
	r.checkReady("b", "True Configured: link ens6 is configured")
	s, _ := links.Snapshot()
	if diff := cmp.Diff([]string{"eni-b"}, s.Links[0].AltNames); diff != "" {
		t.Errorf("The link belongs to the younger HostInterface.\n-want, +got:\n%s", diff)
	}
}

func TestSameTable(t *testing.T) {
	old := hif("a", mac1, 1, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5"))
	r, links, i := inMemory(t, old, hif("b", mac2, 1, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.7")))
	links.Add(link.Link{Name: "ens7", MAC: mac2, MTU: 1500})
	r.reconcile("a", "b")
	r.checkReady("b", "False InvalidConfig: HostInterface a has the same device index and network card, and uses their routing table; delete one of them")

	// The first ENI was force-detached, and its device index is reused.
	links.Remove(i)
	r.change("a", func(hi *v1alpha1.HostInterface) { hi.Finalizers = append(hi.Finalizers, "example.org/hold") })
	r.delete("a")
	r.reconcile("b")
	r.checkReady("b", "True Configured: link ens7 is configured")
	r.reconcile("a")
	s, _ := links.Snapshot()
	want := []string{"10.0.1.7/32"}
	got := []string{}
	for _, rule := range s.Rules {
		got = append(got, rule.From.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("The table belongs to its new owner, which has removed stale rules.\n-want, +got:\n%s", diff)
	}
}

func TestAltNameMoves(t *testing.T) {
	r, links, _ := inMemory(t, hif("a", mac1, 1, altNames("blue")), hif("b", mac2, 2))
	links.Add(link.Link{Name: "ens7", MAC: mac2, MTU: 1500})
	r.reconcile("a", "b")

	r.tracker = newTracker() // a new agent
	r.change("a", altNames())
	r.change("b", altNames("blue"))
	r.reconcile("b")
	r.checkReady("b", "False NameTaken: the name blue is in use by link ens6; rename that link (ip link property del dev ens6 altname blue) or configure another name")
	r.reconcile("a")
	if got := r.tracker.affected(link.Event{Subject: link.SubjectLink, LinkIndex: 1}); len(got) != 2 {
		t.Errorf("A change of the link with the name affects both: %v", got)
	}
	r.reconcile("b")
	r.checkReady("b", "True Configured: link ens7 is configured")
}
