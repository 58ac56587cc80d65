// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package link

import (
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Namespace is a network namespace, which only Linux has.
type Namespace struct{}

// OpenNamespace returns an error: network namespaces require Linux.
func OpenNamespace(_ string) (*Namespace, error) {
	return nil, errors.New("network namespaces require Linux")
}

// Do calls f.
func (n *Namespace) Do(f func() error) error { return f() }

// Close does nothing.
func (n *Namespace) Close() error { return nil }

// Netlink requires Linux.
type Netlink struct{ Links }

// Open returns an error: netlink requires Linux.
func Open(_ *Namespace) (*Netlink, error) {
	return nil, errors.New("netlink requires Linux")
}

// Close does nothing.
func (l *Netlink) Close() error { return nil }
