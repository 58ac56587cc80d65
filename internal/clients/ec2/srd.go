// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// EnaSrdSpecification returns an ENA Express setting of a spec as a parameter of EC2's
// actions.
func EnaSrdSpecification(s *networkingv1alpha1.EnaSrdSpecification) *ec2types.EnaSrdSpecification {
	out := &ec2types.EnaSrdSpecification{EnaSrdEnabled: s.EnaSrdEnabled}
	if u := s.EnaSrdUdpSpecification; u != nil {
		out.EnaSrdUdpSpecification = &ec2types.EnaSrdUdpSpecification{EnaSrdUdpEnabled: u.EnaSrdUdpEnabled}
	}
	return out
}
