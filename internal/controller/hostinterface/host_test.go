// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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
	node := func(s corev1.ConditionStatus) *corev1.Node {
		return &corev1.Node{Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
			{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionTrue}, {Type: corev1.NodeReady, Status: s},
		}}}
	}
	lease := &coordinationv1.Lease{}
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
			args:   args{h: &v1alpha1.HostInterface{}, on: host{node: node(corev1.ConditionTrue), lease: lease}},
			want:   "the agent has released it",
		},
		"Healthy": {
			reason: "While node and agent are healthy the agent is waited for.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionTrue), lease: lease}},
		},
		"InstanceGone": {
			reason: "A terminated instance holds nothing.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionTrue), lease: lease, terminated: true}},
			want:   "the instance is terminated",
		},
		"NoAgentEver": {
			reason: "If no agent has run, there is nothing to release.",
			args:   args{h: held(untouched), on: host{node: node(corev1.ConditionTrue)}},
			want:   "no agent has run on the node, so nothing has to be released",
		},
		"NotAnsweredYet": {
			reason: "A running agent that has not responded may have started.",
			args:   args{h: held(untouched), on: host{node: node(corev1.ConditionTrue), lease: lease}},
		},
		"SilentOnHealthyNode": {
			reason: "The clock alone is never enough while the node is healthy.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionTrue), lease: lease, silent: 24 * time.Hour}},
		},
		"LeaseGoneOnHealthyNode": {
			reason: "An agent that has responded once is waited for on a healthy node, even if its Lease was deleted.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionTrue)}},
		},
		"NotReadyButAlive": {
			reason: "A node that is not ready is waited for while its agent lives.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionFalse), lease: lease, silent: time.Minute}},
		},
		"AtTheBound": {
			reason: "Silence as long as the bound is not longer than it.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionFalse), lease: lease, silent: 5 * time.Minute}},
		},
		"Dead": {
			reason: "A node that is not ready, whose agent has long been silent, is not waited for.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionUnknown), lease: lease, silent: 5*time.Minute + time.Second}},
			want:   "the node is not ready and its agent has not renewed its Lease",
		},
		"NoLease": {
			reason: "A node that is not ready and has no agent is not waited for.",
			args:   args{h: held(), on: host{node: node(corev1.ConditionFalse)}},
			want:   "the node is not ready and its agent has no Lease",
		},
		"NoNode": {
			reason: "A deleted node is not ready; its agent may still run.",
			args:   args{h: held(), on: host{lease: lease, silent: time.Minute}},
		},
		"NoNodeSilent": {
			reason: "A deleted node whose agent does not renew its Lease is not waited for.",
			args:   args{h: held(), on: host{lease: lease, silent: time.Hour}},
			want:   "the node is not ready and its agent has not renewed its Lease",
		},
		"NoCondition": {
			reason: "A node without a Ready condition is not ready.",
			args:   args{h: held(), on: host{node: &corev1.Node{}}},
			want:   "the node is not ready and its agent has no Lease",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := mayDrop(tc.args.h, tc.args.on, 5*time.Minute)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nmayDrop(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
