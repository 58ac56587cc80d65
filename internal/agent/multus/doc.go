// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package multus renders the configuration of a network for pods on one link of the node,
// and writes it to the directory from which Multus reads the networks of
// NetworkAttachmentDefinitions without spec.config.
//
//	NetworkAttachmentDefinition data (no config)  ──▶ Multus ──▶ the file whose "name" is data
//	HostInterface (prefixes, MTU, subnet) ──Render──▶ Dir.Write ──▶ the same file
//
// config.go renders a configuration, ranges.go the addresses in it, dir.go reads and writes
// files. The package does not depend on links; its caller passes the name of the link.
package multus
