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

// Socket is where the kubelet listens, unless it was given another folder than
// /var/lib/kubelet.
const Socket = "/var/lib/kubelet/pod-resources/kubelet.sock"

const (
	// maxAnswerBytes is what the kubelet's own clients take: an answer grows
	// with the pods of the node.
	maxAnswerBytes = 16 << 20
	// defaultTimeout is that of the kubelet's own clients.
	defaultTimeout = 10 * time.Second
)

// ErrNoSocket says that the kubelet's socket is not there, or not shown to this
// program. Who holds a device is then not known, which is not the same as nobody.
var ErrNoSocket = errors.New("no such socket: mount its folder into the agent, and see that the kubelet runs")

// A Device is one that a device plugin offers.
type Device struct {
	// Resource is prefix/name, such as intel.com/sriov_dpdk.
	Resource string
	// ID is the plugin's own name for the device. That of the SR-IOV network
	// device plugin is the PCI address.
	ID string
}

// A Holder is a container that was given a device.
type Holder struct {
	Namespace, Pod, Container string
}

// String names the holder as an operator would look for it.
func (h Holder) String() string { return h.Namespace + "/" + h.Pod + " (" + h.Container + ")" }

// Compare orders holders by namespace, pod and container.
func (h Holder) Compare(o Holder) int {
	return cmp.Or(cmp.Compare(h.Namespace, o.Namespace), cmp.Compare(h.Pod, o.Pod), cmp.Compare(h.Container, o.Container))
}

// Usage is who holds which device, in order. A device that nobody holds is not
// in it.
type Usage map[Device][]Holder

// A Client asks the kubelet.
type Client struct {
	socket  string
	timeout time.Duration
}

// An Option changes a Client.
type Option func(c *Client)

// WithTimeout bounds each question. The default is 10 seconds.
func WithTimeout(t time.Duration) Option { return func(c *Client) { c.timeout = t } }

// NewClient returns a client of the kubelet that listens on a socket. It is not
// connected to before it is asked something, and after.
func NewClient(socket string, o ...Option) *Client {
	c := &Client{socket: socket, timeout: defaultTimeout}
	for _, f := range o {
		f(c)
	}
	return c
}

// Holders returns who holds a device, in order.
func (c *Client) Holders(ctx context.Context, d Device) ([]Holder, error) {
	u, err := c.Usage(ctx)
	if err != nil {
		return nil, err
	}
	return u[d], nil
}

// Usage returns who holds which device.
//
// A kubelet before 1.34 also names pods that have ended and are not deleted yet,
// with devices that are free: whoever waits for a device should not wait for
// ever. No kubelet names a pod that it has not admitted yet.
func (c *Client) Usage(ctx context.Context) (Usage, error) {
	answer, err := c.list(ctx)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot ask the kubelet at %q which pods hold devices", c.socket)
	}
	return usageOf(answer), nil
}

// Allocatable returns the devices that the kubelet has to give, in use or not,
// of all device plugins. It is the node's allocatable with the devices' names.
func (c *Client) Allocatable(ctx context.Context) (map[Device]bool, error) {
	var answer *podresourcesv1.AllocatableResourcesResponse
	err := c.ask(ctx, func(ctx context.Context, l podresourcesv1.PodResourcesListerClient) error {
		var err error
		answer, err = l.GetAllocatableResources(ctx, &podresourcesv1.AllocatableResourcesRequest{})
		return err
	})
	if err != nil {
		return nil, errors.Wrapf(err, "cannot ask the kubelet at %q which devices it has", c.socket)
	}
	return devicesOf(answer), nil
}

func (c *Client) list(ctx context.Context) (*podresourcesv1.ListPodResourcesResponse, error) {
	var answer *podresourcesv1.ListPodResourcesResponse
	err := c.ask(ctx, func(ctx context.Context, l podresourcesv1.PodResourcesListerClient) error {
		var err error
		answer, err = l.List(ctx, &podresourcesv1.ListPodResourcesRequest{})
		return err
	})
	return answer, err
}

func (c *Client) ask(ctx context.Context, question func(context.Context, podresourcesv1.PodResourcesListerClient) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()

	// A connection for each question: they are rare, and the kubelet restarts
	// without us.
	d := &dialer{socket: c.socket}
	conn, err := grpc.NewClient("passthrough:///kubelet",
		grpc.WithContextDialer(d.dial),
		grpc.WithTransportCredentials(insecure.NewCredentials()), // A socket of this node.
		grpc.WithAuthority("localhost"),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
		grpc.WithDisableServiceConfig(),
	)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // The answer is there, or its error.
	err = question(ctx, podresourcesv1.NewPodResourcesListerClient(conn))
	if err == nil {
		return nil
	}
	if refused := d.refused(); refused != nil {
		// gRPC says only in words why it could not connect.
		return refused
	}
	return err
}

// A dialer connects to a socket, and remembers why it could not.
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

func (d *dialer) refused() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errors.Is(d.err, fs.ErrNotExist) {
		return ErrNoSocket
	}
	return d.err
}

// usageOf reads an answer. What is nil in it is nothing.
func usageOf(answer *podresourcesv1.ListPodResourcesResponse) Usage {
	u := Usage{}
	for _, p := range answer.GetPodResources() {
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
		// The kubelet lists a device once for each NUMA node that it is near to.
		slices.SortFunc(holders, Holder.Compare)
		u[d] = slices.Compact(holders)
	}
	return u
}

func devicesOf(answer *podresourcesv1.AllocatableResourcesResponse) map[Device]bool {
	out := map[Device]bool{}
	for _, d := range answer.GetDevices() {
		for _, id := range d.GetDeviceIds() {
			out[Device{Resource: d.GetResourceName(), ID: id}] = true
		}
	}
	return out
}
