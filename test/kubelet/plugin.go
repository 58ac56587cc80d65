// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubelet

import (
	"context"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pluginv1beta1 "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin/plugintest"
)

// A Plugin simulates the SR-IOV network device plugin: it reads its file once, at its
// start, and offers the PCI addresses in the selectors of the pools. It does not check
// that the devices exist and have the driver.
type Plugin struct {
	servers []*grpc.Server
}

// StartPlugin starts a plugin, and returns when it is registered with the kubelet. Stop
// stops it. It returns an error of package plugintest where the plugin exits.
func (k *Kubelet) StartPlugin(ctx context.Context, file string) (*Plugin, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pools, err := plugintest.Read(raw)
	if err != nil {
		return nil, errors.Wrap(err, "the device plugin exits")
	}
	p := &Plugin{}
	for _, r := range pools {
		for _, s := range r.Selectors {
			r.Devices = append(r.Devices, s.PCIAddresses...)
		}
		if len(r.Devices) == 0 {
			continue
		}
		if err := r.Listen(); err != nil {
			p.Stop()
			return nil, errors.Wrap(err, "the device plugin exits")
		}
		if err := p.offer(ctx, k, r); err != nil {
			p.Stop()
			return nil, errors.Wrapf(err, "cannot offer %s", r)
		}
	}
	return p, nil
}

// offer serves and registers one pool.
func (p *Plugin) offer(ctx context.Context, k *Kubelet, r plugintest.Resource) error {
	socket := r.Prefix + "_" + r.Name + ".sock"
	_ = os.Remove(k.DevicePlugins(socket)) // Of a previous plugin.
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", k.DevicePlugins(socket))
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	pluginv1beta1.RegisterDevicePluginServer(s, &devices{resource: r.String(), ids: r.Devices})
	go func() { _ = s.Serve(l) }() // Until Stop.
	p.servers = append(p.servers, s)

	conn, err := grpc.NewClient("unix://"+k.DevicePlugins("kubelet.sock"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // The response was received.
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err = pluginv1beta1.NewRegistrationClient(conn).Register(ctx, &pluginv1beta1.RegisterRequest{
		Version: pluginv1beta1.Version, Endpoint: socket, ResourceName: r.String(),
		Options: &pluginv1beta1.DevicePluginOptions{},
	})
	return err
}

// Stop stops the plugin, as the deletion of its pod does.
func (p *Plugin) Stop() {
	for _, s := range p.servers {
		s.Stop()
	}
	p.servers = nil
}

// devices serves the devices of one pool.
type devices struct {
	pluginv1beta1.UnimplementedDevicePluginServer

	resource string
	ids      []string
}

// GetDevicePluginOptions returns no options.
func (*devices) GetDevicePluginOptions(context.Context, *pluginv1beta1.Empty) (*pluginv1beta1.DevicePluginOptions, error) {
	return &pluginv1beta1.DevicePluginOptions{}, nil
}

// ListAndWatch sends the devices once, as healthy.
func (d *devices) ListAndWatch(_ *pluginv1beta1.Empty, s pluginv1beta1.DevicePlugin_ListAndWatchServer) error {
	response := &pluginv1beta1.ListAndWatchResponse{}
	for _, id := range d.ids {
		response.Devices = append(response.Devices, &pluginv1beta1.Device{ID: id, Health: pluginv1beta1.Healthy})
	}
	if err := s.Send(response); err != nil {
		return err
	}
	<-s.Context().Done()
	return nil
}

// Allocate returns the environment variable with the PCI addresses of a container. Unlike with
// the plugin, a container gets no device files.
func (d *devices) Allocate(_ context.Context, r *pluginv1beta1.AllocateRequest) (*pluginv1beta1.AllocateResponse, error) {
	response := &pluginv1beta1.AllocateResponse{}
	variable := "PCIDEVICE_" + strings.ToUpper(strings.NewReplacer(".", "_", "/", "_", "-", "_").Replace(d.resource))
	for _, c := range r.GetContainerRequests() {
		response.ContainerResponses = append(response.ContainerResponses, &pluginv1beta1.ContainerAllocateResponse{
			Envs: map[string]string{variable: strings.Join(c.GetDevicesIds(), ",")},
		})
	}
	return response, nil
}
