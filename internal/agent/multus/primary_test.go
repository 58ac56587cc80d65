// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/agent/multus"
)

func TestReadPrimary(t *testing.T) {
	const (
		thick   = `{"cniVersion": "0.4.0", "name": "multus-cni-network", "type": "multus-shim"}`
		thin    = `{"name": "multus-cni-network", "type": "multus", "kubeconfig": "/etc/cni/net.d/multus.d/multus.kubeconfig"}`
		primary = `{"cniVersion": "0.4.0", "name": "aws-cni", "plugins": [{"type": "aws-cni"}, {"type": "portmap"}]}`
		chained = `{"cniVersion": "1.0.0", "name": "chain", "plugins": [{"type": "multus"}, {"type": "tuning"}]}`
	)
	cases := map[string]struct {
		reason string
		files  map[string]string
		want   multus.Primary
	}{
		"Thick":      {reason: "The daemon of Multus writes a configuration of its shim.", files: map[string]string{"00-multus.conf": thick, "10-aws.conflist": primary}, want: multus.Primary{File: "00-multus.conf", Multus: true}},
		"Thin":       {reason: "Multus without a daemon is a plugin.", files: map[string]string{"00-multus.conf": thin}, want: multus.Primary{File: "00-multus.conf", Multus: true}},
		"List":       {reason: "Multus may be in a list of plugins.", files: map[string]string{"05-chain.conflist": chained}, want: multus.Primary{File: "05-chain.conflist", Multus: true}},
		"NotYet":     {reason: "Before Multus runs, pods start with the primary network alone.", files: map[string]string{"10-aws.conflist": primary}, want: multus.Primary{File: "10-aws.conflist"}},
		"Second":     {reason: "The container runtime uses the first file only.", files: map[string]string{"10-aws.conflist": primary, "99-multus.conf": thick}, want: multus.Primary{File: "10-aws.conflist"}},
		"OtherFiles": {reason: "The container runtime reads only configurations.", files: map[string]string{"00-multus.conf.new": primary, "10-multus.conf": thick, "01-note.txt": "multus"}, want: multus.Primary{File: "10-multus.conf", Multus: true}},
		"Malformed":  {reason: "A file that is not JSON runs no plugin.", files: map[string]string{"00-multus.conf": "multus"}, want: multus.Primary{File: "00-multus.conf"}},
		"Empty":      {reason: "A node without a network plugin has no configuration.", files: map[string]string{}},
		"NoDir":      {reason: "The directory may not exist yet."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "net.d")
			if tc.files != nil {
				if err := os.MkdirAll(filepath.Join(dir, "00-multus.d.conf"), 0o755); err != nil { // a directory is no configuration
					t.Fatal(err)
				}
			}
			for f, content := range tc.files {
				if err := os.WriteFile(filepath.Join(dir, f), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := multus.ReadPrimary(dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nReadPrimary(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
