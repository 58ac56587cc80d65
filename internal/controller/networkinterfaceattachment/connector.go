// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

type connector struct {
	kube        client.Client
	uncached    client.Reader
	cluster     string
	reserves    eni.Reserves
	namespace   string // of the children of NodeENIs
	stopwatch   *managedresource.Stopwatch
	usage       managedresource.UsageTracker
	clients     *ec2.Clients
	detachRetry time.Duration
	attached    prometheus.Observer
	lost        *lostLinks
}

// Connect returns the external client of an attachment.
func (c *connector) Connect(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (managed.TypedExternalClient[*v1alpha1.NetworkInterfaceAttachment], error) {
	cl, err := managedresource.Connect(ctx, c.usage, c.clients, mg, mg.Spec.ForProvider.Region)
	if err != nil {
		return nil, err
	}
	managedresource.SetFlow(ctx, c.kube, c.namespace, mg)
	return &external{
		kube: c.kube, uncached: c.uncached, ec2: cl, cluster: c.cluster, reserves: c.reserves, now: time.Now, detachRetry: c.detachRetry, stopwatch: c.stopwatch, attached: c.attached, lost: c.lost,
	}, nil
}
