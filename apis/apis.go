// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package apis contains the API types of this provider.
package apis

import (
	"k8s.io/apimachinery/pkg/runtime"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// AddToScheme adds every kind of this provider to a scheme.
func AddToScheme(s *runtime.Scheme) error {
	if err := ec2v1alpha1.SchemeBuilder.AddToScheme(s); err != nil {
		return err
	}
	return networkingv1alpha1.SchemeBuilder.AddToScheme(s)
}
