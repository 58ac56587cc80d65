// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// A RejectedAttachment is the attachment field of provider-upjet-aws's
// NetworkInterface. It is always rejected.
type RejectedAttachment struct {
	// Device index.
	// +optional
	DeviceIndex *int32 `json:"deviceIndex,omitempty"`
	// Id of the instance.
	// +optional
	Instance *string `json:"instance,omitempty"`
	// Network card.
	// +optional
	NetworkCardIndex *int32 `json:"networkCardIndex,omitempty"`
}
