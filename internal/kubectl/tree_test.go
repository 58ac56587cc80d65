// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"strings"
	"testing"
)

func TestTree(t *testing.T) {
	for name, args := range map[string][]string{"tree.txt": {"tree"}, "tree-node.txt": {"tree", "n-ready"}, "tree-nodeeni.txt": {"tree", "new", "idle"}} {
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
	if got, err := run(t, t.Context(), world(), "tree", "idle"); err != nil || got != "NodeENI idle selects no nodes: see kubectl eni explain neni/idle\n" {
		t.Errorf("a NodeENI without nodes: %v\n%s", err, got)
	}
	if _, err := run(t, t.Context(), world(), "tree", "dtaa"); err == nil || err.Error() != `node or NodeENI "dtaa" does not exist: see kubectl get nodes, and kubectl get nodeeni` {
		t.Errorf("an unknown name: %v", err)
	}
	if got, err := run(t, t.Context(), world(), "tree", "n-removed"); err != nil || !strings.Contains(got, "n-removed (deleted)") {
		t.Errorf("a deleted node with a network interface: %v\n%s", err, got)
	}
}
