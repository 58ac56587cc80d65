package deviceplugin

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFatal merges nothing into files with pools of others for which the plugin exits.
func TestFatal(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   string
		want   []string
	}{
		"None": {reason: "A pool that the plugin takes is not reported.", args: `{"resourceList":[{"resourceName":"net_a","selectors":{}}]}`},
		"Hyphen": {
			reason: "The plugin takes no hyphen in a name.", args: `{"resourceList":[{"resourcePrefix":"example.org","resourceName":"net-a"}]}`,
			want: []string{`example.org/net-a: its name "net-a" is not one that the device plugin takes: write "net_a", of letters, digits and '_', with a letter or digit at both ends`},
		},
		"Number": {
			reason: "A name is a text.", args: `{"resourceList":[{"resourceName":"net_a"},{"resourceName":7}]}`,
			want: []string{"pool 2 of the file: its resourceName or resourcePrefix is no text: write it in quotes"},
		},
		"Twice": {
			reason: "A resource comes once.", args: `{"resourceList":[{"resourceName":"net_a"},{"resourceName":"net_a"}]}`,
			want: []string{"intel.com/net_a: another pool has the same resource: give one of them another name"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m, err := Merge([]byte(tc.args), nil, Owner{Mark: "mine"})
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
				t.Errorf("\nPools of others are not changed: %s", m.File)
			}
		})
	}
}
