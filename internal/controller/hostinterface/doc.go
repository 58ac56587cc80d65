// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package hostinterface creates a HostInterface on the node of each attached ENI, which the
// node's agent configures, and blocks the detachment until the agent has released the
// interface. It does not depend on links or drivers. It calls EC2 only to describe the ENI
// and its instance.
package hostinterface
