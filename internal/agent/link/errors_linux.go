// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A kernelError is an error of the kernel with the error of this package that callers
// distinguish. Its text is the kernel's.
type kernelError struct {
	class error
	cause error
}

// Error implements error.
func (e kernelError) Error() string { return e.cause.Error() }

// Unwrap returns the wrapped error.
func (e kernelError) Unwrap() []error { return []error{e.class, e.cause} }

// classify wraps an error of the kernel with the error of this package that it means.
func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EEXIST):
		return kernelError{class: ErrExists, cause: err}
	case errors.Is(err, unix.ENODEV):
		return kernelError{class: ErrNoLink, cause: err}
	// A missing rule or alternative name is ENOENT, a missing route ESRCH, a
	// missing address EADDRNOTAVAIL.
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ESRCH), errors.Is(err, unix.EADDRNOTAVAIL):
		return kernelError{class: ErrNotFound, cause: err}
	default:
		return err
	}
}
