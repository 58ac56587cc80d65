// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package garbage finds ENIs that have this cluster's ownership tag but belong to no
// object. It reports them and, if configured, deletes them. It is the last safeguard: the
// client token, the ownership tag and the finalizers prevent leaks unless a user removes
// finalizers.
package garbage
