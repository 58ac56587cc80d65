// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import "context"

// setupErrors stops the manager with the first error of a gated set-up, for example when a
// CRD is deleted meanwhile. Kubernetes then restarts the provider. Errors after the manager
// was stopped are dropped: informers that have stopped accept no index.
type setupErrors chan error

func newSetupErrors() setupErrors { return make(setupErrors, 1) }

// report records an error, unless one is recorded.
func (e setupErrors) report(err error) {
	select {
	case e <- err:
	default:
	}
}

// Start returns the recorded error, or nil when ctx is done.
func (e setupErrors) Start(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-e:
		if ctx.Err() != nil {
			return nil //nolint:nilerr // see setupErrors
		}
		return err
	}
}
