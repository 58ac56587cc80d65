// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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
		reason  string
		files   map[string]string
		broken  string
		want    []HugePages
		wantErr bool
	}{
		"TwoSizes": {
			reason: "Pages are sorted by size, and directories with other names are skipped.",
			files: map[string]string{
				dir + "/hugepages-1048576kB/nr_hugepages": "2\n", dir + "/hugepages-1048576kB/free_hugepages": "1\n",
				dir + "/hugepages-2048kB/nr_hugepages": "512\n", dir + "/hugepages-2048kB/free_hugepages": "500\n",
				dir + "/hugepages-manykB/nr_hugepages": "1\n", dir + "/other": "/",
			},
			want: []HugePages{{SizeKiB: 2048, Total: 512, Free: 500}, {SizeKiB: 1048576, Total: 2, Free: 1}},
		},
		"NoSupport": {reason: "A kernel without huge pages has none.", files: map[string]string{"kernel": "/"}},
		"NoNumber":  {reason: "A count that is not a number is an error.", files: map[string]string{dir + "/hugepages-2048kB/nr_hugepages": "many\n"}, wantErr: true},
		"NoFree":    {reason: "A missing count is an error.", files: map[string]string{dir + "/hugepages-2048kB/nr_hugepages": "1\n"}, wantErr: true},
		"Broken":    {reason: "A directory that cannot be read is an error.", files: map[string]string{dir: "/"}, broken: dir, wantErr: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f, _ := tree(t, tc.files)
			got, err := ReadHugePages(broken{Files: f, name: tc.broken, err: syscall.EIO})
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" || (err != nil) != tc.wantErr {
				t.Errorf("\n%s\n%v\n-want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}
