// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

const (
	// providerNamespace is the provider's namespace by default. Under Crossplane it is another one, in which
	// the objects of the NodeENIs are.
	providerNamespace = "provider-aws-eni-system"

	// providerLease is the name of the Lease that the leader of the provider renews.
	providerLease = "provider-aws-eni"

	// clockSkew is how much the clock of a node may differ from the clock of this computer.
	clockSkew = time.Minute
)

// ReadLeases reads the Leases that the provider and its agents renew, and sets the failures of the fleet and
// its children. Without the permission to list Leases, only failures that the provider has written into the
// status of NodeENIs are known.
func (f *Fleet) ReadLeases(ctx context.Context, c client.Reader, now time.Time) error {
	leases := map[string]*coordinationv1.Lease{}
	for namespace := range f.providerNamespaces() {
		l := &coordinationv1.LeaseList{}
		switch err := c.List(ctx, l, client.InNamespace(namespace)); {
		case kerrors.IsForbidden(err) || kerrors.IsNotFound(err):
			continue
		case err != nil:
			return errors.Wrap(err, "cannot list Leases")
		}
		for i := range l.Items {
			if name := l.Items[i].Name; name == providerLease || strings.HasPrefix(name, v1alpha1.AgentLeaseName("")) {
				leases[name] = &l.Items[i]
			}
		}
	}
	if len(leases) == 0 {
		return nil
	}
	if l := leases[providerLease]; expired(l, now) {
		f.ProviderFailure = "the provider has not renewed its Lease since " + l.Spec.RenewTime.UTC().Format(time.RFC3339) + ": check its Deployment"
	}
	f.each(func(c *Child) {
		c.ProviderFailure, c.AgentFailure = f.ProviderFailure, ""
		switch l := leases[v1alpha1.AgentLeaseName(c.Node)]; {
		case c.Node == "":
		case l == nil:
			c.AgentFailure = v1alpha1.AgentMissingMessage
		case expired(l, now):
			c.AgentFailure = v1alpha1.AgentSilentMessage(l.Spec.RenewTime.Time)
		}
	})
	return nil
}

// providerNamespaces returns the namespaces in which the provider can run.
func (f *Fleet) providerNamespaces() map[string]bool {
	out := map[string]bool{providerNamespace: true}
	f.each(func(c *Child) {
		if c.NodeENI != "" && c.Namespace != "" {
			out[c.Namespace] = true
		}
	})
	return out
}

// each calls do for each child.
func (f *Fleet) each(do func(c *Child)) {
	for _, all := range f.children {
		for i := range all {
			do(&all[i])
		}
	}
}

// expired reports whether a Lease has expired. The renew time is from the clock of a node: a Lease within
// clockSkew has not expired.
func expired(l *coordinationv1.Lease, now time.Time) bool {
	return l != nil && l.Spec.RenewTime != nil && now.Sub(l.Spec.RenewTime.Time) > v1alpha1.LeaseDuration(l)+clockSkew
}

// report adds to the children of a NodeENI what its status states about them.
func (f *Fleet) report(n *v1alpha1.NodeENI) {
	reported := map[string]string{}
	for _, a := range n.Status.Attachments {
		if !a.Ready {
			reported[a.Name] = a.Message
		}
	}
	for i := range f.children[n.Name] {
		c := &f.children[n.Name][i]
		c.Reported = reported[c.Name]
		if v1alpha1.IsAgentFailure(c.Reported) {
			c.AgentFailure = c.Reported
		}
	}
}
