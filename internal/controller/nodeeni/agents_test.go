// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// agentLease returns the Lease of a node's agent, renewed last at a time of the agent's
// clock.
func agentLease(node string, renewed time.Time) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: v1alpha1.AgentLeaseName(node)},
		Spec:       coordinationv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: renewed}, LeaseDurationSeconds: ptr.To[int32](90)},
	}
}

// TestAgentFailures observes a HostInterface of node n1 three times: at once, after
// agentResponseTimeout, and after the agent's Lease has expired.
func TestAgentFailures(t *testing.T) {
	renewed := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	host := func(change ...func(h *v1alpha1.HostInterface)) *v1alpha1.HostInterface {
		h := &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: "h", UID: "u", Generation: 1}, Spec: v1alpha1.HostInterfaceSpec{NodeName: "n1"}}
		for _, fn := range change {
			fn(h)
		}
		return h
	}
	outdated := func(h *v1alpha1.HostInterface) {
		h.Generation = 2
		h.Status.ObservedGeneration = 1
		h.SetConditions(xpv2.Available())
	}
	type observation struct {
		Silent map[string]string
		Again  time.Duration
	}
	none := map[string]string{}
	unknown := map[string]string{"n1": ""}
	silent := map[string]string{"n1": "the agent has not renewed its Lease since 2026-11-28T12:00:00Z: check its pod on the node"}
	absent := map[string]string{"n1": "no agent has run on the node: check that its DaemonSet runs a pod there"}
	cases := map[string]struct {
		reason string
		host   *v1alpha1.HostInterface
		leases []client.Object
		renews bool // between the second observation and the third
		want   []observation
	}{
		"Answered": {
			reason: "The Lease of an agent that has responded is not read, even if it has expired.",
			host: host(outdated, func(h *v1alpha1.HostInterface) {
				h.Status.ObservedGeneration = 2
			}),
			leases: []client.Object{agentLease("n1", renewed)},
			want:   []observation{{none, 0}, {none, 0}, {none, 0}},
		},
		"NeverAnswered": {
			reason: "An agent whose Lease has expired is reported with its last renewal.",
			host:   host(),
			leases: []client.Object{agentLease("n1", renewed)},
			want:   []observation{{none, agentResponseTimeout}, {unknown, leasePoll}, {silent, leasePoll}},
		},
		"Outdated": {
			reason: "An agent that observed an earlier generation may have stopped too.",
			host:   host(outdated),
			leases: []client.Object{agentLease("n1", renewed)},
			want:   []observation{{none, agentResponseTimeout}, {unknown, leasePoll}, {silent, leasePoll}},
		},
		"Renews": {
			reason: "An agent that renews its Lease runs, even if its clock is wrong.",
			host:   host(),
			leases: []client.Object{agentLease("n1", renewed)},
			renews: true,
			want:   []observation{{none, agentResponseTimeout}, {unknown, leasePoll}, {unknown, leasePoll}},
		},
		"NoLease": {
			reason: "A node without a Lease has never had an agent.",
			host:   host(),
			want:   []observation{{none, agentResponseTimeout}, {absent, leasePoll}, {absent, leasePoll}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			scheme := runtime.NewScheme()
			if err := coordinationv1.AddToScheme(scheme); err != nil {
				t.Fatal(err)
			}
			kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(tc.leases...).Build()
			now := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
			a := newAgents(kube, "system", func() time.Time { return now })
			var got []observation
			for i, wait := range []time.Duration{0, agentResponseTimeout, 91 * time.Second} {
				now = now.Add(wait)
				if i == 2 && tc.renews {
					renewal := client.MergeFrom(agentLease("n1", renewed))
					if err := kube.Patch(t.Context(), agentLease("n1", renewed.Add(time.Second)), renewal); err != nil {
						t.Fatal(err)
					}
				}
				s := &state{hosts: map[string]*v1alpha1.HostInterface{"a": tc.host}}
				if err := a.observe(t.Context(), s); err != nil {
					t.Fatal(err)
				}
				got = append(got, observation{s.agentFailures, s.requeueAfter})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nobserve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
