// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package nic

import (
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Ethtool requires Linux.
type Ethtool struct{ Reader }

// Open returns an error: ethtool requires Linux.
func Open() (*Ethtool, error) {
	return nil, errors.New("ethtool requires Linux")
}

// Close does nothing.
func (e *Ethtool) Close() error { return nil }
