// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

const reasonPlaceChanged event.Reason = "AccountOrRegionChanged"

// places resolves configs to their accounts and regions.
type places interface {
	Place(ctx context.Context, ref ec2.ConfigReference) (ec2.Place, error)
}

// clientsPlaces resolves configs through their EC2 clients.
type clientsPlaces struct{ clients *ec2.Clients }

// Place returns the account of a config and the default region.
func (c clientsPlaces) Place(ctx context.Context, ref ec2.ConfigReference) (ec2.Place, error) {
	cl, err := c.clients.Get(ctx, ref, "")
	if err != nil {
		return ec2.Place{}, err
	}
	return cl.Place(ctx)
}

// recordPlace records in a config's status the account and region it resolves to, and
// sends an event if they changed: objects that were created elsewhere are held. If a config
// cannot be resolved, the record is kept; its users report the cause.
func (r *Reconciler) recordPlace(ctx context.Context, pc apiConfig) error {
	p, err := r.places.Place(ctx, ec2.ConfigReference{Kind: r.kind, Namespace: pc.GetNamespace(), Name: pc.GetName()})
	s := pc.ConfigStatus()
	was := ec2.Place{AccountID: s.AccountID, Region: s.Region}
	if err != nil || p.AccountID == "" || p == was {
		return nil //nolint:nilerr // see above
	}
	s.AccountID, s.Region = p.AccountID, p.Region
	if err := r.client.Status().Update(ctx, pc); err != nil {
		return errors.Wrapf(client.IgnoreNotFound(err), "cannot record the account of %s %q", r.kind, pc.GetName())
	}
	if was.AccountID != "" {
		r.record.Event(pc, event.Warning(reasonPlaceChanged, errors.New(fmt.Sprintf("resolves to %s, previously to %s: objects created there are neither changed nor deleted", p, was))))
	}
	return nil
}
