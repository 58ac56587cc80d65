// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// 1,000 nodes renew their Leases with 33 writes per second. A Lease expires after two
// failed renewals.
const (
	leaseRenewPeriod     = 30 * time.Second
	leaseDurationSeconds = 90
)

// A leaseRenewer renews the Lease that shows the provider that an agent is running to
// release interfaces. It renews only while the agent's loop makes progress: a running
// renewer is no evidence that the loop is not blocked.
type leaseRenewer struct {
	// Client reads Leases from the API server; a cache would list and watch every Lease
	// of the namespace.
	Client client.Client
	// Namespace of the Lease.
	Namespace string
	NodeName  string
	// Identity of the holder.
	Identity string
	Now      func() time.Time
	// Alive reports whether the agent makes progress. Default: always true.
	Alive func() bool

	lease *coordinationv1.Lease
}

// run renews the Lease until the context is done. The Lease then expires: an agent that
// restarts does not release it.
func (l *leaseRenewer) run(ctx context.Context) {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if l.Alive != nil && !l.Alive() {
			log.FromContext(ctx).Info("Not renewing the agent's Lease: no reconcile has finished for too long", "bound", stalledAfter)
			return
		}
		// A lost request must not delay the next one.
		ctx, done := context.WithTimeout(ctx, leaseRenewPeriod)
		defer done()
		if err := l.renew(ctx); err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "cannot renew the agent's Lease, retrying")
		}
	}, leaseRenewPeriod)
}

// renew updates the Lease, and gets it first only after a failed update.
func (l *leaseRenewer) renew(ctx context.Context) error {
	if l.lease == nil {
		if err := l.acquire(ctx); err != nil {
			return err
		}
	}
	next := l.lease.DeepCopy()
	if ptr.Deref(next.Spec.HolderIdentity, "") != l.Identity {
		next.Spec.AcquireTime = &metav1.MicroTime{Time: l.Now()}
		next.Spec.LeaseTransitions = new(ptr.Deref(next.Spec.LeaseTransitions, 0) + 1)
	}
	next.Spec.HolderIdentity = &l.Identity
	next.Spec.LeaseDurationSeconds = ptr.To[int32](leaseDurationSeconds)
	next.Spec.RenewTime = &metav1.MicroTime{Time: l.Now()}
	l.lease = nil
	if err := l.Client.Update(ctx, next); err != nil {
		return errors.Wrapf(err, "cannot update Lease %q", next.Name)
	}
	l.lease = next
	return nil
}

// acquire gets the Lease of an earlier agent, or creates it.
func (l *leaseRenewer) acquire(ctx context.Context) error {
	name := types.NamespacedName{Namespace: l.Namespace, Name: v1alpha1.AgentLeaseName(l.NodeName)}
	lease := &coordinationv1.Lease{}
	err := l.Client.Get(ctx, name, lease)
	if kerrors.IsNotFound(err) {
		lease.Name, lease.Namespace = name.Name, name.Namespace
		if err := l.Client.Create(ctx, lease); err != nil {
			return errors.Wrapf(err, "cannot create Lease %q", name)
		}
	} else if err != nil {
		return errors.Wrapf(err, "cannot get Lease %q", name)
	}
	l.lease = lease
	return nil
}
