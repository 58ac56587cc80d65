// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// memtypes lists how memory ranges are cached on x86, below /sys if debugfs is mounted.
const memtypes = "kernel/debug/x86/pat_memtype_list"

// maxMemtypeBytes limits the size of the list, which grows with the mapped ranges: 1
// MiB is over ten thousand lines.
const maxMemtypeBytes = 1 << 20

// Flags of a line of DEVICE/resource, from linux/ioport.h.
const (
	flagMemory       = 0x200
	flagPrefetchable = 0x2000
)

// A BAR is a memory range that a device exposes, a line of DEVICE/resource.
type BAR struct {
	// Index of the base address register, from 0 to 5.
	Index int
	// Start and End are the first and the last address.
	Start, End uint64
	// Prefetchable is true if the memory may be mapped as write-combining.
	Prefetchable bool
}

// ParseResource returns the memory BARs in a resource file. A line holds the first
// address, the last address and flags; the first six lines are BARs.
func ParseResource(text string) ([]BAR, error) {
	var bars []BAR
	index := 0
	for line := range strings.Lines(text) {
		if index > 5 { // The expansion ROM and the windows of a bridge follow.
			break
		}
		n, err := parseNumbers(line)
		if err != nil {
			return nil, errors.Wrapf(err, "cannot parse resource %q", strings.TrimSpace(line))
		}
		start, end, flags := n[0], n[1], n[2]
		if flags&flagMemory != 0 && end >= start {
			bars = append(bars, BAR{Index: index, Start: start, End: end, Prefetchable: flags&flagPrefetchable != 0})
		}
		index++
	}
	return bars, nil
}

func parseNumbers(line string) (numbers [3]uint64, err error) {
	fields := strings.Fields(line)
	if len(fields) != len(numbers) {
		return numbers, errors.Errorf("must have %d numbers", len(numbers))
	}
	for i, f := range fields {
		if numbers[i], err = strconv.ParseUint(f, 0, 64); err != nil {
			return numbers, err
		}
	}
	return numbers, nil
}

// BARs returns the memory BARs of a device.
func (s *Sysfs) BARs(a Address) ([]BAR, error) {
	text, err := s.files.Read(path.Join(devices, a.String(), "resource"))
	if err != nil {
		return nil, errors.Wrapf(s.orNotFound(a, err), "cannot read BARs of PCI device %q", a)
	}
	bars, err := ParseResource(text)
	return bars, errors.Wrapf(err, "cannot read BARs of PCI device %q", a)
}

// A Memtype is a memory range and how the kernel caches it.
type Memtype struct {
	// Start is the first address, End is the last address plus one.
	Start, End uint64
	// Kind is write-combining, uncached, uncached-minus, write-back, ….
	Kind string
}

// ParseMemtypes parses a pat_memtype_list:
//
//	PAT: [mem 0x0000000080000000-0x0000000080004000] uncached-minus
//
// and the format of kernels before 5.6:
//
//	uncached-minus @ 0x80000000-0x80004000
//
// It skips other lines.
func ParseMemtypes(text string) []Memtype {
	var types []Memtype
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		kind, span, old := strings.Cut(line, " @ ")
		if !old {
			rest, found := strings.CutPrefix(line, "PAT: [mem ")
			if !found {
				continue
			}
			span, kind, _ = strings.Cut(rest, "] ")
		}
		first, last, _ := strings.Cut(span, "-")
		start, err := strconv.ParseUint(first, 0, 64)
		if err != nil {
			continue
		}
		end, err := strconv.ParseUint(last, 0, 64)
		if err != nil || end <= start || kind == "" {
			continue
		}
		types = append(types, Memtype{Start: start, End: end, Kind: kind})
	}
	return types
}

// A Memory reads the memory configuration that userspace drivers depend on.
type Memory struct {
	sys *Sysfs
	dir string
}

// NewMemory returns the Memory of a kernel. It reads attributes from sys, and the
// memtype list from the directory dir, as the list exceeds the size of an attribute.
func NewMemory(sys Files, dir string) *Memory { return &Memory{sys: NewSysfs(sys), dir: dir} }

// HugePages returns the huge pages of the host.
func (m *Memory) HugePages() ([]HugePages, error) { return ReadHugePages(m.sys.files) }

// BARs returns the memory BARs of a device.
func (m *Memory) BARs(a Address) ([]BAR, error) { return m.sys.BARs(a) }

// Memtypes returns the memory ranges and how they are cached. The list exists on x86
// with debugfs, readable by root; otherwise the error is fs.ErrNotExist or
// fs.ErrPermission.
func (m *Memory) Memtypes() ([]Memtype, error) {
	root, err := os.OpenRoot(m.dir)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot read %q", memtypes)
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	f, err := root.Open(memtypes)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot read %q", memtypes)
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	b, err := io.ReadAll(io.LimitReader(f, maxMemtypeBytes))
	return ParseMemtypes(string(b)), errors.Wrapf(err, "cannot read %q", memtypes)
}

// Caching is how a BAR is currently cached.
type Caching string

// An ENA device of the sixth generation or later loses most of its throughput unless
// its memory is mapped as write-combining.
const (
	// CachingUnknown is a BAR that is not mapped. A BAR is mapped while a program uses
	// the device.
	CachingUnknown        Caching = "Unknown"
	CachingWriteCombining Caching = "WriteCombining"
	CachingUncached       Caching = "Uncached"
)

// CachingOf returns how each BAR is cached. A BAR is uncached if any part of it is,
// because an operator has to act on that.
func CachingOf(bars []BAR, types []Memtype) []Caching {
	caching := make([]Caching, len(bars))
	for i, b := range bars {
		caching[i] = CachingUnknown
		for _, t := range types {
			if t.Start > b.End || t.End <= b.Start {
				continue
			}
			if strings.HasPrefix(t.Kind, "uncached") {
				caching[i] = CachingUncached
				break
			}
			if t.Kind == "write-combining" {
				caching[i] = CachingWriteCombining
			}
		}
	}
	return caching
}
