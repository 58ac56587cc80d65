// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package version holds the version of this build.
package version

// Version is set at link time, with -ldflags "-X …/internal/version.Version=…".
//
//nolint:gochecknoglobals // the linker can only set a variable
var Version = "devel"
