// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"strings"
	"testing"
)

func TestTree(t *testing.T) {
	for name, args := range map[string][]string{"tree.txt": {"tree"}, "tree-node.txt": {"tree", "n-ready"}} {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, t.Context(), world(), args...)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, got)
		})
	}
	if got, err := run(t, t.Context(), nil, "tree"); err != nil || !strings.HasPrefix(got, "No network interfaces found") {
		t.Errorf("a cluster without NodeENIs: %v\n%s", err, got)
	}
}
