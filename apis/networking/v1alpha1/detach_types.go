// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// A DetachMode selects whether a detach may be forced.
//
// +kubebuilder:validation:Enum=Graceful;ForceAfter
type DetachMode string

const (
	// DetachGraceful detaches without force and without a timeout.
	DetachGraceful DetachMode = "Graceful"

	// DetachForceAfter detaches without force, and forces the detach after a timeout.
	DetachForceAfter DetachMode = "ForceAfter"
)

// A DetachPolicy configures how an ENI is detached from its instance.
//
// +kubebuilder:validation:XValidation:rule="self.mode != 'ForceAfter' || has(self.after)",message="mode ForceAfter needs after, the time to wait for a graceful detach, such as 10m"
// +kubebuilder:validation:XValidation:rule="self.mode == 'ForceAfter' || !has(self.after)",message="after is only used with mode: ForceAfter"
type DetachPolicy struct {
	// Graceful (default): a detach is never forced. ForceAfter: a detach that has not
	// completed after the given time is forced once. According to AWS, a forced detach
	// can make the device index unusable until the instance is stopped and started. Can
	// be changed.
	// +kubebuilder:default=Graceful
	Mode DetachMode `json:"mode"`

	// How long a graceful detach may take before it is forced, at least 1m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m')",message="must be a duration of at least 1m, such as 10m"
	After *metav1.Duration `json:"after,omitempty"`
}
