// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// writeStatus sets a condition of a config, and the fields that set changes, and updates the status if
// it differs. It reports whether it did.
func writeStatus(ctx context.Context, kube client.Client, kind string, pc apiConfig, c xpv2.Condition, set func(s *v1alpha1.ProviderConfigStatus)) (bool, error) {
	before := pc.ConfigStatus().DeepCopy()
	set(pc.ConfigStatus())
	if before.GetCondition(c.Type).Equal(c) && apiequality.Semantic.DeepEqual(before, pc.ConfigStatus()) {
		return false, nil
	}
	pc.SetConditions(c)
	err := kube.Status().Update(ctx, pc)
	return err == nil, errors.Wrapf(client.IgnoreNotFound(err), "cannot update the status of %s %q", kind, pc.GetName())
}

// warning returns the event about the problem of a condition.
func warning(c xpv2.Condition) event.Event {
	return event.Warning(event.Reason(c.Reason), errors.New(c.Message))
}
