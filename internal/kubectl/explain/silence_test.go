// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain_test

import (
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/explain"
)

var (
	errNoGroup    = errors.New(`security group "sg-9" does not exist in region "us-east-1"`)
	errOfChildren = errors.New(`1 of 2 network interfaces are not Synced; node n1: security group "sg-9" does not exist in region "us-east-1"`)
)

// now is the time of the tests.
var now = time.Date(2030, 1, 2, 3, 10, 0, 0, time.UTC)

// lease returns a Lease of the provider's namespace that was renewed before now.
func lease(name string, before time.Duration) *coordinationv1.Lease {
	l := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: name}}
	l.Spec.RenewTime, l.Spec.LeaseDurationSeconds = &metav1.MicroTime{Time: now.Add(-before)}, new(int32(90))
	return l
}

// deleted marks an object as being deleted.
func deleted(o metav1.Object) {
	o.SetDeletionTimestamp(&metav1.Time{Time: now.Add(-time.Minute)})
	o.SetFinalizers([]string{"x"})
}

// TestSilence explains network interfaces that wait for an agent or a provider that does not run.
func TestSilence(t *testing.T) {
	const deadAgent, deadProvider = "the agent has not renewed its Lease since 2030-01-02T03:00:00Z: check its pod on the node", "the provider has not renewed its Lease since 2030-01-02T03:00:00Z: check its Deployment"
	agent := func(s *scene) {
		s.leases = []*coordinationv1.Lease{lease("agent-n1", 10*time.Minute), lease("provider-aws-eni", time.Second)}
	}
	provider := func(s *scene) {
		s.leases = []*coordinationv1.Lease{lease("agent-n1", time.Second), lease("provider-aws-eni", 10*time.Minute)}
	}
	cases := map[string]struct {
		reason                 string
		change                 []func(s *scene)
		step, evidence, action string
	}{
		"Ready": {reason: "A Lease that has expired is no problem of an interface that waits for nothing.", change: []func(*scene){agent}},
		"Change": {
			reason: "A change waits for a dead agent.", change: []func(*scene){agent, func(s *scene) { s.hi.Generation = 2 }},
			step: "host", evidence: "the agent has applied generation 1 of 2; " + deadAgent, action: "Check that the agent's DaemonSet runs a pod on the node",
		},
		"OldCondition": {
			reason: "A condition that a dead agent has written is not the cause alone.", change: []func(*scene){agent, func(s *scene) {
				s.hi.Generation = 2
				s.hi.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonNameTaken, "eth1"))
			}},
			step: "host", evidence: "NameTaken: eth1; " + deadAgent, action: "Check that the agent's DaemonSet",
		},
		"Release": {
			reason: "A release waits for a dead agent.", change: []func(*scene){agent, func(s *scene) { deleted(s.at) }},
			step: "attachment", evidence: deadAgent, action: "Check that the agent's DaemonSet",
		},
		"HostInterfaceDeleted": {
			reason: "A HostInterface that is being deleted waits for a dead agent.",
			change: []func(*scene){agent, func(s *scene) {
				deleted(s.hi)
				s.at.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForHost, "the network interface is attached, and its host is not ready: node n1 is applying a change"))
			}},
			step: "host", evidence: "it is being deleted: the agent releases the link, then the provider creates it again while the network interface is attached; " + deadAgent, action: "Check that the agent's DaemonSet",
		},
		"NoHostInterface": {
			reason: "An attached interface without a HostInterface.", change: []func(*scene){agent, func(s *scene) { s.hi.Name = "" }},
			step: "host", evidence: "the HostInterface does not exist yet; " + deadAgent, action: "Check that the agent's DaemonSet",
		},
		"NoAgent": {
			reason: "A node on which no agent has run has no Lease.",
			change: []func(*scene){func(s *scene) {
				s.leases = []*coordinationv1.Lease{lease("provider-aws-eni", time.Second)}
				s.hi.Status = v1alpha1.HostInterfaceStatus{}
			}},
			step: "host", evidence: "the agent on the node has not responded; no agent has run on the node: check that its DaemonSet runs a pod there", action: "Check that the agent's DaemonSet",
		},
		"Reported": {
			reason: "Without the permission to list Leases, the provider's message is evidence.",
			change: []func(*scene){func(s *scene) {
				s.hi.Generation = 2
				s.nodeENI.Status.Attachments = []v1alpha1.NodeENIAttachment{{Name: "c1", NodeID: "n1", Message: deadAgent}}
			}},
			step: "host", evidence: "generation 1 of 2; " + deadAgent, action: "Check that the agent's DaemonSet",
		},
		"Skew": {
			reason: "A clock may differ by a minute.", change: []func(*scene){func(s *scene) {
				s.leases = []*coordinationv1.Lease{lease("agent-n1", 140*time.Second)}
				s.hi.Generation = 2
			}},
			step: "host", evidence: "the agent has applied generation 1 of 2", action: "Check that the agent's DaemonSet",
		},
		"ProviderRelease": {
			reason: "The detach waits for a dead provider.", change: []func(*scene){provider, func(s *scene) { deleted(s.at); s.hi.Name = "" }},
			step: "attachment", evidence: deadProvider, action: "Check the provider's Deployment",
		},
		"ProviderHost": {
			reason: "A HostInterface that does not exist waits for a dead provider.", change: []func(*scene){provider, func(s *scene) { s.hi.Name = "" }},
			step: "host", evidence: "the HostInterface does not exist yet; " + deadProvider, action: "Check the provider's Deployment",
		},
		"Truncated": {
			reason: "The message of a NodeENI whose status does not list all can name the node.", change: []func(*scene){func(s *scene) {
				s.nodeENI.Status.Truncated = true
				s.nodeENI.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonProgressing, "0 of 1 interfaces are ready; node n1: update in progress"))
			}},
			step: "nodeeni", evidence: "nodeeni/data: Ready is False, Progressing: 0 of 1 interfaces are ready; node n1: update in progress", action: "Wait, or fix the cause in the message.",
		},
		"ProviderChange": {
			reason: "A change of the NodeENI waits for a dead provider.", change: []func(*scene){provider, func(s *scene) { s.nodeENI.Generation = 2 }},
			step: "nodeeni", evidence: "the provider has observed generation 1 of 2 of nodeeni/data; " + deadProvider, action: "Check the provider's Deployment",
		},
		"ProviderDeletion": {
			reason: "A deletion of the NodeENI waits for a dead provider.", change: []func(*scene){provider, func(s *scene) { deleted(s.nodeENI) }},
			step: "nodeeni", evidence: "the provider has not begun to release the network interface; " + deadProvider, action: "Check the provider's Deployment",
		},
		"OtherCause": {
			reason: "If each step is done, the NodeENI has the cause.", change: []func(*scene){func(s *scene) {
				s.nodeENI.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonProgressing, "0 of 1 interfaces are ready; node n1: update in progress"))
				s.nodeENI.Status.Attachments = []v1alpha1.NodeENIAttachment{{Name: "c1", NodeID: "n1", Message: "update in progress"}}
			}},
			step: "nodeeni", evidence: "nodeeni/data: Ready is False, Progressing: update in progress", action: "Wait, or fix the cause in the message.",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			for _, change := range tc.change {
				change(s)
			}
			all, err := s.explain(t, "node/n1")
			if err != nil || len(all) != 1 {
				t.Fatalf("%d explanations, %v", len(all), err)
			}
			step, evidence, action := failed(all[0])
			if step != tc.step || !strings.HasSuffix(evidence, tc.evidence) || !strings.HasPrefix(action, tc.action) || (tc.action == "") != (action == "") {
				t.Errorf("\n%s\nwant step %q: %s\nwhat to do: %s\ngot\n%s", tc.reason, tc.step, tc.evidence, tc.action, explain.Text(all))
			}
		})
	}
}

// TestRelease explains the release of network interfaces whose node or NodeENI is not the cause that the release
// does not end.
func TestRelease(t *testing.T) {
	inUse := func(s *scene) {
		deleted(s.at)
		s.hi.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForPods, "link ens7 is in use by link mv0"))
	}
	deselect := func(s *scene) { delete(s.node.Labels, "role") }
	held := v1alpha1.NotReady(v1alpha1.ReasonRolloutHeld, "2 Ready nodes no longer match: held until they match again or spec.rollout.maxUnavailable is set, such as 25%")
	cases := map[string]struct {
		reason                 string
		change                 []func(s *scene)
		step, evidence, action string
		has                    string // another line
	}{
		"Deselected":       {reason: "The release after a deselection waits for pods.", change: []func(*scene){deselect, inUse}, step: "attachment", evidence: "WaitingForPods: link ens7 is in use by link mv0", action: "Delete the pods", has: "✓ selector"},
		"NodeDeleted":      {reason: "The release of a deleted node waits for pods.", change: []func(*scene){func(s *scene) { s.node.Name = "" }, inUse}, step: "attachment", evidence: "WaitingForPods", action: "Delete the pods", has: "✓ node"},
		"NodeENI":          {reason: "The release of a deleted NodeENI waits for pods.", change: []func(*scene){func(s *scene) { deleted(s.nodeENI) }, inUse}, step: "attachment", evidence: "WaitingForPods", action: "Delete the pods", has: "the NodeENI is being deleted since 2030-01-02T03:09:00Z"},
		"Detach":           {reason: "After the host, EC2 detaches.", change: []func(*scene){deselect, func(s *scene) { deleted(s.at); s.hi.Name = "" }}, step: "attachment", evidence: "it is being deleted, and the host has no HostInterface of it", action: "Wait."},
		"Delete":           {reason: "After the detach, EC2 deletes.", change: []func(*scene){deselect, func(s *scene) { deleted(s.ni); s.at.Name, s.hi.Name = "", ""; s.ni.SetConditions(xpv2.Deleting()) }}, step: "network interface", evidence: "Ready is False, Deleting", action: "Wait. If it does not end, read the log"},
		"Orphan":           {reason: "The attachment was deleted without its finalizer.", change: []func(*scene){func(s *scene) { deleted(s.hi); s.at.Name = "" }}, step: "host", evidence: "it is being deleted", action: "Check that the agent's DaemonSet"},
		"NotYet":           {reason: "A deselected node waits for the nodes before it.", change: []func(*scene){deselect}, step: "selector", evidence: "the provider releases the network interface, from at most spec.rollout.maxUnavailable nodes at a time", action: "Wait."},
		"Held":             {reason: "A held rollout names the reason and the field.", change: []func(*scene){deselect, func(s *scene) { s.nodeENI.SetConditions(held) }}, step: "selector", evidence: `the node has no label role, which must be "data"; nodeeni/data: Ready is False, RolloutHeld: 2 Ready nodes no longer match`, action: "Correct nodeSelector or the nodes' labels. If the change is intended, set spec.rollout.maxUnavailable"},
		"PausedNodeENI":    {reason: "The deletion of a paused NodeENI waits.", change: []func(*scene){func(s *scene) { deleted(s.nodeENI); s.nodeENI.SetConditions(xpv2.ReconcilePaused()) }}, step: "plan", evidence: "the network interface remains as it is: the deletion of the NodeENI waits; nodeeni/data: ReconcilePaused", action: "Remove the annotation", has: "the NodeENI is being deleted since"},
		"PausedDeselected": {reason: "A paused NodeENI releases nothing of a deselected node.", change: []func(*scene){deselect, func(s *scene) { s.nodeENI.SetConditions(xpv2.ReconcilePaused()) }}, step: "selector", evidence: "nodeeni/data: ReconcilePaused", action: "Remove the annotation"},
		"PausedChild":      {reason: "The deletion of a paused object waits.", change: []func(*scene){func(s *scene) { deleted(s.at); s.at.SetConditions(xpv2.ReconcilePaused()) }}, step: "attachment", evidence: "ReconcilePaused: the annotation crossplane.io/paused is set: the provider changes nothing until it is removed; it is being deleted since 2030-01-02T03:09:00Z", action: "Remove the annotation"},
		"Clean": {
			reason: "A deleted NodeENI without network interfaces has its own advice.",
			change: []func(*scene){func(s *scene) {
				deleted(s.nodeENI)
				s.ni.Name, s.at.Name, s.hi.Name = "", "", ""
				s.nodeENI.SetConditions(xpv2.Deleting())
			}},
			step: "plan", evidence: "nodeeni/data: Ready is False, Deleting", action: "Wait. If it does not finish, see A NodeENI stays Deleting.",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			for _, change := range tc.change {
				change(s)
			}
			all, err := s.explain(t, "neni/data")
			if err != nil || len(all) != 1 {
				t.Fatalf("%d explanations, %v", len(all), err)
			}
			step, evidence, action := failed(all[0])
			text := explain.Text(all)
			if step != tc.step || !strings.Contains(evidence, tc.evidence) || !strings.HasPrefix(action, tc.action) || !strings.Contains(text, tc.has) {
				t.Errorf("\n%s\nwant step %q: %s\nwhat to do: %s\nand %q\ngot\n%s", tc.reason, tc.step, tc.evidence, tc.action, tc.has, text)
			}
		})
	}
}

// TestAdvice verifies that the advice is from the table of the object, and that steps after the cause have no
// marks of their own.
func TestAdvice(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(s *scene)
		has    []string
		hasNo  string
	}{
		"MissingInEC2": {
			reason: "The command names the object and the ENI.",
			change: func(s *scene) {
				s.ni.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonMissingInEC2, "EC2 did not return eni-1"))
			},
			has: []string{"kubectl annotate eni,enia -n system c1 networking.k8s.aws/confirm-deleted=eni-1"},
		},
		"SecurityGroup": {
			reason: "The provider reports an unknown security group as NotFound.",
			change: func(s *scene) {
				s.ni.SetConditions(xpv2.ReconcileError(errNoGroup), v1alpha1.NotReady(v1alpha1.ReasonNotFound, errNoGroup.Error()))
				s.nodeENI.SetConditions(xpv2.ReconcileError(errOfChildren))
			},
			has: []string{"What to do: Specify groups of the subnet's VPC"}, hasNo: "· plan",
		},
		"NotReadyNode": {
			reason: "A node that is not ready is evidence.",
			change: func(s *scene) {
				s.node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionUnknown, LastTransitionTime: metav1.Time{Time: now}}}
			},
			has: []string{"! node n1 is NotReady since 2030-01-02T03:10:00Z"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			tc.change(s)
			all, err := s.explain(t, "node/n1")
			if err != nil {
				t.Fatal(err)
			}
			text := explain.Text(all)
			for _, want := range tc.has {
				if !strings.Contains(text, want) {
					t.Errorf("\n%s\nno %q in\n%s", tc.reason, want, text)
				}
			}
			if tc.hasNo != "" && strings.Contains(text, tc.hasNo) {
				t.Errorf("\n%s\n%q in\n%s", tc.reason, tc.hasNo, text)
			}
		})
	}
}
