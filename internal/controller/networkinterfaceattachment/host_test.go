// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// hostOf returns the HostInterface of the attachment that attachTo returns.
func hostOf(change ...func(h *networkingv1alpha1.HostInterface)) *networkingv1alpha1.HostInterface {
	h := &networkingv1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: "ns.at", Generation: 2}}
	h.Spec.NodeName, h.Spec.AttachmentRef.UID = "n1", "uid-at"
	h.Spec.Config = networkingv1alpha1.HostConfig{MTU: new(int32(9001))}
	h.Status.ObservedGeneration = 2
	h.Status.SetConditions(xpv2.Condition{Type: xpv2.TypeReady, Status: corev1.ConditionTrue, Reason: networkingv1alpha1.ReasonConfigured})
	for _, fn := range change {
		fn(h)
	}
	return h
}

func TestHostReady(t *testing.T) {
	configured := func(mg *v1alpha1.NetworkInterfaceAttachment) {
		mg.Spec.Host = &networkingv1alpha1.HostConfig{MTU: new(int32(9001))}
	}
	onNode := func(name string) change {
		return func(mg *v1alpha1.NetworkInterfaceAttachment) {
			mg.Spec.ForProvider.InstanceID, mg.Spec.ForProvider.NodeName = nil, &name
		}
	}
	here := func(changes ...change) *v1alpha1.NetworkInterfaceAttachment {
		return attachTo("eni-here", append([]change{named("eni-attach-here")}, changes...)...)
	}
	type want struct {
		Ready, Host     corev1.ConditionStatus
		ReadyR, HostR   xpv2.ConditionReason
		HostMessageLike string
	}
	cases := map[string]struct {
		reason string
		args   *v1alpha1.NetworkInterfaceAttachment
		host   *networkingv1alpha1.HostInterface
		want   want
	}{
		"NoHost":     {reason: "Without a host configuration, an attached ENI is ready.", args: here(), want: want{Ready: "True", ReadyR: xpv2.ReasonAvailable, Host: "Unknown"}},
		"Configured": {reason: "With one, it is ready with its host.", args: here(configured), host: hostOf(), want: want{Ready: "True", ReadyR: xpv2.ReasonAvailable, Host: "True", HostR: networkingv1alpha1.ReasonConfigured}},
		"Failed": {
			reason: "The reason of the host is the reason of the condition.", args: here(configured),
			host: hostOf(func(h *networkingv1alpha1.HostInterface) {
				h.Status.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonNameTaken, "the name is taken"))
			}),
			want: want{Ready: "False", ReadyR: networkingv1alpha1.ReasonWaitingForHost, Host: "False", HostR: networkingv1alpha1.ReasonNameTaken, HostMessageLike: "the name is taken"},
		},
		"Stale":       {reason: "A state of the previous generation is not the present one.", args: here(configured), host: hostOf(func(h *networkingv1alpha1.HostInterface) { h.Generation = 3 }), want: want{Ready: "False", ReadyR: networkingv1alpha1.ReasonWaitingForHost, Host: "False", HostR: networkingv1alpha1.ReasonProgressing, HostMessageLike: "node n1 is applying a change"}},
		"OtherConfig": {reason: "Nor is the state of another configuration.", args: here(configured), host: hostOf(func(h *networkingv1alpha1.HostInterface) { h.Spec.Config.MTU = new(int32(1500)) }), want: want{Ready: "False", ReadyR: networkingv1alpha1.ReasonWaitingForHost, Host: "False", HostR: networkingv1alpha1.ReasonProgressing, HostMessageLike: "node n1 is applying a change"}},
		"OtherReadiness": {reason: "The extended resource of the node is not a part of it: HostInterfaces of tenants have none.", args: here(configured, func(mg *v1alpha1.NetworkInterfaceAttachment) {
			mg.Spec.Host.Readiness = &networkingv1alpha1.HostReadiness{Resource: "networking.k8s.aws/data", Capacity: 1, Interfaces: 1}
		}), host: hostOf(), want: want{Ready: "True", ReadyR: xpv2.ReasonAvailable, Host: "True", HostR: networkingv1alpha1.ReasonConfigured}},
		"Silent":     {reason: "An agent that has not reported is named by its node.", args: here(configured), host: hostOf(func(h *networkingv1alpha1.HostInterface) { h.Status = networkingv1alpha1.HostInterfaceStatus{} }), want: want{Ready: "False", ReadyR: networkingv1alpha1.ReasonWaitingForHost, Host: "False", HostR: networkingv1alpha1.ReasonWaitingForHost, HostMessageLike: "the agent of node n1 has not reported yet; if this persists, check that its DaemonSet runs a pod there"}},
		"OfPrevious": {reason: "The HostInterface of a deleted attachment of the same name is another one.", args: here(configured), host: hostOf(func(h *networkingv1alpha1.HostInterface) { h.Spec.AttachmentRef.UID = "other" }), want: want{Ready: "False", ReadyR: networkingv1alpha1.ReasonWaitingForHost, Host: "False", HostR: networkingv1alpha1.ReasonWaitingForHost, HostMessageLike: "its HostInterface does not exist yet; if this persists, see the events of this object"}},
		"ByNode":     {reason: "The node may be named.", args: here(configured, onNode("n1")), want: want{Ready: "False", ReadyR: networkingv1alpha1.ReasonWaitingForHost, Host: "False", HostR: networkingv1alpha1.ReasonWaitingForHost, HostMessageLike: "its HostInterface does not exist yet; if this persists, see the events of this object"}},
		"NoNode": {
			reason: "An instance that is not a node has no agent.",
			args: attachTo("eni-elsewhere", named("eni-attach-elsewhere"), configured, func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.Spec.ForProvider.InstanceID = new(instance2)
			}),
			want: want{Ready: "False", ReadyR: networkingv1alpha1.ReasonWaitingForHost, Host: "False", HostR: networkingv1alpha1.ReasonNoNode, HostMessageLike: "instance " + instance2 + " is not a node of this cluster: remove spec.host, or add the instance to the cluster"},
		},
		"Removed": {
			reason: "A condition of a removed host configuration is removed.",
			args: here(func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.SetConditions(networkingv1alpha1.HostReady(corev1.ConditionFalse, networkingv1alpha1.ReasonNameTaken, "a"))
			}),
			want: want{Ready: "True", ReadyR: xpv2.ReasonAvailable, Host: "Unknown"},
		},
		"Detached": {
			reason: "A condition of a detached ENI is removed.",
			args: attachTo("eni-user", configured, observing, func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.SetConditions(networkingv1alpha1.HostReady(corev1.ConditionTrue, networkingv1alpha1.ReasonConfigured, ""))
			}),
			want: want{Ready: "False", ReadyR: networkingv1alpha1.ReasonCreateNotAllowed, Host: "Unknown"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var objects []client.Object
			if tc.host != nil {
				objects = append(objects, tc.host)
			}
			h := newHarness(t, objects)
			if _, err := h.Observe(t.Context(), tc.args); err != nil {
				t.Fatal(err)
			}
			r, c := tc.args.GetCondition(xpv2.TypeReady), tc.args.GetCondition(networkingv1alpha1.TypeHostReady)
			got := want{Ready: r.Status, ReadyR: r.Reason, Host: c.Status, HostR: c.Reason, HostMessageLike: c.Message}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nObserve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestHostReadinessChanged(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   *networkingv1alpha1.HostInterface
		want   bool
	}{
		"Same":       {reason: "A heartbeat is no change.", args: hostOf(func(h *networkingv1alpha1.HostInterface) { h.Status.InterfaceName = "eth1" })},
		"Generation": {reason: "A change of the spec is one.", args: hostOf(func(h *networkingv1alpha1.HostInterface) { h.Generation = 3 }), want: true},
		"Observed":   {reason: "An observation of it is one.", args: hostOf(func(h *networkingv1alpha1.HostInterface) { h.Status.ObservedGeneration = 1 }), want: true},
		"Condition": {reason: "Another reason is one.", args: hostOf(func(h *networkingv1alpha1.HostInterface) {
			h.Status.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonNameTaken, ""))
		}), want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, hostReadinessChanged().Update(event.UpdateEvent{ObjectOld: hostOf(), ObjectNew: tc.args})); diff != "" {
				t.Errorf("\n%s\nUpdate(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
