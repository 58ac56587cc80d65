// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package controller sets up the provider's manager and all its controllers.
package controller

import (
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/nodeeni/provider-aws-eni/internal/controller/garbage"
	"github.com/nodeeni/provider-aws-eni/internal/controller/hostinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterfaceattachment"
	"github.com/nodeeni/provider-aws-eni/internal/controller/nodeeni"
	"github.com/nodeeni/provider-aws-eni/internal/controller/nodeeniplan"
	"github.com/nodeeni/provider-aws-eni/internal/controller/objectmetrics"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/controller/providerconfig"
)

// SetupGated adds every controller to the manager, each once its CRDs are established.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	o.SetUp = &options.SetUp{}
	for _, setup := range []func(ctrl.Manager, options.Options) error{
		providerconfig.SetupGated,
		networkinterface.SetupGated,
		networkinterfaceattachment.SetupGated,
		hostinterface.SetupGated,
		nodeeni.SetupGated,
		nodeeniplan.SetupGated,
		garbage.SetupGated,
		objectmetrics.SetupGated,
	} {
		if err := setup(mgr, o); err != nil {
			return err
		}
	}
	return nil
}
