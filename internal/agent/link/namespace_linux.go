package link

import (
	"path/filepath"
	"runtime"

	"github.com/vishvananda/netns"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// namedNamespaces is where ip netns add keeps namespaces.
const namedNamespaces = "/run/netns"

// A Namespace is a network namespace. The zero value is the one that the
// process is in.
type Namespace struct {
	handle netns.NsHandle
	open   bool
}

// OpenNamespace opens a namespace by its name, as ip netns does, or by its
// path. An empty string is the namespace that the process is in.
func OpenNamespace(nameOrPath string) (*Namespace, error) {
	if nameOrPath == "" {
		return &Namespace{}, nil
	}
	path := nameOrPath
	if !filepath.IsAbs(path) {
		path = filepath.Join(namedNamespaces, path)
	}
	h, err := netns.GetFromPath(path)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot open network namespace %q", nameOrPath)
	}
	return &Namespace{handle: h, open: true}, nil
}

// Do calls f in the namespace. What f opens stays in the namespace, what it
// reads below /proc/sys/net is the namespace's; other goroutines see nothing
// of it.
func (n *Namespace) Do(f func() error) error {
	if n == nil || !n.open {
		return f()
	}

	// A namespace belongs to a thread, so nobody else may use this one
	// meanwhile. If the way back fails the thread stays locked, and the runtime
	// ends it with the goroutine rather than hand it on.
	runtime.LockOSThread()
	home, err := netns.Get()
	if err != nil {
		runtime.UnlockOSThread()
		return errors.Wrap(err, "cannot get the current network namespace")
	}
	defer home.Close() //nolint:errcheck // Nothing can be done about it.
	if err := netns.Set(n.handle); err != nil {
		runtime.UnlockOSThread()
		return errors.Wrap(err, "cannot enter network namespace")
	}

	ferr := f()
	if err := netns.Set(home); err != nil {
		return errors.Wrap(err, "cannot return from network namespace")
	}
	runtime.UnlockOSThread()
	return ferr
}

// Close closes the namespace. It exists for as long as anything is in it.
func (n *Namespace) Close() error {
	if n == nil || !n.open {
		return nil
	}
	n.open = false
	return n.handle.Close()
}
