// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import "testing"

// TestInstall installs the package.
func TestInstall(t *testing.T) {
	e := installed(t)
	out, err := e.kubectl(t.Context(), "get", "provider.pkg.crossplane.io,function.pkg.crossplane.io,mrd,crd")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out)
}
