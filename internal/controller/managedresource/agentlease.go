// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// AgentLeases reads the Leases that the agents renew.
type AgentLeases struct {
	reader    client.Reader
	namespace string
	stopwatch *Stopwatch
}

// NewAgentLeases returns a reader of the Leases in a namespace. reader is not cached.
func NewAgentLeases(reader client.Reader, namespace string, w *Stopwatch) *AgentLeases {
	return &AgentLeases{reader: reader, namespace: namespace, stopwatch: w}
}

// Get returns the Lease of a node's agent, or nil if it does not exist, and the time since
// its last renewal. This process measures that time: the renew time of the Lease is never
// compared with its clock, because the node's clock may differ.
func (l *AgentLeases) Get(ctx context.Context, node string) (*coordinationv1.Lease, time.Duration, error) {
	lease := &coordinationv1.Lease{}
	key := client.ObjectKey{Namespace: l.namespace, Name: networkingv1alpha1.AgentLeaseName(node)}
	if err := l.reader.Get(ctx, key, lease); kerrors.IsNotFound(err) {
		return nil, 0, nil
	} else if err != nil {
		return nil, 0, errors.Wrapf(err, "cannot get Lease %q of the agent of node %q", key.Name, node)
	}
	return lease, l.stopwatch.Unchanged("lease/"+node, renewal(lease)), nil
}

// renewal returns a text that changes with each renewal of a Lease.
func renewal(l *coordinationv1.Lease) string {
	holder := ptr.Deref(l.Spec.HolderIdentity, "")
	if l.Spec.RenewTime == nil {
		return holder
	}
	return l.Spec.RenewTime.UTC().Format(time.RFC3339Nano) + " " + holder
}
