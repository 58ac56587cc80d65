// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"maps"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

func (w *world) addNode(ctx context.Context, n modelNode) error {
	subnet := testbed.SubnetNodesA
	if n.zone == testbed.ZoneB {
		subnet = testbed.SubnetNodesB
	}
	i, err := w.EC2.AddInstance(ec2emulator.Instance{SubnetID: subnet, Type: instanceType})
	if err != nil {
		return err
	}
	w.instances[n.name] = i.ID
	return w.registerNode(ctx, n.name, "aws:///"+n.zone+"/"+i.ID, nodeLabels(n))
}

func nodeLabels(n modelNode) map[string]string {
	return map[string]string{corev1.LabelTopologyZone: n.zone, corev1.LabelHostname: n.name, groupLabel: n.group}
}

// registerNode creates the Lease of an agent and the Node of a kubelet.
func (w *world) registerNode(ctx context.Context, name, providerID string, labels map[string]string) error {
	if err := w.eventually(ctx, "renew the Lease of the agent of "+name, func() error {
		return testbed.RenewLease(ctx, w.kube, name, time.Now().Add(clockOf(name)))
	}); err != nil {
		return err
	}
	w.mu.Lock()
	w.agents.offsets[name] = clockOf(name)
	w.mu.Unlock()
	if err := w.eventually(ctx, "create node "+name, func() error {
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: maps.Clone(labels)}, Spec: corev1.NodeSpec{ProviderID: providerID}}
		if err := w.kube.Create(ctx, n); !kerrors.IsAlreadyExists(err) {
			return err
		}
		return nil
	}); err != nil {
		return err
	}
	return w.eventually(ctx, "set node "+name+" Ready", func() error { return w.SetNodeReady(ctx, name, corev1.ConditionTrue) })
}

func (w *world) deleteNode(ctx context.Context, name string) error {
	return w.eventually(ctx, "delete node "+name, func() error {
		return client.IgnoreNotFound(w.kube.Delete(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	})
}

func (w *world) registerAgain(ctx context.Context, name string) error {
	n := &corev1.Node{}
	if err := w.eventually(ctx, "get node "+name, func() error { return w.kube.Get(ctx, client.ObjectKey{Name: name}, n) }); err != nil {
		return err
	}
	if err := w.deleteNode(ctx, name); err != nil {
		return err
	}
	return w.registerNode(ctx, name, n.Spec.ProviderID, n.Labels)
}

func (w *world) terminate(ctx context.Context, name string) error {
	w.mu.Lock()
	delete(w.agents.offsets, name) // the agent stops
	w.mu.Unlock()
	return w.eventually(ctx, "terminate the instance of "+name, func() error { // EC2 may have an outage
		_, err := w.operator.TerminateInstances(ctx, &awsec2.TerminateInstancesInput{InstanceIds: []string{w.instances[name]}})
		return err
	})
}

func (w *world) setGroup(ctx context.Context, name, group string) error {
	return w.eventually(ctx, "label node "+name, func() error {
		n := &corev1.Node{}
		if err := w.kube.Get(ctx, client.ObjectKey{Name: name}, n); err != nil {
			return err
		}
		b := n.DeepCopy()
		n.Labels[groupLabel] = group
		return w.kube.Patch(ctx, n, client.MergeFrom(b))
	})
}
