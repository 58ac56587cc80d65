// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFatal merges no pools into files with foreign pools for which the plugin exits.
func TestFatal(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   string
		want   []string
	}{
		"None": {reason: "A valid pool is not reported.", args: `{"resourceList":[{"resourceName":"net_a","selectors":{}}]}`},
		"Hyphen": {
			reason: "The plugin rejects a hyphen in a name.", args: `{"resourceList":[{"resourcePrefix":"example.org","resourceName":"net-a"}]}`,
			want: []string{`example.org/net-a: name "net-a" is not supported by the device plugin: use letters, digits and '_', with a letter or digit at both ends, such as "net_a"`},
		},
		"Number": {
			reason: "A name must be a string.", args: `{"resourceList":[{"resourceName":"net_a"},{"resourceName":7}]}`,
			want: []string{"pool 2 of the file: resourceName or resourcePrefix is not a string: quote it"},
		},
		"Twice": {
			reason: "A resource must be unique.", args: `{"resourceList":[{"resourceName":"net_a"},{"resourceName":"net_a"}]}`,
			want: []string{"intel.com/net_a: another pool has the same resource: rename one of them"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m, err := Merge([]byte(tc.args), nil, Owner{Name: "mine"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range m.Fatal {
				got = append(got, f.Pool+": "+f.Err.Error())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nFatal: -want, +got:\n%s", tc.reason, diff)
			}
			if string(m.File) != tc.args || m.Changed {
				t.Errorf("\nForeign pools are not changed: %s", m.File)
			}
		})
	}
}
