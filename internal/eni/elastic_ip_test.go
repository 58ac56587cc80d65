// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// publicAddress sets the public address of an ENI.
func publicAddress(associationID, allocationID string) func(n *eni.Interface) {
	return func(n *eni.Interface) {
		n.Association = &eni.Association{PublicIP: "203.0.113.1", ID: associationID, AllocationID: allocationID}
	}
}

func TestAllowElasticIP(t *testing.T) {
	owner := eni.Actor{Cluster: "c", Namespace: "ns", Name: "one", UID: "uid"}
	associated := owner
	associated.AllocationID = "eipalloc-1"
	attacher := eni.Actor{Cluster: "c", Namespace: "ns", Name: "at", UID: "uid", Attaches: true}
	cases := map[string]struct {
		reason string
		actor  eni.Actor
		action eni.Action
		eni    eni.Interface
		want   string
	}{
		"Associate":            {reason: "An ENI without a public address gets an Elastic IP.", actor: owner, action: eni.ActionAssociate, eni: ours()},
		"AssociateAttached":    {reason: "So does an attached ENI.", actor: owner, action: eni.ActionAssociate, eni: ours(attachedAt(1, 0))},
		"AssociateForeign":     {reason: "EC2 would replace an Elastic IP that another actor associated.", actor: owner, action: eni.ActionAssociate, eni: ours(publicAddress("eipassoc-1", "eipalloc-1")), want: "the primary private address of network interface eni-1 has the public address 203.0.113.1"},
		"AssociateOwn":         {reason: "An own association ends first.", actor: associated, action: eni.ActionAssociate, eni: ours(publicAddress("eipassoc-1", "eipalloc-1")), want: "the primary private address of network interface eni-1 has the public address 203.0.113.1"},
		"AssociateAssigned":    {reason: "EC2 would release a public address that it assigned.", actor: owner, action: eni.ActionAssociate, eni: ours(publicAddress("", "")), want: "the primary private address of network interface eni-1 has the public address 203.0.113.1"},
		"AssociateNotOurs":     {reason: "The ENI of another cluster gets no Elastic IP.", actor: owner, action: eni.ActionAssociate, eni: ours(tagged(eni.TagCluster, "d")), want: `network interface eni-1 belongs to cluster "d" (tag networking.k8s.aws/cluster), not to "c"`},
		"AssociateByAttacher":  {reason: "An attachment associates nothing.", actor: attacher, action: eni.ActionAssociate, eni: ours(), want: "a NetworkInterfaceAttachment does not change the Elastic IP of network interface eni-1"},
		"Disassociate":         {reason: "An object ends the association that it made.", actor: associated, action: eni.ActionDisassociate, eni: ours(publicAddress("eipassoc-1", "eipalloc-1"))},
		"DisassociateForeign":  {reason: "An association of another Elastic IP stays.", actor: associated, action: eni.ActionDisassociate, eni: ours(publicAddress("eipassoc-2", "eipalloc-2")), want: "the public address 203.0.113.1 of network interface eni-1 was not associated by this object"},
		"DisassociateUnknown":  {reason: "Without a record no association ends.", actor: owner, action: eni.ActionDisassociate, eni: ours(publicAddress("eipassoc-1", "eipalloc-1")), want: "the public address 203.0.113.1 of network interface eni-1 was not associated by this object"},
		"DisassociateAssigned": {reason: "A public address that EC2 assigned stays, also without a record.", actor: owner, action: eni.ActionDisassociate, eni: ours(publicAddress("", "")), want: "the public address 203.0.113.1 of network interface eni-1 was not associated by this object"},
		"DisassociateNothing":  {reason: "Without an association there is nothing to end.", actor: associated, action: eni.ActionDisassociate, eni: ours(), want: "network interface eni-1 has no Elastic IP"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p, refused := eni.Allow(tc.actor, tc.action, tc.eni)
			got := ""
			if refused != nil {
				got = refused.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nAllow(...): -want, +got:\n%s", tc.reason, diff)
			}
			if covers := p.CoversAssociation("eipassoc-1") != ""; covers != (name == "Disassociate") {
				t.Errorf("\n%s\nCoversAssociation(...): %t", tc.reason, covers)
			}
		})
	}
}

func TestAssignElasticIPs(t *testing.T) {
	free := func(ids ...string) []eni.ElasticIP {
		var out []eni.ElasticIP
		for _, id := range ids {
			out = append(out, eni.ElasticIP{AllocationID: id})
		}
		return out
	}
	at := func(id, eniID string) eni.ElasticIP {
		return eni.ElasticIP{AllocationID: id, NetworkInterfaceID: eniID}
	}
	child := func(id, name string) eni.ElasticIPHolder {
		return eni.ElasticIPHolder{AllocationID: id, Name: "system/" + name, Child: name}
	}
	other := func(id, name string) eni.ElasticIPHolder { return eni.ElasticIPHolder{AllocationID: id, Name: name} }
	associated := func(h eni.ElasticIPHolder) eni.ElasticIPHolder { h.Associated = true; return h }
	later := func(h eni.ElasticIPHolder) eni.ElasticIPHolder { h.Created = time.Unix(1, 0); return h }
	cases := map[string]struct {
		reason   string
		pool     []eni.ElasticIP
		children []string
		holders  []eni.ElasticIPHolder
		want     []string // by child
		without  []string
	}{
		"New":       {reason: "Children get the addresses in the order of both.", pool: free("x", "y", "z"), children: []string{"a", "b"}, want: []string{"x", "y"}},
		"TooSmall":  {reason: "With fewer addresses than children, the last children get none.", pool: free("x"), children: []string{"a", "b", "c"}, want: []string{"x", "", ""}, without: []string{"b", "c"}},
		"Empty":     {reason: "An empty pool has nothing to assign.", children: []string{"a"}, want: []string{""}, without: []string{"a"}},
		"Keep":      {reason: "A child keeps its address, and a new child gets a free one.", pool: free("x", "y"), children: []string{"a", "b"}, holders: []eni.ElasticIPHolder{child("x", "b")}, want: []string{"y", "x"}},
		"KeepUsed":  {reason: "A child keeps the address that is associated with its ENI.", pool: []eni.ElasticIP{at("x", "eni-b"), at("y", "")}, children: []string{"a", "b"}, holders: []eni.ElasticIPHolder{associated(child("x", "b"))}, want: []string{"y", "x"}},
		"KeepStale": {reason: "A child keeps the address that its ENI has, although the list of addresses is older.", pool: []eni.ElasticIP{at("x", "eni-old")}, children: []string{"a"}, holders: []eni.ElasticIPHolder{associated(child("x", "a"))}, want: []string{"x"}},
		"Lost":      {reason: "A child whose address is associated with another ENI gets another address.", pool: []eni.ElasticIP{at("x", "eni-foreign"), at("y", "")}, children: []string{"a"}, holders: []eni.ElasticIPHolder{child("x", "a")}, want: []string{"y"}},
		"Removed":   {reason: "An address that is no longer in the pool is not kept.", pool: free("y"), children: []string{"a"}, holders: []eni.ElasticIPHolder{child("x", "a")}, want: []string{"y"}},
		"Foreign":   {reason: "An address that is associated with another ENI is not assigned.", pool: []eni.ElasticIP{at("x", "eni-foreign")}, children: []string{"a"}, want: []string{""}, without: []string{"a"}},
		"Released":  {reason: "The address of a child that is being released is not free.", pool: free("x"), children: []string{"a"}, holders: []eni.ElasticIPHolder{other("x", "system/released")}, want: []string{""}, without: []string{"a"}},
		"OtherPool": {reason: "The address in the spec of another pool's child is skipped.", pool: free("x", "y"), children: []string{"a"}, holders: []eni.ElasticIPHolder{other("x", "system/other")}, want: []string{"y"}},
		"Twice":     {reason: "Of two objects with one address, the older keeps it.", pool: free("x", "y"), children: []string{"a"}, holders: []eni.ElasticIPHolder{later(child("x", "a")), other("x", "zz/older")}, want: []string{"y"}},
		"TwiceUsed": {reason: "The object with whose ENI the address is associated keeps it.", pool: []eni.ElasticIP{at("x", "eni-a"), at("y", "")}, children: []string{"a"}, holders: []eni.ElasticIPHolder{later(associated(child("x", "a"))), other("x", "zz/older")}, want: []string{"x"}},
		"TwoOfOne":  {reason: "A child has at most one address.", pool: free("x", "y"), children: []string{"a", "b"}, holders: []eni.ElasticIPHolder{child("x", "a"), child("y", "a")}, want: []string{"x", ""}, without: []string{"b"}},
		"Restored":  {reason: "A child whose spec lost the address of its ENI gets it back.", pool: []eni.ElasticIP{at("x", ""), at("y", "eni-a")}, children: []string{"a", "b"}, want: []string{"y", "x"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			children := make([]eni.Child, len(tc.children))
			enis := map[string]string{}
			for i, c := range tc.children {
				children[i].Name, enis[c] = c, "eni-"+c
			}
			without := eni.AssignElasticIPs(tc.pool, children, tc.holders, enis)
			var got []string
			for _, c := range children {
				got = append(got, c.ElasticIP)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nAssignElasticIPs(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.without, without); diff != "" {
				t.Errorf("\n%s\nAssignElasticIPs(...): without: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
