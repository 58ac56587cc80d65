package journal

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/durable"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

const (
	suffix = ".json"
	// pending is the suffix of a file that is being written. One that is left
	// behind was never read, and the next write of its entry takes its place.
	pending = ".new"

	dirMode  = 0o700
	fileMode = 0o600

	// maxEntryBytes bounds what is read of a file. An entry has a few hundred.
	maxEntryBytes = 64 << 10
)

// An Entry says which device an ENI is.
type Entry struct {
	// NetworkInterfaceID of the ENI. One ENI has one entry.
	NetworkInterfaceID string `json:"networkInterfaceID"`
	// MAC address of the device's link.
	MAC string `json:"macAddress"`
	// Address of the device.
	Address pci.Address `json:"pciAddress"`
	// Vendor and Product of the device, as pci.Device has them.
	Vendor  string `json:"vendor"`
	Product string `json:"product"`
	// KernelDriver is the driver that the device had, and returns to.
	KernelDriver string `json:"kernelDriver"`
	// Driver is the userspace driver that the device is handed to; empty if it
	// stays with its kernel driver, for a pod to take its link.
	Driver string `json:"driver,omitempty"`
	// Boot is the boot of the node that the entry is true of.
	Boot string `json:"boot"`
}

// A Journal is a folder with a file for each entry. Its one user may use it from
// any goroutine.
type Journal struct {
	dir  string
	disk durable.Disk

	mu      sync.Mutex
	entries map[string]written
}

type written struct {
	Entry

	at time.Time
}

// Open reads the journal in a folder, which is made with the first entry. A file
// that is not an entry, such as one cut off by a full disk, is left out and
// reported in the error; the journal can be used all the same, as the file is of
// one device and the others are as good as before.
func Open(dir string) (*Journal, error) {
	j := &Journal{dir: dir, entries: map[string]written{}}
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

// Entry returns the entry of an ENI, and false if it has none.
func (j *Journal) Entry(networkInterfaceID string) (Entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.entries[networkInterfaceID]
	return e.Entry, ok
}

// At returns the entry of the device at an address, and false if there is none.
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

// Written returns when the entry of an ENI was last written: its device was then
// about to get another driver, or a link of its own. It is zero if there is none.
func (j *Journal) Written(networkInterfaceID string) time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.entries[networkInterfaceID].at
}

func read(root *os.Root, name string) (written, error) {
	f, err := root.Open(name)
	if err != nil {
		return written{}, err
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	info, err := f.Stat()
	if err != nil {
		return written{}, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxEntryBytes))
	if err != nil {
		return written{}, err
	}
	var e Entry
	if err := json.Unmarshal(b, &e); err != nil {
		return written{}, err
	}
	if e.NetworkInterfaceID+suffix != name {
		return written{}, errors.Errorf("it is about %q", e.NetworkInterfaceID)
	}
	return written{e, info.ModTime()}, nil
}

// Put writes an entry in place of the one there is of its ENI, and of one of
// another ENI whose device was at that address before: a device has one entry.
// When it returns, the entry outlives a crash of the node.
func (j *Journal) Put(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Wrapf(j.put(e), "cannot write down that %q is PCI device %q", e.NetworkInterfaceID, e.Address)
}

func (j *Journal) put(e Entry) error {
	name, err := fileOf(e.NetworkInterfaceID)
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
	if err := j.disk.Write(root, name+pending, append(b, '\n'), fileMode); err != nil {
		return err
	}
	if err := root.Rename(name+pending, name); err != nil {
		return err
	}
	if err := j.disk.SyncFolder(root); err != nil {
		return err // It is written again.
	}
	j.entries[e.NetworkInterfaceID] = written{e, time.Now()}
	return nil
}

// Drop removes the entry of an ENI, if there is one.
func (j *Journal) Drop(networkInterfaceID string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Wrapf(j.drop(networkInterfaceID), "cannot strike %q from the journal", networkInterfaceID)
}

func (j *Journal) drop(id string) error {
	name, err := fileOf(id)
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
	if err := j.disk.SyncFolder(root); err != nil {
		return err // It is struck again.
	}
	delete(j.entries, id)
	return nil
}

// fileOf checks an id before it becomes a name of a file.
func fileOf(id string) (string, error) {
	if id == "" || strings.HasPrefix(id, ".") || strings.ContainsAny(id, "/\x00*?[\\") {
		return "", errors.Errorf("%q is not an id", id)
	}
	return id + suffix, nil
}
