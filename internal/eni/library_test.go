// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestAllowLibrary(t *testing.T) {
	const id = "eni-1"
	object := eni.Actor{Cluster: "c", Namespace: "ns", Name: "one", UID: "uid", Adopts: id}
	library := eni.Actor{Library: "team/app"}
	adopting := eni.Actor{Library: "team/app", Adopts: id}
	made := map[string]string{eni.TagLibraryOwner: "team/app", eni.TagUID: "any"}
	cases := map[string]struct {
		reason  string
		actor   eni.Actor
		tags    map[string]string
		primary bool
		want    string
	}{
		"Own":              {reason: "A client changes the ENIs of its owner.", actor: library, tags: made},
		"OtherOwner":       {reason: "A client does not change the ENIs of another owner.", actor: library, tags: map[string]string{eni.TagLibraryOwner: "team/b"}, want: `network interface eni-1 was created by the owner "team/b" of the Go library (tag networking.k8s.aws/library-owner)`},
		"AdoptOtherOwner":  {reason: "Adoption is for ENIs without an owner.", actor: adopting, tags: map[string]string{eni.TagLibraryOwner: "team/b"}, want: `network interface eni-1 was created by the owner "team/b" of the Go library (tag networking.k8s.aws/library-owner)`},
		"Unowned":          {reason: "A client does not change an ENI that it did not create.", actor: library, want: `network interface eni-1 was not created by the owner "team/app" (tag networking.k8s.aws/library-owner), and is not adopted`},
		"AdoptUnowned":     {reason: "A caller may adopt an ENI without an owner.", actor: adopting},
		"AdoptObject":      {reason: "A controller would create the ENI of an object again.", actor: adopting, tags: map[string]string{eni.TagUID: "uid", eni.TagObject: "ns/one"}, want: "network interface eni-1 was created for NetworkInterface ns/one (tag networking.k8s.aws/mr-uid)"},
		"AdoptCluster":     {reason: "An ENI with the tag of a cluster belongs to its provider.", actor: adopting, tags: map[string]string{eni.TagCluster: "c"}, want: `network interface eni-1 belongs to cluster "c" (tag networking.k8s.aws/cluster), not to ""`},
		"OwnOfCluster":     {reason: "A user can write the tag of an owner to an ENI of a cluster, which remains the cluster's.", actor: library, tags: map[string]string{eni.TagCluster: "c", eni.TagLibraryOwner: "team/app"}, want: `network interface eni-1 belongs to cluster "c" (tag networking.k8s.aws/cluster), not to ""`},
		"Object":           {reason: "A NetworkInterface does not change an ENI of the library, even as its external name.", actor: object, tags: made, want: `network interface eni-1 was created by the owner "team/app" of the Go library (tag networking.k8s.aws/library-owner)`},
		"ObjectAttaches":   {reason: "A NetworkInterfaceAttachment does not attach an ENI of the library.", actor: eni.Actor{Cluster: "c", Namespace: "ns", Name: "one", Attaches: true}, tags: made, want: `network interface eni-1 was created by the owner "team/app" of the Go library (tag networking.k8s.aws/library-owner)`},
		"ObjectUntagged":   {reason: "Objects and ENIs without the tag are not affected.", actor: object},
		"OwnPrimary":       {reason: "No tag permits a change of a primary ENI.", actor: library, tags: made, primary: true, want: "network interface eni-1 is the primary network interface of instance i-1"},
		"AdoptPrimary":     {reason: "No adoption permits a change of a primary ENI.", actor: adopting, primary: true, want: "network interface eni-1 is the primary network interface of instance i-1"},
		"AdoptVPCCNI":      {reason: "The VPC CNI would lose the addresses of pods.", actor: adopting, tags: map[string]string{"node.k8s.amazonaws.com/instance_id": "i-1"}, want: "network interface eni-1 is managed by the VPC CNI (tag node.k8s.amazonaws.com/instance_id)"},
		"AdoptAnother":     {reason: "An adoption is of one ENI.", actor: eni.Actor{Library: "team/app", Adopts: "eni-2"}, want: `network interface eni-1 was not created by the owner "team/app" (tag networking.k8s.aws/library-owner), and is not adopted`},
		"LibraryWithoutID": {reason: "An ENI that was not described is not changed.", actor: eni.Actor{Library: "team/app"}, tags: map[string]string{"": ""}, want: "the network interface is not known"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			n := eni.Interface{ID: id, Type: "interface", Tags: tc.tags}
			if _, ok := tc.tags[""]; ok {
				n.ID = ""
			}
			if tc.primary {
				n.Attachment = &eni.Attachment{ID: "eni-attach-1", InstanceID: "i-1"}
			}
			got := ""
			if r := eni.CheckOwner(tc.actor, n); r != nil {
				got = r.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nCheckOwner(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestLibraryTags(t *testing.T) {
	got := eni.LibraryTags("team/app", "uid", map[string]string{"a": "b", eni.TagUID: "forged", eni.TagNoManage: "false"})
	want := map[string]string{"a": "b", eni.TagUID: "uid", eni.TagLibraryOwner: "team/app", eni.TagNoManage: "false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("The ownership tags cannot be overridden.\nLibraryTags(...): -want, +got:\n%s", diff)
	}
}

func TestLibraryUID(t *testing.T) {
	uids := map[string]bool{}
	for _, of := range [][2]string{{"a", "b"}, {"a", "c"}, {"ab", ""}, {"b", "a"}} {
		uids[eni.LibraryUID(of[0], of[1])] = true
	}
	if len(uids) != 4 || !uids[eni.LibraryUID("a", "b")] {
		t.Errorf("A UID is the same for each use of an owner's token, and for no other. LibraryUID(...): got %v", uids)
	}
}
