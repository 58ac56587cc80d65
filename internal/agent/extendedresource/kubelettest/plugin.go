// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubelettest

import (
	"context"
	"maps"
	"net"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pluginv1beta1 "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// connectTimeout is the kubelet's timeout of a connection to a plugin.
const connectTimeout = 10 * time.Second

// A plugin is a registered plugin.
type plugin struct {
	kubelet *Kubelet
	conn    *grpc.ClientConn
	api     pluginv1beta1.DevicePluginClient

	mu      sync.Mutex
	devices map[string]bool // healthy, by id
	lists   int
	ended   bool
}

// connect connects to a plugin, which must serve when it registers.
func connect(ctx context.Context, k *Kubelet, r *pluginv1beta1.RegisterRequest) (*plugin, error) {
	path := filepath.Join(k.dir, r.GetEndpoint())
	conn, err := grpc.NewClient("passthrough:///plugin",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithAuthority("localhost"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	p := &plugin{kubelet: k, conn: conn, api: pluginv1beta1.NewDevicePluginClient(conn)}
	o, err := p.api.GetDevicePluginOptions(ctx, &pluginv1beta1.Empty{})
	if err == nil && (o.GetPreStartRequired() || o.GetGetPreferredAllocationAvailable()) {
		err = errors.New("the plugin has options that this kubelet does not simulate")
	}
	if err != nil {
		return nil, errors.Join(errors.Wrap(err, "cannot get the options of the plugin"), conn.Close())
	}
	return p, nil
}

// watch receives the devices until the connection ends. Then none is healthy.
func (p *plugin) watch() {
	defer p.end()
	s, err := p.api.ListAndWatch(p.kubelet.ctx, &pluginv1beta1.Empty{})
	if err != nil {
		return
	}
	for {
		l, err := s.Recv()
		if err != nil {
			return
		}
		if err := p.receive(l); err != nil {
			p.kubelet.violate(err)
			return
		}
	}
}

func (p *plugin) receive(l *pluginv1beta1.ListAndWatchResponse) error {
	devices := map[string]bool{}
	for _, d := range l.GetDevices() {
		if _, twice := devices[d.GetID()]; twice || d.GetID() == "" {
			return errors.Errorf("the id %q of a device is empty or not unique", d.GetID())
		}
		if d.GetHealth() != pluginv1beta1.Healthy && d.GetHealth() != pluginv1beta1.Unhealthy {
			return errors.Errorf("the health of device %q is %q", d.GetID(), d.GetHealth())
		}
		devices[d.GetID()] = d.GetHealth() == pluginv1beta1.Healthy
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lists > 0 && maps.Equal(p.devices, devices) {
		return errors.New("the list was sent again without a change")
	}
	p.devices = devices
	p.lists++
	return nil
}

func (p *plugin) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for id := range p.devices {
		p.devices[id] = false
	}
	_ = p.conn.Close() // it has ended
}

func (p *plugin) close() { _ = p.conn.Close() } // watch ends

func (p *plugin) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.ended
}

func (p *plugin) counts() (healthy, all, lists int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.devices {
		if h {
			healthy++
		}
	}
	return healthy, len(p.devices), p.lists
}

// allocate allocates n healthy devices to one container, as the kubelet does.
func (p *plugin) allocate(ctx context.Context, n int) error {
	p.mu.Lock()
	var ids []string
	for id, healthy := range p.devices {
		if healthy && len(ids) < n {
			ids = append(ids, id)
		}
	}
	ended := p.ended
	p.mu.Unlock()
	if ended || len(ids) < n {
		return errors.Errorf("requested number of devices unavailable: requested %d, available %d", n, len(ids))
	}
	r, err := p.api.Allocate(ctx, &pluginv1beta1.AllocateRequest{ContainerRequests: []*pluginv1beta1.ContainerAllocateRequest{{DevicesIds: ids}}})
	if err != nil {
		return err
	}
	if len(r.GetContainerResponses()) != 1 {
		return errors.Errorf("%d responses for one container", len(r.GetContainerResponses()))
	}
	return nil
}
