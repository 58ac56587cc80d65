// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// childObjects are the objects with the label of a NodeENI. They must not be changed.
type childObjects struct {
	interfaces  []*ec2v1alpha1.NetworkInterface
	attachments []*ec2v1alpha1.NetworkInterfaceAttachment
	hosts       []*v1alpha1.HostInterface
}

// An objectReader reads the objects of a fleet. They must not be changed: copies of a hundred
// thousand objects would dominate each reconcile.
type objectReader interface {
	// children returns the objects with the label of a NodeENI.
	children(ctx context.Context, nodeENI string) (childObjects, error)
	// nodes returns all nodes of the cluster.
	nodes(ctx context.Context) ([]*corev1.Node, error)
}

// listReader reads with lists of a client, which copy the struct of each object.
type listReader struct {
	client.Reader
}

func (r listReader) children(ctx context.Context, nodeENI string) (childObjects, error) {
	nis, ats, his := &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}, &v1alpha1.HostInterfaceList{}
	for _, l := range []client.ObjectList{nis, ats, his} {
		if err := r.List(ctx, l, client.MatchingFields{indexNodeENI: nodeENI}, client.UnsafeDisableDeepCopy); err != nil {
			return childObjects{}, errors.Wrap(err, "cannot list the children of the NodeENI")
		}
	}
	return childObjects{pointers(nis.Items), pointers(ats.Items), pointers(his.Items)}, nil
}

func (r listReader) nodes(ctx context.Context) ([]*corev1.Node, error) {
	l := &corev1.NodeList{}
	if err := r.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return nil, errors.Wrap(err, "cannot list nodes")
	}
	return pointers(l.Items), nil
}

// pointers returns pointers to the items of a list.
func pointers[T any](items []T) []*T {
	out := make([]*T, len(items))
	for i := range items {
		out[i] = &items[i]
	}
	return out
}

// informerReader reads from the informers of the manager's cache, without a copy.
type informerReader struct {
	interfaces, attachments, hosts, all toolscache.Indexer
}

// newInformerReader returns a reader of the informers of a cache, or nil if they are of another kind than
// client-go's.
func newInformerReader(ctx context.Context, c cache.Cache) (objectReader, error) {
	r := &informerReader{}
	for into, o := range map[*toolscache.Indexer]client.Object{
		&r.interfaces: &ec2v1alpha1.NetworkInterface{}, &r.attachments: &ec2v1alpha1.NetworkInterfaceAttachment{}, &r.hosts: &v1alpha1.HostInterface{}, &r.all: &corev1.Node{},
	} {
		i, err := c.GetInformer(ctx, o, cache.BlockUntilSynced(false))
		if err != nil {
			return nil, errors.Wrapf(err, "cannot get the informer of %T", o)
		}
		informer, ok := i.(toolscache.SharedIndexInformer)
		if !ok {
			return nil, nil //nolint:nilnil // a cache of a test
		}
		*into = informer.GetIndexer()
		if into == &r.all {
			continue
		}
		if err := informer.AddIndexers(toolscache.Indexers{indexNodeENI: indexByNodeENI}); err != nil {
			return nil, errors.Wrapf(err, "cannot index %T by NodeENI", o)
		}
	}
	return r, nil
}

// indexByNodeENI is byNodeENI for informers.
func indexByNodeENI(o any) ([]string, error) {
	obj, ok := o.(client.Object)
	if !ok {
		return nil, errors.Errorf("%T is no API object", o)
	}
	return byNodeENI(obj), nil
}

func (r *informerReader) children(_ context.Context, nodeENI string) (childObjects, error) {
	var out childObjects
	var err error
	if out.interfaces, err = indexed[ec2v1alpha1.NetworkInterface](r.interfaces, nodeENI); err != nil {
		return out, err
	}
	if out.attachments, err = indexed[ec2v1alpha1.NetworkInterfaceAttachment](r.attachments, nodeENI); err != nil {
		return out, err
	}
	out.hosts, err = indexed[v1alpha1.HostInterface](r.hosts, nodeENI)
	return out, err
}

func (r *informerReader) nodes(context.Context) ([]*corev1.Node, error) {
	return typed[corev1.Node](r.all.List()), nil
}

// indexed returns the objects of an informer with the label of a NodeENI.
func indexed[T any](i toolscache.Indexer, nodeENI string) ([]*T, error) {
	found, err := i.ByIndex(indexNodeENI, nodeENI)
	return typed[T](found), errors.Wrap(err, "cannot list the children of the NodeENI")
}

func typed[T any](found []any) []*T {
	out := make([]*T, 0, len(found))
	for _, o := range found {
		if t, ok := o.(*T); ok {
			out = append(out, t)
		}
	}
	return out
}
