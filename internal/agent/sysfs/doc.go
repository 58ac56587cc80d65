// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package sysfs reads and writes the kernel's attribute files below a root: /sys,
// /proc, or a directory of a test.
//
// It never creates a file: an attribute that the kernel does not have is an error. It
// never follows a symlink out of its root. It does not interpret attributes.
package sysfs
