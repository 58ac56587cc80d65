// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package podresources

import (
	"cmp"
	"context"
	"io/fs"
	"net"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	podresourcesv1 "k8s.io/kubelet/pkg/apis/podresources/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Socket is the kubelet's default socket. It is below the kubelet's --root-dir.
const Socket = "/var/lib/kubelet/pod-resources/kubelet.sock"

const (
	// maxResponseBytes is the limit of the kubelet's own clients. A response grows with
	// the pods of the node.
	maxResponseBytes = 16 << 20
	// defaultTimeout is the timeout of the kubelet's own clients.
	defaultTimeout = 10 * time.Second
)

// ErrNoSocket means that the kubelet's socket does not exist or is not mounted. The
// holders of devices are then unknown, which does not mean that there are none.
var ErrNoSocket = errors.New("no such socket: mount its directory into the agent, and check that the kubelet runs")

// A Device is a device of a device plugin.
type Device struct {
	// Resource is prefix/name, such as intel.com/sriov_dpdk.
	Resource string
	// ID is the plugin's ID of the device. The SR-IOV network device plugin uses the
	// PCI address.
	ID string
}

// A Holder is a container to which a device is allocated.
type Holder struct {
	Namespace, Pod, Container string
}

// String returns namespace/pod (container).
func (h Holder) String() string { return h.Namespace + "/" + h.Pod + " (" + h.Container + ")" }

// Compare compares holders by namespace, pod and container.
func (h Holder) Compare(o Holder) int {
	return cmp.Or(cmp.Compare(h.Namespace, o.Namespace), cmp.Compare(h.Pod, o.Pod), cmp.Compare(h.Container, o.Container))
}

// Usage is the sorted holders of each device. It does not contain devices without
// holders.
type Usage map[Device][]Holder

// A Client calls the PodResources API of the kubelet.
type Client struct {
	socket  string
	timeout time.Duration
}

// An Option configures a Client.
type Option func(c *Client)

// WithTimeout limits each call. The default is 10 seconds.
func WithTimeout(t time.Duration) Option { return func(c *Client) { c.timeout = t } }

// NewClient returns a client of the kubelet that listens on a socket. Each call opens a
// connection.
func NewClient(socket string, o ...Option) *Client {
	c := &Client{socket: socket, timeout: defaultTimeout}
	for _, f := range o {
		f(c)
	}
	return c
}

// Holders returns the sorted holders of a device.
func (c *Client) Holders(ctx context.Context, d Device) ([]Holder, error) {
	u, err := c.Usage(ctx)
	if err != nil {
		return nil, err
	}
	return u[d], nil
}

// Usage returns the holders of all devices.
//
// A kubelet before 1.34 also lists terminated pods that are not deleted yet, although
// their devices are free: a caller that waits for a device needs a timeout. No kubelet
// lists a pod before it has admitted the pod.
func (c *Client) Usage(ctx context.Context) (Usage, error) {
	response, err := c.list(ctx)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot list the devices of pods from the kubelet at %q", c.socket)
	}
	return usageOf(response), nil
}

// Allocatable returns the allocatable devices of all device plugins, allocated or not:
// the node's allocatable with device IDs.
func (c *Client) Allocatable(ctx context.Context) (map[Device]bool, error) {
	var response *podresourcesv1.AllocatableResourcesResponse
	err := c.call(ctx, func(ctx context.Context, l podresourcesv1.PodResourcesListerClient) error {
		var err error
		response, err = l.GetAllocatableResources(ctx, &podresourcesv1.AllocatableResourcesRequest{})
		return err
	})
	if err != nil {
		return nil, errors.Wrapf(err, "cannot list allocatable devices from the kubelet at %q", c.socket)
	}
	return devicesOf(response), nil
}

func (c *Client) list(ctx context.Context) (*podresourcesv1.ListPodResourcesResponse, error) {
	var response *podresourcesv1.ListPodResourcesResponse
	err := c.call(ctx, func(ctx context.Context, l podresourcesv1.PodResourcesListerClient) error {
		var err error
		response, err = l.List(ctx, &podresourcesv1.ListPodResourcesRequest{})
		return err
	})
	return response, err
}

func (c *Client) call(ctx context.Context, f func(context.Context, podresourcesv1.PodResourcesListerClient) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()

	// Open a connection for each call: calls are rare, and the kubelet may restart
	// between them.
	d := &dialer{socket: c.socket}
	conn, err := grpc.NewClient("passthrough:///kubelet",
		grpc.WithContextDialer(d.dial),
		grpc.WithTransportCredentials(insecure.NewCredentials()), // A Unix socket of this node.
		grpc.WithAuthority("localhost"),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxResponseBytes)),
		grpc.WithDisableServiceConfig(),
	)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // The response was received.
	err = f(ctx, podresourcesv1.NewPodResourcesListerClient(conn))
	if err == nil {
		return nil
	}
	if dialErr := d.dialError(); dialErr != nil {
		// gRPC returns the connection error only as text.
		return dialErr
	}
	return err
}

// A dialer connects to a socket and records the last error.
type dialer struct {
	socket string

	mu  sync.Mutex
	err error
}

func (d *dialer) dial(ctx context.Context, _ string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", d.socket)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
	return conn, err
}

func (d *dialer) dialError() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errors.Is(d.err, fs.ErrNotExist) {
		return ErrNoSocket
	}
	return d.err
}

// usageOf converts a response. Nil messages are treated as empty.
func usageOf(response *podresourcesv1.ListPodResourcesResponse) Usage {
	u := Usage{}
	for _, p := range response.GetPodResources() {
		for _, c := range p.GetContainers() {
			h := Holder{Namespace: p.GetNamespace(), Pod: p.GetName(), Container: c.GetName()}
			for _, d := range c.GetDevices() {
				for _, id := range d.GetDeviceIds() {
					key := Device{Resource: d.GetResourceName(), ID: id}
					u[key] = append(u[key], h)
				}
			}
		}
	}
	for d, holders := range u {
		// The kubelet lists a device once for each of its NUMA nodes.
		slices.SortFunc(holders, Holder.Compare)
		u[d] = slices.Compact(holders)
	}
	return u
}

func devicesOf(response *podresourcesv1.AllocatableResourcesResponse) map[Device]bool {
	out := map[Device]bool{}
	for _, d := range response.GetDevices() {
		for _, id := range d.GetDeviceIds() {
			out[Device{Resource: d.GetResourceName(), ID: id}] = true
		}
	}
	return out
}
