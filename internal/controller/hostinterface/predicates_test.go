// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// changed returns a copy of an object with a change.
func changed[T client.Object](o T, change func(o T)) client.Object {
	c := o.DeepCopyObject().(T)
	change(c)
	return c
}

func TestPredicates(t *testing.T) {
	at, host := attachment(held), onHost()
	node := onNode("n1", instance1, corev1.ConditionTrue)
	type attachmentOf = ec2v1alpha1.NetworkInterfaceAttachment
	cases := map[string]struct {
		reason string
		p      predicate.Predicate
		was    client.Object
		is     client.Object
		want   bool
	}{
		"AttachmentResync":    {reason: "An attachment that is delivered again is not reconciled.", p: attachmentChanged(), was: at, is: at},
		"AttachmentCondition": {reason: "Its conditions are not projected.", p: attachmentChanged(), was: at, is: changed(at, func(a *attachmentOf) { a.ResourceVersion = "2" })},
		"AttachmentSpec":      {reason: "Its spec is projected.", p: attachmentChanged(), was: at, is: changed(at, func(a *attachmentOf) { a.Generation = 2 }), want: true},
		"AttachmentObserved":  {reason: "The observed state is passed too.", p: attachmentChanged(), was: at, is: changed(at, func(a *attachmentOf) { a.Status.AtProvider.Status = "detached" }), want: true},
		"AttachmentDeleted":   {reason: "An attachment that is being deleted is released.", p: attachmentChanged(), was: at, is: changed(at, func(a *attachmentOf) { a.DeletionTimestamp = new(metav1.Now()) }), want: true},
		"AttachmentUnheld":    {reason: "A hold that was removed is added again.", p: attachmentChanged(), was: at, is: changed(at, func(a *attachmentOf) { a.Finalizers = nil }), want: true},
		"AttachmentTakeOver":  {reason: "The device to take over is projected.", p: attachmentChanged(), was: at, is: changed(at, func(a *attachmentOf) { a.Annotations = map[string]string{v1alpha1.AnnotationTakeOver: "{}"} }), want: true},
		"AttachmentLeft":      {reason: "So is whether the link is left as it is.", p: attachmentChanged(), was: at, is: changed(at, func(a *attachmentOf) { a.Annotations = map[string]string{v1alpha1.AnnotationLeaveHost: "true"} }), want: true},

		"HostReport":   {reason: "A status update of an agent does not pass.", p: hostInterfaceChanged(), was: host, is: changed(host, func(h *v1alpha1.HostInterface) { h.Status.ObservedGeneration = 2 })},
		"HostSpec":     {reason: "A change of the spec by others is undone.", p: hostInterfaceChanged(), was: host, is: changed(host, func(h *v1alpha1.HostInterface) { h.Generation = 2 }), want: true},
		"HostReleased": {reason: "The release by the agent ends the hold on the attachment.", p: hostInterfaceChanged(), was: host, is: changed(host, func(h *v1alpha1.HostInterface) { h.Finalizers = nil }), want: true},

		"NodeHeartbeat": {reason: "A heartbeat is of no concern.", p: nodeChanged(), was: node, is: changed(node, func(n *corev1.Node) { n.Status.Conditions[0].LastHeartbeatTime = metav1.Now() })},
		"NodeUnready":   {reason: "The agent of a node that is not ready may be waited for no longer.", p: nodeChanged(), was: node, is: changed(node, func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionUnknown }), want: true},
		"NodeInstance":  {reason: "A node may be another instance.", p: nodeChanged(), was: node, is: changed(node, func(n *corev1.Node) { n.Spec.ProviderID = "aws:///us-east-1a/" + instance2 }), want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.p.Update(event.UpdateEvent{ObjectOld: tc.was, ObjectNew: tc.is})); diff != "" {
				t.Errorf("\n%s\nUpdate(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	for name, p := range map[string]predicate.Predicate{"attachmentChanged": attachmentChanged(), "hostInterfaceChanged": hostInterfaceChanged(), "nodeChanged": nodeChanged()} {
		if !p.Create(event.CreateEvent{Object: at}) || !p.Delete(event.DeleteEvent{Object: at}) {
			t.Errorf("\nObjects that are created or deleted are reconciled.\n%s(): want Create and Delete to pass", name)
		}
	}
}
