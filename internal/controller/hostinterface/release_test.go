package hostinterface

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func TestMayDrop(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	node := func(s corev1.ConditionStatus) *corev1.Node {
		return &corev1.Node{Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
			{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionTrue}, {Type: corev1.NodeReady, Status: s},
		}}}
	}
	renewed := func(ago time.Duration) *coordinationv1.Lease {
		at := metav1.NewMicroTime(now.Add(-ago))
		return &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{RenewTime: &at}}
	}
	held := func(change ...func(*v1alpha1.HostInterface)) *v1alpha1.HostInterface {
		h := &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Finalizers: []string{v1alpha1.FinalizerAgent}}}
		h.Status.ObservedGeneration = 1
		for _, fn := range change {
			fn(h)
		}
		return h
	}
	untouched := func(h *v1alpha1.HostInterface) { h.Status = v1alpha1.HostInterfaceStatus{} }

	type args struct {
		h  *v1alpha1.HostInterface
		on host
	}
	cases := map[string]struct {
		reason string
		args   args
		want   string
	}{
		"AgentLetGo": {
			reason: "The agent's word is enough.",
			args:   args{h: &v1alpha1.HostInterface{}, on: host{node: node(corev1.ConditionTrue), lease: renewed(0)}},
			want:   "the agent has let go",
		},
		"Healthy": {
			reason: "While node and agent are healthy the agent is waited for.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionTrue), lease: renewed(0)}},
		},
		"InstanceGone": {
			reason: "A terminated instance holds nothing.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionTrue), lease: renewed(0), instanceGone: true}},
			want:   "the instance is gone",
		},
		"NoAgentEver": {
			reason: "Where no agent ever ran there is nothing to undo.",
			args:   args{h: held(untouched), on: host{node: node(corev1.ConditionTrue)}},
			want:   "no agent has run on the node: there is nothing to undo",
		},
		"NotAnsweredYet": {
			reason: "An agent that runs and has not answered yet may have begun.",
			args:   args{h: held(untouched), on: host{node: node(corev1.ConditionTrue), lease: renewed(0)}},
		},
		"SilentOnHealthyNode": {
			reason: "The clock alone is never enough while the node is healthy.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionTrue), lease: renewed(24 * time.Hour)}},
		},
		"LeaseGoneOnHealthyNode": {
			reason: "An agent that has answered once is waited for on a healthy node, though its Lease is gone.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionTrue)}},
		},
		"NotReadyButAlive": {
			reason: "A node that is not ready is waited for while its agent lives.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionFalse), lease: renewed(time.Minute)}},
		},
		"AtTheBound": {
			reason: "Silence as long as the bound is not longer than it.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionFalse), lease: renewed(5 * time.Minute)}},
		},
		"Dead": {
			reason: "A node that is not ready, whose agent has long been silent, is not waited for.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionUnknown), lease: renewed(5*time.Minute + time.Second)}},
			want:   "the node is not ready and its agent is silent",
		},
		"NeverRenewed": {
			reason: "A Lease that was never renewed is silent.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionFalse), lease: &coordinationv1.Lease{}}},
			want:   "the node is not ready and its agent is silent",
		},
		"NoLease": {
			reason: "A node that is not ready and has no agent is not waited for.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionFalse)}},
			want:   "the node is not ready and its agent has no Lease",
		},
		"NoNode": {
			reason: "A node that is gone is not ready; its agent may still live.",
			args:   args{h: held(), on: host{lease: renewed(time.Minute)}},
		},
		"NoNodeSilent": {
			reason: "A node that is gone and silent is not waited for.",
			args:   args{h: held(), on: host{lease: renewed(time.Hour)}},
			want:   "the node is not ready and its agent is silent",
		},
		"NoCondition": {
			reason: "A node that does not say that it is ready is not.",
			args:   args{h: held(), on: host{node: &corev1.Node{}}},
			want:   "the node is not ready and its agent has no Lease",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := mayDrop(tc.args.h, tc.args.on, 5*time.Minute, now)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nmayDrop(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
