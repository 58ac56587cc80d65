// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// OwnerOf returns the NetworkInterface that an ENI's ownership tags name. The API server
// itself, not only the cache, must confirm that the owner does not exist. If the tags
// name the owner incompletely, OwnerOf assumes that it exists.
func OwnerOf(ctx context.Context, cached, uncached client.Reader, tags map[string]string) (eni.ObjectOwner, error) {
	namespace, name, uid, ok := eni.TaggedOwner(tags)
	owner := eni.ObjectOwner{Namespace: namespace, Name: name}
	if uid == "" {
		return owner, nil
	}
	if !ok {
		owner.Lives = true
		return owner, nil
	}
	for _, reader := range []client.Reader{cached, uncached} {
		n := &ec2v1alpha1.NetworkInterface{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, n)
		if client.IgnoreNotFound(err) != nil {
			return owner, errors.Wrapf(err, "cannot get NetworkInterface %q in namespace %q, which owns the network interface", name, namespace)
		}
		if string(n.GetUID()) == uid {
			owner.Lives = true
			return owner, nil
		}
	}
	return owner, nil
}

// AttachmentActor returns the eni.Actor of a NetworkInterfaceAttachment for an ENI with
// the given tags.
func AttachmentActor(ctx context.Context, cached, uncached client.Reader, cluster string, a *ec2v1alpha1.NetworkInterfaceAttachment, tags map[string]string) (eni.Actor, error) {
	actor := eni.Actor{Cluster: cluster, Namespace: a.GetNamespace(), Name: a.GetName(), Attaches: true}
	if ref := a.Spec.ForProvider.InterfaceRef(); ref != nil {
		n := &ec2v1alpha1.NetworkInterface{}
		err := cached.Get(ctx, types.NamespacedName{Namespace: a.GetNamespace(), Name: ref.Name}, n)
		if client.IgnoreNotFound(err) != nil {
			return actor, errors.Wrapf(err, "cannot get NetworkInterface %q", ref.Name)
		}
		actor.UID = string(n.GetUID())
	}
	if uid := tags[eni.TagUID]; uid == "" || uid == actor.UID {
		return actor, nil
	}
	var err error
	actor.Owner, err = OwnerOf(ctx, cached, uncached, tags)
	return actor, err
}
