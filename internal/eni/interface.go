// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

// An Interface is an ENI as EC2 last described it.
type Interface struct {
	ID   string
	Tags map[string]string

	// SubnetID is the subnet that the ENI was created in.
	SubnetID string

	// Type in EC2: interface, efa, trunk, nat_gateway and others.
	Type string

	// RequesterManaged is true if an AWS service manages the ENI; Requester
	// is its id.
	RequesterManaged bool
	Requester        string

	// OperatorManaged is true if a service provider manages the ENI on the
	// user's behalf; Operator is its principal.
	OperatorManaged bool
	Operator        string

	// Attachment is nil if the ENI is not attached.
	Attachment *Attachment

	// Association is nil if the primary private IPv4 address has no public address.
	Association *Association
}

// An Attachment is the attachment of an ENI.
type Attachment struct {
	ID         string
	InstanceID string

	// DeviceIndex and NetworkCardIndex are -1 if EC2 returned none.
	DeviceIndex      int32
	NetworkCardIndex int32
}
