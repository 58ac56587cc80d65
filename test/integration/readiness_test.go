// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

const startupTaint = "networking.k8s.aws/not-ready"

// TestReadiness follows the label, the condition and the startup taint of a node that two
// NodeENIs select, through the loss of an interface, a boot, and a restart of the provider.
func TestReadiness(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	n := e.node("node-a")
	other := e.nodeIn("node-b", testbed.SubnetNodesA, "ng", "none")
	for _, o := range []*corev1.Node{n, other} {
		e.update(o, func(o *corev1.Node) {
			o.Spec.Taints = append(o.Spec.Taints, corev1.Taint{Key: startupTaint, Effect: corev1.TaintEffectNoSchedule}, corev1.Taint{Key: "example.org/foreign", Effect: corev1.TaintEffectNoSchedule})
		})
	}
	readiness := "  subnetIDs: [%s]\n  readiness: {startupTaint: " + startupTaint + "}\n"
	e.apply(head("one") + fmt.Sprintf(readiness, dataSubnet))
	e.apply(head("two") + fmt.Sprintf(readiness, secondSubnet))

	t.Log("without an agent the node is not ready, and the condition has the cause")
	e.eventually(40*time.Second, e.nodeState("node-a", "NotConfigured", "NotConfigured", true))

	t.Log("with both NodeENIs ready, the taint is removed; foreign taints and other nodes are not changed")
	e.goRun(func(ctx context.Context) error { return testbed.FakeAgent{}.Run(ctx, e.kube) })
	e.eventually(40*time.Second, e.nodeState("node-a", "AllReady", "AllReady", false))
	now := &corev1.Node{}
	if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "node-b"}, now); err != nil {
		t.Fatal(err)
	}
	if len(now.Spec.Taints) != len(other.Spec.Taints) || len(now.Labels[v1alpha1.ReadinessKey("one")]) > 0 {
		t.Errorf("A node that is not selected keeps its taints, and gets no label: %v, %v", now.Spec.Taints, now.Labels)
	}

	t.Log("a restart of the provider writes nothing to the node")
	if err := e.kube.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
		t.Fatal(err)
	}
	e.provider.stop()
	e.provider = e.startProvider(nil)
	e.consistently(10*time.Second, func() error {
		now := &corev1.Node{}
		if err := e.kube.Get(t.Context(), client.ObjectKeyFromObject(n), now); err != nil {
			return err
		}
		if now.ResourceVersion != n.ResourceVersion {
			return fmt.Errorf("the node was written: %v", now)
		}
		return nil
	})

	t.Log("after a boot the node is not ready until its agent has configured the interfaces")
	e.updateStatus(n, func(o *corev1.Node) { o.Status.NodeInfo.BootID = "second" })
	e.setBoot("one", "first")
	e.eventually(15*time.Second, e.nodeState("node-a", "Rebooted", "AllReady", false))
	e.setBoot("one", "second")
	e.eventually(15*time.Second, e.nodeState("node-a", "AllReady", "AllReady", false))

	t.Log("a deleted NodeENI leaves neither its label nor its condition")
	e.delete(e.nodeENI("one"))
	e.eventually(30*time.Second, e.nodeState("node-a", "", "AllReady", false))
	e.change("two", func(s *v1alpha1.NodeENISpec) { s.Readiness = nil })
	e.eventually(15*time.Second, e.nodeState("node-a", "", "", false))
}

// nodeState returns a check of the reasons of a node's readiness conditions of the NodeENIs
// one and two, of the labels, which it has exactly where the reason is AllReady, and of the
// startup taint.
func (e *env) nodeState(name, one, two string, tainted bool) func() error {
	return func() error {
		n := &corev1.Node{}
		if err := e.kube.Get(e.t.Context(), client.ObjectKey{Name: name}, n); err != nil {
			return err
		}
		for nodeENI, want := range map[string]string{"one": one, "two": two} {
			got := ""
			for _, c := range n.Status.Conditions {
				if string(c.Type) == v1alpha1.ReadinessKey(nodeENI) {
					got = c.Reason
				}
			}
			if label := n.Labels[v1alpha1.ReadinessKey(nodeENI)]; got != want || (label == "true") != (want == "AllReady") {
				return fmt.Errorf("NodeENI %s: condition %q and label %q, want %q", nodeENI, got, label, want)
			}
		}
		foreign := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == "example.org/foreign" })
		if has := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == startupTaint }); has != tainted || !foreign {
			return fmt.Errorf("the taints are %v", n.Spec.Taints)
		}
		return nil
	}
}

func (e *env) update(n *corev1.Node, f func(*corev1.Node)) {
	e.t.Helper()
	b := n.DeepCopy()
	f(n)
	if err := e.kube.Patch(e.t.Context(), n, client.MergeFrom(b)); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) updateStatus(n *corev1.Node, f func(*corev1.Node)) {
	e.t.Helper()
	b := n.DeepCopy()
	f(n)
	if err := e.kube.Status().Patch(e.t.Context(), n, client.StrategicMergeFrom(b)); err != nil {
		e.t.Fatal(err)
	}
}

// setBoot sets the boot id of a NodeENI's HostInterfaces, as an agent does.
func (e *env) setBoot(nodeENI, boot string) {
	e.t.Helper()
	l := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), l, client.MatchingLabels{v1alpha1.LabelNodeENI: nodeENI}); err != nil {
		e.t.Fatal(err)
	}
	for i := range l.Items {
		b := l.Items[i].DeepCopy()
		l.Items[i].Status.BootID = boot
		if err := e.kube.Status().Patch(e.t.Context(), &l.Items[i], client.MergeFrom(b)); err != nil {
			e.t.Fatal(err)
		}
	}
}

// TestNodeAdmission changes nodes as the provider: the policy admits only changes of
// readiness.
func TestNodeAdmission(t *testing.T) {
	e := newEnv(t, options{noAgents: true, noProvider: true})
	n := e.node("node-a")
	e.update(n, func(n *corev1.Node) {
		n.Spec.Taints = []corev1.Taint{{Key: startupTaint, Effect: corev1.TaintEffectNoSchedule}, {Key: "example.org/foreign", Effect: corev1.TaintEffectNoSchedule}}
	})
	kube, err := client.New(e.cp.As(testbed.ProviderServiceAccount), client.Options{Scheme: e.kube.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		reason string
		change func(n *corev1.Node)
		status bool
		want   string
	}{
		{reason: "A readiness label is allowed.", change: func(n *corev1.Node) { n.Labels[v1alpha1.ReadinessKey("one")] = "true" }},
		{reason: "Another label is not.", change: func(n *corev1.Node) { n.Labels["ng"] = "other" }, want: "changes no labels"},
		{reason: "Nor is its removal.", change: func(n *corev1.Node) { delete(n.Labels, "ng") }, want: "changes no labels"},
		{reason: "A startup taint can be removed.", change: func(n *corev1.Node) { n.Spec.Taints = n.Spec.Taints[1:] }},
		{reason: "A foreign taint cannot.", change: func(n *corev1.Node) { n.Spec.Taints = nil }, want: "removes only taints"},
		{reason: "No taint can be added.", change: func(n *corev1.Node) {
			n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: "networking.k8s.aws/new", Effect: corev1.TaintEffectNoExecute})
		}, want: "adds no taint"},
		{reason: "The taint of a release can.", change: func(n *corev1.Node) {
			n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: v1alpha1.TaintReleasing, Effect: corev1.TaintEffectNoSchedule})
		}},
		{reason: "It cannot have another effect.", change: func(n *corev1.Node) {
			n.Spec.Taints[len(n.Spec.Taints)-1].Effect = corev1.TaintEffectNoExecute
		}, want: "adds no taint"},
		{reason: "Nothing else of the spec can be changed.", change: func(n *corev1.Node) { n.Spec.Unschedulable = true }, want: "changes nothing of nodes"},
		{reason: "Annotations cannot.", change: func(n *corev1.Node) { n.Annotations = map[string]string{"k": "v"} }, want: "changes nothing of nodes"},
		{reason: "A readiness condition is allowed.", status: true, change: func(n *corev1.Node) {
			n.Status.Conditions = append(n.Status.Conditions, corev1.NodeCondition{Type: corev1.NodeConditionType(v1alpha1.ReadinessKey("one")), Status: corev1.ConditionTrue})
		}},
		{reason: "The node's own condition is not.", status: true, change: func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionUnknown }, want: "changes nothing of nodes"},
	}
	e.eventually(15*time.Second, func() error { // policies become effective within seconds
		b := n.DeepCopy()
		cases[1].change(n)
		if err := kube.Patch(t.Context(), n, client.MergeFrom(b), client.DryRunAll); err == nil {
			return errors.New("the policy is not effective")
		}
		return nil
	})
	for _, tc := range cases {
		if err := e.kube.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
			t.Fatal(err)
		}
		b := n.DeepCopy()
		tc.change(n)
		var err error
		if tc.status {
			err = kube.Status().Patch(t.Context(), n, client.StrategicMergeFrom(b))
		} else {
			err = kube.Patch(t.Context(), n, client.MergeFrom(b))
		}
		if (tc.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s Want %q, got %v", tc.reason, tc.want, err)
		}
	}
}
