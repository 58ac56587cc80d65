// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// Allows reports whether a resource's management policies include an action.
func Allows(mg resource.Managed, step xpv2.ManagementAction) bool {
	p := mg.GetManagementPolicies()
	return len(p) == 0 || slices.Contains(p, xpv2.ManagementActionAll) || slices.Contains(p, step)
}

// ObserveOnly reports whether a resource's management policies are Observe only.
func ObserveOnly(mg resource.Managed) bool {
	p := mg.GetManagementPolicies()
	return len(p) == 1 && p[0] == xpv2.ManagementActionObserve
}

// Reserve reserves a token for an EC2 action of the next step of a resource, if its
// management policies allow the step.
func Reserve(ctx context.Context, c *ec2.Client, mg resource.Managed, step xpv2.ManagementAction, action string) error {
	if !Allows(mg, step) {
		return nil
	}
	return c.Reserve(ctx, action)
}
