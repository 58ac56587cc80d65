// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

type connector struct {
	kube     client.Client
	uncached client.Reader
	usage    managedresource.UsageTracker
	clients  *ec2.Clients
	cluster  string
	reserves eni.Reserves
	// namespace of the children of NodeENIs
	namespace string

	stopwatch *managedresource.Stopwatch
	creations *creations
}

// Connect returns the external client of a NetworkInterface.
func (c *connector) Connect(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.TypedExternalClient[*v1alpha1.NetworkInterface], error) {
	cl, err := managedresource.Connect(ctx, c.usage, c.clients, mg, mg.Spec.ForProvider.Region)
	if err != nil {
		return nil, err
	}
	managedresource.SetFlow(ctx, c.kube, c.namespace, mg)
	return &external{kube: c.kube, cached: c.kube, uncached: c.uncached, ec2: cl, cluster: c.cluster, reserves: c.reserves, stopwatch: c.stopwatch, creations: c.creations}, nil
}
