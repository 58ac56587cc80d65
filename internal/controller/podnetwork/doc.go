// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package podnetwork creates, corrects and deletes the NetworkAttachmentDefinitions of a
// NodeENI. It never changes a NetworkAttachmentDefinition that the NodeENI does not control.
//
// A definition has no configuration: Multus reads it from a file that the agent of each node
// writes. Only the definition of devices that pods request by resource is complete in
// itself.
package podnetwork
