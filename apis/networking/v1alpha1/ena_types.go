// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// An EnaSrdUdpSpecification configures UDP over ENA Express.
type EnaSrdUdpSpecification struct {
	// Whether UDP traffic uses ENA Express too. Requires enaSrdEnabled. EC2's default
	// is false. Can be changed.
	// +optional
	EnaSrdUdpEnabled *bool `json:"enaSrdUdpEnabled,omitempty"`
}

// An EnaSrdSpecification configures ENA Express (Scalable Reliable Datagram).
//
// +kubebuilder:validation:XValidation:rule="!(has(self.enaSrdUdpSpecification) && has(self.enaSrdUdpSpecification.enaSrdUdpEnabled) && self.enaSrdUdpSpecification.enaSrdUdpEnabled) || (has(self.enaSrdEnabled) && self.enaSrdEnabled)",message="enaSrdUdpEnabled needs enaSrdEnabled: true"
type EnaSrdSpecification struct {
	// Whether ENA Express is enabled. Both ends must support it and be in the same
	// zone. EC2's default is false. Can be changed.
	// +optional
	EnaSrdEnabled *bool `json:"enaSrdEnabled,omitempty"`

	// UDP over ENA Express.
	// +optional
	EnaSrdUdpSpecification *EnaSrdUdpSpecification `json:"enaSrdUdpSpecification,omitempty"`
}
