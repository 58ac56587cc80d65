// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package kubelettest simulates the device manager of a kubelet, for tests. It implements
// what the kubelet does with device plugins, and rejects more: a plugin that passes it also
// works with a kubelet. make e2e-kubelet uses a real kubelet.
//
//	kubelet.go  the registration, and the devices of each resource
//	plugin.go   the connection to one plugin
package kubelettest

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"k8s.io/apimachinery/pkg/util/validation"
	pluginv1beta1 "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	// socketName is the name of the registration socket.
	socketName = "kubelet.sock"

	// kubeletDir is the directory of a real kubelet, which is part of the path of a socket.
	kubeletDir = "/var/lib/kubelet/device-plugins"

	// maxPath is the length of a socket's path: sun_path of linux/un.h without the final
	// zero.
	maxPath = 107
)

// A Kubelet is a simulated kubelet.
type Kubelet struct {
	pluginv1beta1.UnimplementedRegistrationServer

	dir    string
	server *grpc.Server
	ctx    context.Context //nolint:containedctx // of the connections to plugins, until Stop
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu            sync.Mutex
	plugins       map[string]*plugin
	registrations int
	violations    []error
	down          bool
}

// Start starts a kubelet with a directory of device plugins. As a kubelet, it removes every
// socket there first.
func Start(ctx context.Context, dir string) (*Kubelet, error) {
	if err := removeSockets(dir); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	k := &Kubelet{dir: dir, server: grpc.NewServer(), ctx: ctx, cancel: cancel, plugins: map[string]*plugin{}}
	pluginv1beta1.RegisterRegistrationServer(k.server, k)
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", filepath.Join(dir, socketName))
	if err != nil {
		cancel()
		return nil, err
	}
	go func() { _ = k.server.Serve(l) }() // until Stop
	return k, nil
}

// removeSockets removes every socket in a directory.
func removeSockets(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing was written
	names, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, n := range names {
		if n.Type() == fs.ModeSocket {
			if err := root.Remove(n.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Stop stops the kubelet. Sockets of plugins remain.
func (k *Kubelet) Stop() {
	k.mu.Lock()
	k.down = true
	k.mu.Unlock()
	k.cancel()
	k.server.Stop()
	k.work.Wait()
}

// Refuse makes the kubelet reject registrations.
func (k *Kubelet) Refuse(refuse bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = refuse
}

// Register implements the registration of a plugin.
func (k *Kubelet) Register(ctx context.Context, r *pluginv1beta1.RegisterRequest) (*pluginv1beta1.Empty, error) {
	k.mu.Lock()
	down, before := k.down, k.plugins[r.GetResourceName()]
	k.mu.Unlock()
	if down {
		return nil, errors.New("the kubelet is stopping")
	}
	if before != nil && before.connected() {
		// A kubelet accepts it, and drops it when the earlier connection ends.
		return nil, errors.Errorf("resource %s is registered", r.GetResourceName())
	}
	if err := check(k.dir, r); err != nil {
		k.violate(err)
		return nil, err
	}
	p, err := connect(ctx, k, r)
	if err != nil {
		k.violate(err)
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.plugins[r.GetResourceName()] = p
	k.registrations++
	k.work.Go(p.watch)
	return &pluginv1beta1.Empty{}, nil
}

// check returns why a registration is invalid.
func check(dir string, r *pluginv1beta1.RegisterRequest) error {
	prefix, name, qualified := strings.Cut(r.GetResourceName(), "/")
	switch e := r.GetEndpoint(); {
	case r.GetVersion() != pluginv1beta1.Version:
		return errors.Errorf("version %q is not supported", r.GetVersion())
	case !qualified, strings.HasSuffix(prefix, "kubernetes.io"), strings.HasPrefix(prefix, "requests."),
		len(validation.IsQualifiedName("requests."+prefix+"/"+name)) > 0:
		return errors.Errorf("the ResourceName %q is invalid", r.GetResourceName())
	case e == "", e != filepath.Base(e), e == socketName, len(filepath.Join(kubeletDir, e)) > maxPath:
		return errors.Errorf("the endpoint %q is not the name of a socket", e)
	default:
		return checkSocket(dir, e)
	}
}

// checkSocket returns why an endpoint is not a socket in a directory.
func checkSocket(dir, endpoint string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing was written
	f, err := root.Lstat(endpoint)
	if err == nil && f.Mode().Type() != fs.ModeSocket {
		err = errors.Errorf("the endpoint %q is not a socket", endpoint)
	}
	return err
}

// violate records that a plugin violates the API.
func (k *Kubelet) violate(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.violations = append(k.violations, err)
}

// Violations returns how plugins have violated the API.
func (k *Kubelet) Violations() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return errors.Join(k.violations...)
}

// Registrations returns the number of registrations.
func (k *Kubelet) Registrations() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.registrations
}

// Resource returns the capacity and the allocatable units of a resource, such as "0/250", or
// "none" if it was not registered, and how many lists its plugin has sent.
func (k *Kubelet) Resource(name string) (units string, lists int) {
	k.mu.Lock()
	p := k.plugins[name]
	k.mu.Unlock()
	if p == nil {
		return "none", 0
	}
	healthy, all, lists := p.counts()
	return fmt.Sprintf("%d/%d", healthy, all), lists
}

// Disconnect closes the connection of a resource, as the end of an earlier connection does.
func (k *Kubelet) Disconnect(name string) {
	k.mu.Lock()
	p := k.plugins[name]
	k.mu.Unlock()
	p.close()
}

// Allocate allocates units of a resource to a container.
func (k *Kubelet) Allocate(ctx context.Context, name string, n int) error {
	k.mu.Lock()
	p := k.plugins[name]
	k.mu.Unlock()
	if p == nil {
		return errors.Errorf("cannot allocate unregistered device %s", name)
	}
	return p.allocate(ctx, n)
}
