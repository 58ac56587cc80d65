// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// transientFor is the duration for which the status does not contain a state that leads to
// Ready. EC2 usually creates or attaches an ENI in less. Each write is an event for all
// watchers: Crossplane stops reconciling a composite resource for minutes if its resources
// have too many.
const transientFor = 3 * time.Second

// watchTransient makes PrepareStatus withhold the status of an object in the present
// reconcile while its state is transient. An object that was Ready must show at once that
// it is not.
func watchTransient(ctx context.Context, since *Stopwatch, mg resource.Managed) {
	s, ok := ctx.Value(scopeKey{}).(*scope)
	if !ok || mg.GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.transients = since
}

// withholds reports whether not to write the status of mg: its state is transient, and this
// process has observed it for less than transientFor. If no poll is due before,
// it requeues mg for when the status is to be written.
func withholds(ctx context.Context, since *Stopwatch, mg resource.Managed) bool {
	if meta.WasDeleted(mg) || mg.GetCondition(xpv2.TypeSynced).Status == corev1.ConditionFalse {
		return false
	}
	reason := mg.GetCondition(xpv2.TypeReady).Reason
	if reason != xpv2.ReasonCreating && reason != networkingv1alpha1.ReasonWaitingForNetworkInterface {
		return false
	}
	left := transientFor - since.Unchanged(string(mg.GetUID()), string(reason))
	if left <= 0 {
		return false
	}
	if reason != xpv2.ReasonCreating { // which pollHook polls
		RequeueAfter(ctx, left)
	}
	return true
}
