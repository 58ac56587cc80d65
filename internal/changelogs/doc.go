// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package changelogs sends Crossplane's change logs: one entry for each change that the
// provider makes in EC2, to a sidecar that listens on a Unix socket. Entries are queued:
// no reconcile waits for the sidecar. The package does not depend on EC2 or on the
// controllers.
package changelogs
