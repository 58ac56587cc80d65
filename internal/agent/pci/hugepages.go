// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const hugepages = "kernel/mm/hugepages"

// HugePages are the huge pages of one size. A userspace driver needs them for its
// buffers.
type HugePages struct {
	// SizeKiB is the size in the directory name:
	// /sys/kernel/mm/hugepages/hugepages-2048kB.
	SizeKiB int
	// Total is nr_hugepages of the directory.
	Total int
	// Free is free_hugepages of the directory.
	Free int
}

// ReadHugePages returns the huge pages of a host, the smallest size first. It returns
// none if the kernel does not support them.
func ReadHugePages(sys Files) ([]HugePages, error) {
	names, err := sys.ReadDir(hugepages)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrap(err, "cannot list huge pages")
	}
	var pages []HugePages
	for _, name := range names {
		size, ok := strings.CutPrefix(name, "hugepages-")
		size, unit := strings.CutSuffix(size, "kB")
		n, err := strconv.Atoi(size)
		if !ok || !unit || err != nil {
			continue
		}
		h := HugePages{SizeKiB: n}
		if h.Total, err = readInt(sys, path.Join(hugepages, name, "nr_hugepages")); err != nil {
			return nil, err
		}
		if h.Free, err = readInt(sys, path.Join(hugepages, name, "free_hugepages")); err != nil {
			return nil, err
		}
		pages = append(pages, h)
	}
	slices.SortFunc(pages, func(a, b HugePages) int { return cmp.Compare(a.SizeKiB, b.SizeKiB) })
	return pages, nil
}

func readInt(sys Files, name string) (int, error) {
	text, err := sys.Read(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	return n, errors.Wrapf(err, "cannot parse %q", name)
}
