// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
)

// observePool reads which prefixes of a pool can be unassigned, if there are too many. It
// reads from the API server: the agent of the node lists an idle prefix until it has
// observed that the prefix is not assigned, and uses no listed prefix. A cached list could
// contain a prefix that EC2 has assigned again, and that pods use.
func (e *external) observePool(ctx context.Context, mg *v1alpha1.NetworkInterface, id string) error {
	e.wanted.pooled = mg.GetAnnotations()[networkingv1alpha1.AnnotationPrefixPool] != ""
	if !e.wanted.pooled || len(eniview.IPv4Prefixes(e.seen)) <= int(ptr.Deref(e.wanted.parameters.IPv4PrefixCount, 0)) {
		return nil
	}
	h := &networkingv1alpha1.HostInterface{}
	// The objects of one ENI of a NodeENI have one name.
	err := e.uncached.Get(ctx, client.ObjectKey{Name: networkingv1alpha1.HostInterfaceName(mg.GetNamespace(), mg.GetName())}, h)
	if client.IgnoreNotFound(err) != nil {
		return errors.Wrap(err, "cannot get the HostInterface, which lists idle prefixes")
	}
	if err == nil && h.Spec.NetworkInterfaceID == id && h.Status.Network != nil {
		e.wanted.idlePrefixes = h.Status.Network.IdleIPv4Prefixes
	}
	return nil
}
