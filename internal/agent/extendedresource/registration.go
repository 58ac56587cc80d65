// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package extendedresource

import (
	"context"
	"net"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	pluginv1beta1 "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	// registerTimeout limits a registration. The kubelet connects to the server meanwhile.
	registerTimeout = 5 * time.Second

	// connectTimeout is how long the kubelet may take to get the devices after a
	// registration. Most take milliseconds.
	connectTimeout = 5 * time.Second

	// firstRetry and laterRetry are the delays after a failed registration.
	firstRetry = 5 * time.Second
	laterRetry = 30 * time.Second

	// restartGrace is how long the kubelet may be stopped before a registered resource counts
	// as not advertised. A restart of the kubelet takes seconds, and no pod is admitted
	// meanwhile.
	restartGrace = 30 * time.Second
)

// A registration is the state of a resource at the kubelet.
type registration struct {
	dir, resource string
	// onLost is called after the kubelet has closed its connection.
	onLost func()

	server *server
	// registered is when the server was registered; zero if it was not, or not since it
	// lost its connection.
	registered time.Time
	// lost is when a registered resource was found without a connection; zero while it has
	// one. advertised is true if the resource was registered before.
	lost       time.Time
	advertised bool
	// failures is the number of failed registrations since the last success, and err the
	// last error.
	failures int
	err      error
	retry    time.Time
}

// advertise registers the resource with the kubelet if necessary. It returns an error while the
// kubelet does not have the resource, and the delay of the next check, zero if events suffice.
func (r *registration) advertise(ctx context.Context, d devices, now time.Time) (time.Duration, error) {
	if r.server != nil && !r.server.socket.exists() {
		r.stop()
	}
	connecting := r.registered.Add(connectTimeout).Sub(now)
	switch {
	case r.server != nil && r.server.watched():
		r.succeed()
		return 0, nil
	case !r.registered.IsZero() && connecting > 0:
		return connecting, nil
	case now.Before(r.retry):
		return r.failed(now)
	}
	if r.advertised && r.lost.IsZero() {
		r.lost = now
	}
	if err := r.register(ctx, d); err != nil {
		r.failures++
		r.registered, r.err, r.retry = time.Time{}, err, now.Add(laterRetry)
		if r.failures == 1 {
			r.retry = now.Add(firstRetry)
		}
		return r.failed(now)
	}
	r.succeed()
	r.registered = now
	log.FromContext(ctx).Info("Registered a resource with the kubelet", "resource", r.resource, "units", d.count, "allocatable", d.healthy)
	return connectTimeout, nil
}

// stop stops the server.
func (r *registration) stop() {
	if r.server != nil {
		r.server.stop()
	}
	r.server, r.registered = nil, time.Time{}
}

// succeed records that the kubelet has the resource.
func (r *registration) succeed() {
	r.advertised, r.lost, r.failures, r.err, r.retry = true, time.Time{}, 0, nil, time.Time{}
}

// failed returns the error of the last registration, unless the kubelet may be restarting.
func (r *registration) failed(now time.Time) (time.Duration, error) {
	wait := r.retry.Sub(now)
	if left := r.lost.Add(restartGrace).Sub(now); r.advertised && left > 0 {
		return min(wait, left), nil
	}
	return wait, r.err
}

// register serves the devices and registers the server.
func (r *registration) register(ctx context.Context, d devices) error {
	if r.server == nil {
		s, err := serve(ctx, r.dir, socketName(r.resource), d, r.onLost)
		if err != nil {
			return err
		}
		r.server = s
	}
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	path := filepath.Join(r.dir, KubeletSocket)
	conn, err := grpc.NewClient("passthrough:///kubelet",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}),
		grpc.WithTransportCredentials(insecure.NewCredentials()), // a Unix socket of this node
		grpc.WithAuthority("localhost"),
		grpc.WithReadBufferSize(bufferBytes), grpc.WithWriteBufferSize(bufferBytes),
		grpc.WithDisableServiceConfig(),
	)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // The response was received.
	_, err = pluginv1beta1.NewRegistrationClient(conn).Register(ctx, &pluginv1beta1.RegisterRequest{
		Version: pluginv1beta1.Version, Endpoint: socketName(r.resource), ResourceName: r.resource,
		Options: &pluginv1beta1.DevicePluginOptions{},
	})
	if err != nil {
		return errors.Errorf("cannot register with the kubelet at %q: %s", path, status.Convert(err).Message())
	}
	return nil
}
