// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pci

import (
	"os"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func finit(_ *os.File, _ bool) error {
	return errors.New("kernel modules require Linux")
}

// Release returns an error: kernel modules require Linux.
func Release() (string, error) {
	return "", errors.New("kernel modules require Linux")
}

func finitHint(_ error, _ bool) string { return "" }
