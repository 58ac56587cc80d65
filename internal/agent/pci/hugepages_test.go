package pci

import (
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestReadHugePages(t *testing.T) {
	const dir = "kernel/mm/hugepages"
	cases := map[string]struct {
		reason string
		files  map[string]string
		broken string
		want   []HugePages
		refuse bool
	}{
		"TwoSizes": {
			reason: "Pages are listed by size, the smallest first, and folders of other names are not.",
			files: map[string]string{
				dir + "/hugepages-1048576kB/nr_hugepages": "2\n", dir + "/hugepages-1048576kB/free_hugepages": "1\n",
				dir + "/hugepages-2048kB/nr_hugepages": "512\n", dir + "/hugepages-2048kB/free_hugepages": "500\n",
				dir + "/hugepages-manykB/nr_hugepages": "1\n", dir + "/other": "/",
			},
			want: []HugePages{{SizeKiB: 2048, Total: 512, Free: 500}, {SizeKiB: 1048576, Total: 2, Free: 1}},
		},
		"NoSupport": {reason: "A kernel without huge pages has none.", files: map[string]string{"kernel": "/"}},
		"NoNumber":  {reason: "A count that is no number is an error.", files: map[string]string{dir + "/hugepages-2048kB/nr_hugepages": "many\n"}, refuse: true},
		"NoFree":    {reason: "A count that is missing is an error.", files: map[string]string{dir + "/hugepages-2048kB/nr_hugepages": "1\n"}, refuse: true},
		"Broken":    {reason: "A folder that cannot be read is an error.", files: map[string]string{dir: "/"}, broken: dir, refuse: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f, _ := tree(t, tc.files)
			got, err := ReadHugePages(broken{Files: f, name: tc.broken, err: syscall.EIO})
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" || (err != nil) != tc.refuse {
				t.Errorf("\n%s\n%v\n-want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}
