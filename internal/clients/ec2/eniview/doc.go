// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package eniview reads network interfaces as EC2's describe actions return them:
// addresses, prefixes, security groups and tags in a canonical order and spelling, and
// the facts that package eni decides by. It calls nothing and depends on no controller.
package eniview
