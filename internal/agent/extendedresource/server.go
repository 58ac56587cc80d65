// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package extendedresource

import (
	"context"
	"strconv"
	"sync"

	"google.golang.org/grpc"
	pluginv1beta1 "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// bufferBytes is the size of the buffers of a connection. The default, 32 KiB for each
// direction, is larger than most messages, and the agent's memory counts on each node.
const bufferBytes = 4 << 10

// devices are the devices of a resource.
type devices struct {
	count   int32
	healthy bool
}

// list returns the devices as the kubelet expects them.
func (d devices) list() *pluginv1beta1.ListAndWatchResponse {
	health := pluginv1beta1.Unhealthy
	if d.healthy {
		health = pluginv1beta1.Healthy
	}
	out := &pluginv1beta1.ListAndWatchResponse{}
	for i := range d.count {
		out.Devices = append(out.Devices, &pluginv1beta1.Device{ID: strconv.Itoa(int(i)), Health: health})
	}
	return out
}

// A server serves the device plugin API of one resource to the kubelet.
type server struct {
	pluginv1beta1.UnimplementedDevicePluginServer

	socket *socket
	grpc   *grpc.Server
	// lost is called after the kubelet has closed its connection.
	lost func()

	mu      sync.Mutex
	devices devices
	// changed is closed when the devices change.
	changed chan struct{}
	// watches is the number of connections that get the devices.
	watches int
	stopped bool
}

// serve serves devices at a socket in a directory.
func serve(ctx context.Context, dir, name string, d devices, lost func()) (*server, error) {
	l, err := listen(ctx, dir, name)
	if err != nil {
		return nil, err
	}
	s := &server{
		socket: l, lost: lost, devices: d, changed: make(chan struct{}),
		grpc: grpc.NewServer(grpc.ReadBufferSize(bufferBytes), grpc.WriteBufferSize(bufferBytes)),
	}
	pluginv1beta1.RegisterDevicePluginServer(s.grpc, s)
	go func() { _ = s.grpc.Serve(l) }() // until stop
	return s, nil
}

// stop closes the connections and removes the socket. The kubelet then allocates no device.
func (s *server) stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.grpc.Stop()
	s.socket.remove()
}

// set sets the devices, and reports whether they changed.
func (s *server) set(d devices) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.devices == d {
		return false
	}
	s.devices = d
	close(s.changed)
	s.changed = make(chan struct{})
	return true
}

// watched reports whether the kubelet gets the devices.
func (s *server) watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watches > 0
}

func (s *server) current() (devices, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.devices, s.changed
}

// watch counts a connection until the returned function is called.
func (s *server) watch() (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watches++
	return func() {
		s.mu.Lock()
		s.watches--
		lost := !s.stopped && s.watches == 0
		s.mu.Unlock()
		if lost {
			s.lost()
		}
	}
}

// ListAndWatch sends the devices, and sends them again after each change.
func (s *server) ListAndWatch(_ *pluginv1beta1.Empty, stream grpc.ServerStreamingServer[pluginv1beta1.ListAndWatchResponse]) error {
	defer s.watch()()
	var sent *devices
	for {
		d, changed := s.current()
		if sent == nil || *sent != d {
			if err := stream.Send(d.list()); err != nil {
				return err
			}
			sent = &d
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return nil
		}
	}
}

// Allocate returns an empty response for each container: a device gives it nothing.
func (*server) Allocate(_ context.Context, r *pluginv1beta1.AllocateRequest) (*pluginv1beta1.AllocateResponse, error) {
	out := &pluginv1beta1.AllocateResponse{}
	for range r.GetContainerRequests() {
		out.ContainerResponses = append(out.ContainerResponses, &pluginv1beta1.ContainerAllocateResponse{})
	}
	return out, nil
}

// GetDevicePluginOptions returns no options: the kubelet calls no other method.
func (*server) GetDevicePluginOptions(context.Context, *pluginv1beta1.Empty) (*pluginv1beta1.DevicePluginOptions, error) {
	return &pluginv1beta1.DevicePluginOptions{}, nil
}
