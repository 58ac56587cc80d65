// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// wrapf is Wrapf of crossplane-runtime's errors package, which adds 30 MB of
// dependencies to an initramfs that is unpacked at each boot.
func wrapf(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}
