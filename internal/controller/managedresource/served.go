// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
)

// IsNotServed reports whether a list failed because the API server does not serve the kind.
// A CRD is deleted after its last object: there is nothing to wait for.
func IsNotServed(err error) bool { return apimeta.IsNoMatchError(err) || kerrors.IsNotFound(err) }
