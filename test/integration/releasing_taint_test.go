// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestReleasingTaint releases the interfaces of two NodeENIs from a node, while its agent does
// not release them: the node has the taint until both are released, also after a restart of
// the provider.
func TestReleasingTaint(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	a, b := e.node("node-a"), e.node("node-b")
	e.update(a, func(n *corev1.Node) {
		n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: "example.org/foreign", Effect: corev1.TaintEffectNoSchedule})
	})
	agents, stop := context.WithCancel(t.Context())
	defer stop()
	e.goRun(func(ctx context.Context) error {
		err := testbed.FakeAgent{}.Run(agents, e.kube)
		<-ctx.Done()
		return err
	})
	rollout := "  subnetIDs: [%s]\n  rollout: {maxUnavailable: 100%%, taintEffect: NoSchedule}\n"
	e.apply(head("one") + fmt.Sprintf(rollout, dataSubnet))
	e.apply(head("two") + fmt.Sprintf(rollout, secondSubnet))
	e.eventually(60*time.Second, e.ready("one", 2))
	e.eventually(60*time.Second, e.ready("two", 2))
	if err := e.releasing(map[string]bool{})(); err != nil {
		t.Error(err)
	}
	stop() // each host keeps its interfaces from now on

	t.Log("a deleted NodeENI taints its nodes until they have released the interfaces")
	e.delete(e.nodeENI("two"))
	e.eventually(15*time.Second, e.releasing(map[string]bool{"node-a": true, "node-b": true}))

	t.Log("a deselected node has the taint while one of two NodeENIs releases its interface")
	e.update(a, func(n *corev1.Node) { n.Labels["ng"] = "none" })
	e.eventually(15*time.Second, func() error { return e.releasesFrom("one", "node-a") })
	e.provider.stop()
	e.provider = e.startProvider(nil)
	e.releaseHost("two", "node-b")
	e.eventually(30*time.Second, e.releasing(map[string]bool{"node-a": true}))
	e.releaseHost("two", "node-a")
	e.eventually(30*time.Second, func() error {
		if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "two"}, &v1alpha1.NodeENI{}); !kerrors.IsNotFound(err) {
			return fmt.Errorf("NodeENI two exists: %w", err)
		}
		return nil
	})
	e.consistently(3*time.Second, e.releasing(map[string]bool{"node-a": true}))
	e.releaseHost("one", "node-a")
	e.eventually(15*time.Second, e.releasing(map[string]bool{}))

	t.Log("the taint is removed if it is no longer configured")
	e.update(b, func(n *corev1.Node) { n.Labels["ng"] = "none" })
	e.eventually(15*time.Second, e.releasing(map[string]bool{"node-b": true}))
	e.change("one", func(s *v1alpha1.NodeENISpec) { s.Rollout.TaintEffect = nil })
	e.eventually(15*time.Second, e.releasing(map[string]bool{}))
}

// releasing returns a check of the nodes that have the taint, and of foreign taints.
func (e *env) releasing(want map[string]bool) func() error {
	return func() error {
		l := &corev1.NodeList{}
		if err := e.kube.List(e.t.Context(), l); err != nil {
			return err
		}
		for _, n := range l.Items {
			if has := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == v1alpha1.TaintReleasing }); has != want[n.GetName()] {
				return fmt.Errorf("node %s has the taints %v", n.GetName(), n.Spec.Taints)
			}
			if n.GetName() == "node-a" && !slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == "example.org/foreign" }) {
				return errors.New("a foreign taint was removed")
			}
		}
		return nil
	}
}

// releasesFrom returns an error unless the host interface of a NodeENI on a node is being
// deleted.
func (e *env) releasesFrom(nodeENI, node string) error {
	l := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), l, client.MatchingLabels{v1alpha1.LabelNodeENI: nodeENI, v1alpha1.LabelNode: node}); err != nil {
		return err
	}
	if len(l.Items) != 1 || l.Items[0].GetDeletionTimestamp() == nil {
		return fmt.Errorf("%d host interfaces of %s on %s, not being deleted", len(l.Items), nodeENI, node)
	}
	return nil
}

// releaseHost releases the interface of a NodeENI on a node, as its agent does.
func (e *env) releaseHost(nodeENI, node string) {
	e.t.Helper()
	e.eventually(15*time.Second, func() error { return e.releasesFrom(nodeENI, node) })
	l := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), l, client.MatchingLabels{v1alpha1.LabelNodeENI: nodeENI, v1alpha1.LabelNode: node}); err != nil {
		e.t.Fatal(err)
	}
	for i := range l.Items {
		b := l.Items[i].DeepCopy()
		meta.RemoveFinalizer(&l.Items[i], v1alpha1.FinalizerAgent)
		if err := e.kube.Patch(e.t.Context(), &l.Items[i], client.MergeFrom(b)); err != nil {
			e.t.Fatal(err)
		}
	}
}
