package pci

import (
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// memtypes is what the kernel says of the cache on x86, below /sys where debugfs
// is mounted.
const memtypes = "kernel/debug/x86/pat_memtype_list"

// maxMemtypeBytes bounds a list that grows with what is mapped: 1 MiB is over
// ten thousand lines.
const maxMemtypeBytes = 1 << 20

// Flags of a line of DEVICE/resource, from linux/ioport.h.
const (
	flagMemory       = 0x200
	flagPrefetchable = 0x2000
)

// A BAR is a range of memory that a device offers, a line of DEVICE/resource.
type BAR struct {
	// Index of the base address register, 0 to 5.
	Index int
	// Start and End are the first and the last address.
	Start, End uint64
	// Prefetchable memory may be mapped as write-combining.
	Prefetchable bool
}

// ParseResource reads the BARs that are memory from a file resource: lines of a
// first address, a last one and flags, of which the first six are BARs.
func ParseResource(text string) ([]BAR, error) {
	var bars []BAR
	index := 0
	for line := range strings.Lines(text) {
		if index > 5 { // What follows is the ROM, and the windows of a bridge.
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
		return numbers, errors.Errorf("want %d numbers", len(numbers))
	}
	for i, f := range fields {
		if numbers[i], err = strconv.ParseUint(f, 0, 64); err != nil {
			return numbers, err
		}
	}
	return numbers, nil
}

// BARs returns the memory of a device.
func (s *Sysfs) BARs(a Address) ([]BAR, error) {
	text, err := s.files.Read(path.Join(devices, a.String(), "resource"))
	if err != nil {
		return nil, errors.Wrapf(s.missing(a, err), "cannot read memory of PCI device %q", a)
	}
	bars, err := ParseResource(text)
	return bars, errors.Wrapf(err, "cannot read memory of PCI device %q", a)
}

// A Memtype is how the kernel lets a range of memory be cached.
type Memtype struct {
	// Start is the first address, End the one after the last.
	Start, End uint64
	// Kind is write-combining, uncached, uncached-minus, write-back, ….
	Kind string
}

// ParseMemtypes reads a pat_memtype_list:
//
//	PAT: [mem 0x0000000080000000-0x0000000080004000] uncached-minus
//
// and, as kernels before 5.6 spell it:
//
//	uncached-minus @ 0x80000000-0x80004000
//
// Lines of any other kind are left out.
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

// A Memory is what the kernel shows of memory, to who wants to know whether a
// program that uses a device will have what it needs.
type Memory struct {
	sys *Sysfs
	dir string
}

// NewMemory returns the memory of the kernel whose /sys it is given, as files
// and as a folder: one list is longer than an attribute may be.
func NewMemory(sys Files, dir string) *Memory { return &Memory{sys: NewSysfs(sys), dir: dir} }

// HugePages returns the huge pages of the host.
func (m *Memory) HugePages() ([]HugePages, error) { return ReadHugePages(m.sys.files) }

// BARs returns the memory of a device.
func (m *Memory) BARs(a Address) ([]BAR, error) { return m.sys.BARs(a) }

// Memtypes returns how ranges of memory are cached. The list is there on x86 with
// debugfs, and only root may read it; elsewhere the error is fs.ErrNotExist or
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

// Caching is how a BAR is cached at the moment.
type Caching string

// An ENA device of the sixth generation or later loses most of its throughput
// unless its memory is write-combining.
const (
	// CachingUnknown is a BAR that nothing has mapped: look while a program
	// uses the device.
	CachingUnknown        Caching = "Unknown"
	CachingWriteCombining Caching = "WriteCombining"
	CachingUncached       Caching = "Uncached"
)

// CachingOf says of each BAR how it is cached: as uncached if any part of it is,
// as that is what an operator must hear of.
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
