// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestExisting(t *testing.T) {
	meta := func(deleting bool) metav1.ObjectMeta {
		m := metav1.ObjectMeta{
			Labels:      map[string]string{v1alpha1.LabelNode: "n1", v1alpha1.LabelSlot: "subnet-1"},
			Annotations: map[string]string{v1alpha1.AnnotationNodeUID: "uid-n1"},
		}
		if deleting {
			m.DeletionTimestamp = new(metav1.Now())
		}
		return m
	}
	ni := func(deleting bool) map[string]*ec2v1alpha1.NetworkInterface {
		o := &ec2v1alpha1.NetworkInterface{ObjectMeta: meta(deleting)}
		o.Spec.ForProvider.SubnetID = ptr.To(ec2v1alpha1.SubnetID("subnet-1"))
		o.Status.AtProvider.ID = "eni-1"
		return map[string]*ec2v1alpha1.NetworkInterface{"a": o}
	}
	at := func(deleting bool, status string) map[string]*ec2v1alpha1.NetworkInterfaceAttachment {
		o := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: meta(deleting)}
		o.Spec.ForProvider.NodeName = new("n1")
		o.Status.AtProvider.Status = status
		return map[string]*ec2v1alpha1.NetworkInterfaceAttachment{"a": o}
	}
	unmade := func(m map[string]*ec2v1alpha1.NetworkInterface) map[string]*ec2v1alpha1.NetworkInterface {
		m["a"].Status.AtProvider.ID = ""
		return m
	}
	child := func(attached, deleting bool) []eni.Existing {
		return []eni.Existing{{Name: "a", NodeName: "n1", NodeUID: "uid-n1", SubnetID: "subnet-1", Attached: attached, Deleting: deleting}}
	}

	detached := func(es []eni.Existing) []eni.Existing { es[0].Detached = true; return es }
	detaching := func(es []eni.Existing) []eni.Existing { es[0].Detaching = true; return es }
	retained := func(m map[string]*ec2v1alpha1.NetworkInterface) map[string]*ec2v1alpha1.NetworkInterface {
		m["a"].Annotations[v1alpha1.AnnotationRetainedSince] = "2030-01-02T03:04:05Z"
		return m
	}
	second := func(s state) state {
		for _, ni := range s.interfaces {
			ni.Labels[v1alpha1.LabelSlot] = "subnet-1.1"
		}
		for _, at := range s.attachments {
			at.Labels[v1alpha1.LabelSlot] = "subnet-1.1"
		}
		return s
	}
	atSecond := func(es []eni.Existing) []eni.Existing { es[0].Position = 1; return es }
	cases := map[string]struct {
		reason string
		args   state
		want   []eni.Existing
	}{
		"Nothing":      {reason: "Without objects there are no children."},
		"Both":         {reason: "Two objects of one name are one child.", args: state{interfaces: ni(false), attachments: at(false, "attached")}, want: child(true, false)},
		"Attaching":    {reason: "An ENI that EC2 is attaching is not attached.", args: state{interfaces: ni(false), attachments: at(false, "attaching")}, want: child(false, false)},
		"Unmade":       {reason: "A child whose ENI was never created has none.", args: state{interfaces: unmade(ni(false))}, want: []eni.Existing{{Name: "a", NodeName: "n1", NodeUID: "uid-n1", SubnetID: "subnet-1", Unmade: true, Detached: true}}},
		"ENIAlone":     {reason: "An ENI whose attachment was not made yet is a child.", args: state{interfaces: ni(false)}, want: detached(child(false, false))},
		"Second":       {reason: "The second ENI of a subnet is identified by its slot.", args: second(state{interfaces: ni(false), attachments: at(false, "attached")}), want: atSecond(child(true, false))},
		"SecondOrphan": {reason: "So is its attachment alone.", args: second(state{attachments: at(false, "")}), want: atSecond(child(false, false))},
		"Orphan":       {reason: "An attachment without a NetworkInterface is a child, identified by its labels.", args: state{attachments: at(false, "")}, want: child(false, false)},
		"BothDeleting": {reason: "A child is being deleted if both of its objects are.", args: state{interfaces: ni(true), attachments: at(true, "attached")}, want: detaching(child(true, true))},
		"HalfDeleting": {reason: "A child of which only the NetworkInterface is being deleted is not: the attachment must be deleted too.", args: state{interfaces: ni(true), attachments: at(false, "attached")}, want: child(true, false)},
		"OtherHalf":    {reason: "A child of which only the attachment is being deleted is not: the NetworkInterface must be deleted too.", args: state{interfaces: ni(false), attachments: at(true, "attached")}, want: detaching(child(true, false))},
		"LastHalf":     {reason: "A child whose only object is being deleted is being deleted.", args: state{interfaces: ni(true)}, want: detached(child(false, true))},
		"Retained": {
			reason: "A retained ENI without an attachment has no node.", args: state{interfaces: retained(ni(false))},
			want: []eni.Existing{{Name: "a", SubnetID: "subnet-1", Detached: true, RetainedSince: "2030-01-02T03:04:05Z", LastNodeUID: "uid-n1"}},
		},
		"Retaining": {
			reason: "Until its attachment is deleted it has its node.", args: state{interfaces: retained(ni(false)), attachments: at(true, "attached")},
			want: []eni.Existing{{Name: "a", SubnetID: "subnet-1", NodeName: "n1", NodeUID: "uid-n1", Attached: true, Detaching: true, RetainedSince: "2030-01-02T03:04:05Z"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, existing(&tc.args), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nexisting(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
