// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"testing"

	"github.com/nodeeni/provider-aws-eni/test/apiemulator/conformance"
)

// TestAPIServerConforms runs the checks of test/apiemulator against kube-apiserver.
func TestAPIServerConforms(t *testing.T) {
	conformance.Check(t, newEnv(t, options{noProvider: true}).kube)
}
