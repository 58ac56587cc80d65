// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"strings"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

func (w *world) create(ctx context.Context, o client.Object) error {
	return w.eventually(ctx, "create "+o.GetName(), func() error {
		// A copy: a failed create may change the object.
		if err := w.kube.Create(ctx, o.DeepCopyObject().(client.Object)); !kerrors.IsAlreadyExists(err) {
			return err
		}
		// An earlier attempt succeeded, or the previous object is still being deleted.
		have := o.DeepCopyObject().(client.Object)
		if err := w.kube.Get(ctx, client.ObjectKeyFromObject(o), have); err != nil {
			return err
		}
		if have.GetDeletionTimestamp() != nil {
			return kerrors.NewConflict(v1alpha1.SchemeGroupVersion.WithResource("").GroupResource(), o.GetName(), nil)
		}
		return nil
	})
}

func (w *world) delete(ctx context.Context, o client.Object) error {
	return w.eventually(ctx, "delete "+o.GetName(), func() error { return client.IgnoreNotFound(w.kube.Delete(ctx, o)) })
}

func (w *world) createNodeENI(ctx context.Context, e modelNodeENI) error {
	o := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: e.name}}
	o.Spec.NodeSelector = map[string]string{groupLabel: e.group}
	o.Spec.SubnetIDs = subnetIDs(e.subnets)
	o.Spec.SecurityGroupIDs = []v1alpha1.SecurityGroupID{testbed.Group}
	o.Spec.DeleteOnTermination = e.deleteOnTermination
	if e.deviceIndex > 0 {
		o.Spec.DeviceIndex = &e.deviceIndex
	}
	if e.count > 0 {
		o.Spec.Count = &e.count
	}
	return w.create(ctx, o)
}

func subnetIDs(ids []string) []v1alpha1.SubnetID {
	out := make([]v1alpha1.SubnetID, len(ids))
	for i, id := range ids {
		out[i] = v1alpha1.SubnetID(id)
	}
	return out
}

func (w *world) deleteNodeENI(ctx context.Context, name string) error {
	return w.delete(ctx, &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: name}})
}

func (w *world) patchNodeENI(ctx context.Context, name string, change func(*v1alpha1.NodeENISpec)) error {
	return w.eventually(ctx, "change NodeENI "+name, func() error {
		o := &v1alpha1.NodeENI{}
		if err := w.kube.Get(ctx, client.ObjectKey{Name: name}, o); err != nil {
			return err
		}
		b := o.DeepCopy()
		change(&o.Spec)
		return w.kube.Patch(ctx, o, client.MergeFrom(b))
	})
}

func (w *world) setSubnets(ctx context.Context, name string, ids []string) error {
	return w.patchNodeENI(ctx, name, func(s *v1alpha1.NodeENISpec) { s.SubnetIDs = subnetIDs(ids) })
}

func (w *world) setCount(ctx context.Context, name string, count int32) error {
	return w.patchNodeENI(ctx, name, func(s *v1alpha1.NodeENISpec) { s.Count = &count })
}

func (w *world) setSelector(ctx context.Context, name, group string) error {
	return w.patchNodeENI(ctx, name, func(s *v1alpha1.NodeENISpec) { s.NodeSelector = map[string]string{groupLabel: group} })
}

func (w *world) setDeleteOnTermination(ctx context.Context, name string, v bool) error {
	return w.patchNodeENI(ctx, name, func(s *v1alpha1.NodeENISpec) { s.DeleteOnTermination = &v })
}

func pairMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: pairNamespace, Name: name}
}

func (w *world) createPair(ctx context.Context, p modelPair, attachmentFirst bool) error {
	o := &ec2v1alpha1.NetworkInterface{ObjectMeta: pairMeta(p.name)}
	o.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID(p.subnet))
	o.Spec.ForProvider.SecurityGroups = []ec2v1alpha1.SecurityGroupID{testbed.Group}
	steps := []func() error{
		func() error { return w.create(ctx, o) },
		func() error { return w.createPairAttachment(ctx, p) },
	}
	if attachmentFirst {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, s := range steps {
		if err := s(); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) createPairAttachment(ctx context.Context, p modelPair) error {
	o := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: pairMeta(p.name)}
	f := &o.Spec.ForProvider
	f.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: p.name}
	f.DeleteOnTermination = p.deleteOnTermination
	if p.byInstance {
		f.InstanceID = new(w.instances[p.node])
	} else {
		f.NodeName = &p.node
	}
	if p.host {
		o.Spec.Host = &v1alpha1.HostConfig{}
	}
	return w.create(ctx, o)
}

func (w *world) deletePairAttachment(ctx context.Context, name string) error {
	return w.delete(ctx, &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: pairMeta(name)})
}

// deletePairs deletes both objects of each pair, the attachment first unless order is 1.
func (w *world) deletePairs(ctx context.Context, names []string, order int) error {
	for _, name := range names {
		objects := []client.Object{&ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: pairMeta(name)}, &ec2v1alpha1.NetworkInterface{ObjectMeta: pairMeta(name)}}
		if order == 1 {
			objects[0], objects[1] = objects[1], objects[0]
		}
		for _, o := range objects {
			if err := w.delete(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// childLabels returns the labels of the children of a NodeENI.
func childLabels(k key) client.MatchingLabels {
	p := strings.Split(string(k), "/")
	return client.MatchingLabels{v1alpha1.LabelNodeENI: p[0], v1alpha1.LabelNode: p[1], v1alpha1.LabelSlot: p[2]}
}

func (w *world) deleteChildAttachment(ctx context.Context, k key) error {
	return w.deleteChild(ctx, k, attachments)
}

func (w *world) deleteChildInterface(ctx context.Context, k key) error {
	return w.deleteChild(ctx, k, networkInterfaces)
}

// deleteChild deletes the objects of a child, which may not exist yet.
func (w *world) deleteChild(ctx context.Context, k key, empty func() client.ObjectList) error {
	return w.eventually(ctx, "delete a child of "+string(k), func() error {
		l := empty()
		if err := w.kube.List(ctx, l, client.InNamespace(testbed.Namespace), childLabels(k)); err != nil {
			return err
		}
		for _, o := range objects(l) {
			if err := w.kube.Delete(ctx, o); client.IgnoreNotFound(err) != nil {
				return err
			}
		}
		return nil
	})
}
