// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package networkinterfaceattachment reconciles NetworkInterfaceAttachment objects with
// EC2: each attaches one ENI to one instance, which may be named by its node. The package
// does not configure the interface on the node.
package networkinterfaceattachment
