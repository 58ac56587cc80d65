// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/durable"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

const (
	suffix = ".json"
	// tempSuffix is the suffix of a file that is being written. Open ignores it; the
	// next write of the entry replaces it.
	tempSuffix = ".new"

	dirMode  = 0o700
	fileMode = 0o600

	// maxEntryBytes limits how much of a file is read. An entry has a few hundred
	// bytes.
	maxEntryBytes = 64 << 10
)

// An Entry records the device of an ENI.
type Entry struct {
	// NetworkInterfaceID of the ENI. An ENI has at most one entry.
	NetworkInterfaceID string `json:"networkInterfaceID"`
	// MAC address of the device's link.
	MAC string `json:"macAddress"`
	// Address of the device.
	Address pci.Address `json:"pciAddress"`
	// Vendor and Product of the device, as in pci.Device.
	Vendor  string `json:"vendor"`
	Product string `json:"product"`
	// KernelDriver is the kernel driver of the device, which is restored on release.
	KernelDriver string `json:"kernelDriver"`
	// Driver is the userspace driver that the device is bound to; empty if it keeps its
	// kernel driver, and a pod uses its link.
	Driver string `json:"driver,omitempty"`
	// Boot is the boot ID of the node for which the entry is valid.
	Boot string `json:"boot"`
}

// A Journal is a directory with a file for each entry. It is safe for concurrent use.
// No other process may write to the directory.
type Journal struct {
	dir  string
	disk durable.Disk

	mu      sync.Mutex
	entries map[string]record
}

type record struct {
	Entry

	at time.Time
}

// Open reads the journal in a directory, which the first Put creates. If some files
// cannot be read, for example because a full disk truncated them, Open returns the
// journal with the other entries and an error.
func Open(dir string) (*Journal, error) {
	j := &Journal{dir: dir, entries: map[string]record{}}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return j, errors.Wrap(err, "cannot open the journal")
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	names, err := fs.Glob(root.FS(), "*"+suffix)
	if err != nil {
		return j, errors.Wrap(err, "cannot list the journal")
	}
	var errs []error
	for _, name := range names {
		e, err := read(root, name)
		if err != nil {
			errs = append(errs, errors.Wrapf(err, "cannot read %q of the journal", filepath.Join(dir, name)))
			continue
		}
		j.entries[e.NetworkInterfaceID] = e
	}
	return j, errors.Join(errs...)
}

// Entries returns all entries, sorted by ENI.
func (j *Journal) Entries() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]Entry, 0, len(j.entries))
	for _, e := range j.entries {
		out = append(out, e.Entry)
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.NetworkInterfaceID, b.NetworkInterfaceID) })
	return out
}

// Entry returns the entry of an ENI. It reports false if there is none.
func (j *Journal) Entry(networkInterfaceID string) (Entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.entries[networkInterfaceID]
	return e.Entry, ok
}

// At returns the entry of the device at an address. It reports false if there is none.
func (j *Journal) At(a pci.Address) (Entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.entries {
		if e.Address == a {
			return e.Entry, true
		}
	}
	return Entry{}, false
}

// Written returns when the entry of an ENI was last written, shortly before its device
// was bound to another driver or offered to pods. It returns the zero time if there is
// no entry.
func (j *Journal) Written(networkInterfaceID string) time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.entries[networkInterfaceID].at
}

func read(root *os.Root, name string) (record, error) {
	f, err := root.Open(name)
	if err != nil {
		return record{}, err
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	info, err := f.Stat()
	if err != nil {
		return record{}, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxEntryBytes))
	if err != nil {
		return record{}, err
	}
	var e Entry
	if err := json.Unmarshal(b, &e); err != nil {
		return record{}, err
	}
	if e.NetworkInterfaceID+suffix != name {
		return record{}, errors.Errorf("it contains the entry of %q", e.NetworkInterfaceID)
	}
	return record{e, info.ModTime()}, nil
}

// Put writes an entry, replacing the entry of the same ENI. It removes the entry of
// another ENI at the same address: a device has at most one entry. When Put returns,
// the entry survives a crash of the node.
func (j *Journal) Put(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Wrapf(j.put(e), "cannot record that %q is PCI device %q", e.NetworkInterfaceID, e.Address)
}

func (j *Journal) put(e Entry) error {
	name, err := fileName(e.NetworkInterfaceID)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.dir, dirMode); err != nil {
		return err
	}
	root, err := os.OpenRoot(j.dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // What was written is synced.
	for id, other := range j.entries {
		if other.Address == e.Address && id != e.NetworkInterfaceID {
			if err := j.drop(id); err != nil {
				return err
			}
		}
	}
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	if err := j.disk.Write(root, name+tempSuffix, append(b, '\n'), fileMode); err != nil {
		return err
	}
	if err := root.Rename(name+tempSuffix, name); err != nil {
		return err
	}
	if err := j.disk.SyncDir(root); err != nil {
		return err // The caller retries.
	}
	j.entries[e.NetworkInterfaceID] = record{e, time.Now()}
	return nil
}

// Drop removes the entry of an ENI, if there is one.
func (j *Journal) Drop(networkInterfaceID string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Wrapf(j.drop(networkInterfaceID), "cannot remove journal entry %q", networkInterfaceID)
}

func (j *Journal) drop(id string) error {
	name, err := fileName(id)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(j.dir)
	if errors.Is(err, fs.ErrNotExist) {
		delete(j.entries, id)
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // What was written is synced.
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := j.disk.SyncDir(root); err != nil {
		return err // The caller retries.
	}
	delete(j.entries, id)
	return nil
}

// fileName returns the file name of an ID, which it validates.
func fileName(id string) (string, error) {
	if id == "" || strings.HasPrefix(id, ".") || strings.ContainsAny(id, "/\x00*?[\\") {
		return "", errors.Errorf("%q is not an ID", id)
	}
	return id + suffix, nil
}
