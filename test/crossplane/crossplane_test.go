// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import "testing"

// TestCrossplane installs the package and uses it, in this order. A part that is run alone
// installs the package first.
func TestCrossplane(t *testing.T) {
	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"Install", testInstall},
		{"Uplinks", testUplinks},
		{"Namespace", testNamespace},
		{"ProviderConfigInNamespace", testProviderConfigInNamespace},
		{"Compositions", testCompositions},
		{"Policies", testPolicies},
		{"Credentials", testCredentials},
		{"Upgrade", testUpgrade},
		{"ProviderDeleted", testProviderDeleted},
		{"Manifests", testManifests},
		{"Rights", testRights},
		{"Secrets", testSecrets},
	} {
		t.Run(part.name, part.run)
	}
}

// testInstall checks the state after the installation.
func testInstall(t *testing.T) {
	e := installed(t)
	out, err := e.kubectl(t.Context(), "get", "provider.pkg.crossplane.io,function.pkg.crossplane.io,mrd")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out)
}
