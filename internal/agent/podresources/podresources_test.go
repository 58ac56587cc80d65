// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package podresources

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	podresourcesv1 "k8s.io/kubelet/pkg/apis/podresources/v1"
)

// A kubelet returns canned responses.
type kubelet struct {
	podresourcesv1.UnimplementedPodResourcesListerServer

	list        func(ctx context.Context) (*podresourcesv1.ListPodResourcesResponse, error)
	allocatable *podresourcesv1.AllocatableResourcesResponse
}

func (k kubelet) List(ctx context.Context, _ *podresourcesv1.ListPodResourcesRequest) (*podresourcesv1.ListPodResourcesResponse, error) {
	return k.list(ctx)
}

// serve starts a kubelet and returns its socket.
func serve(t *testing.T, k kubelet) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "k")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.MaxSendMsgSize(2 * maxResponseBytes))
	podresourcesv1.RegisterPodResourcesListerServer(s, k)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		if err := <-done; err != nil {
			t.Errorf("cannot serve: %v", err)
		}
	})
	return socket
}

func pod(namespace, name string, containers ...*podresourcesv1.ContainerResources) *podresourcesv1.PodResources {
	return &podresourcesv1.PodResources{Namespace: namespace, Name: name, Containers: containers}
}

func container(name string, devices ...*podresourcesv1.ContainerDevices) *podresourcesv1.ContainerResources {
	return &podresourcesv1.ContainerResources{Name: name, Devices: devices, CpuIds: []int64{1}}
}

func allocated(resource string, ids ...string) *podresourcesv1.ContainerDevices {
	return &podresourcesv1.ContainerDevices{ResourceName: resource, DeviceIds: ids}
}

func response(pods ...*podresourcesv1.PodResources) *podresourcesv1.ListPodResourcesResponse {
	return &podresourcesv1.ListPodResourcesResponse{PodResources: pods}
}

const dpdk = "intel.com/dpdk"

func TestHolders(t *testing.T) {
	six := Device{Resource: dpdk, ID: "0000:00:06.0"}
	cases := map[string]struct {
		reason   string
		response *podresourcesv1.ListPodResourcesResponse
		want     []Holder
	}{
		"Held": {
			reason:   "A device is held by the container that it is allocated to.",
			response: response(pod("a", "idle", container("c")), pod("b", "app", container("init"), container("main", allocated("example.com/gpu", six.ID), allocated(dpdk, "0000:00:07.0", six.ID)))),
			want:     []Holder{{"b", "app", "main"}},
		},
		"Free":          {reason: "A device that is not allocated has no holders.", response: response(pod("b", "app", container("main", allocated(dpdk, "0000:00:07.0"))))},
		"OtherResource": {reason: "A device with the same ID of another resource is another device.", response: response(pod("b", "app", container("main", allocated("intel.com/eni", six.ID))))},
		"NoPods":        {reason: "A node without pods has no holders.", response: response()},
		"Several": {
			reason: "Holders are sorted and unique, although a device is listed once for each of its NUMA nodes.",
			response: response(
				pod("b", "x", container("c", allocated(dpdk, six.ID), allocated(dpdk, six.ID))),
				pod("a", "y", container("d", allocated(dpdk, six.ID)), container("c", allocated(dpdk, six.ID))),
			),
			want: []Holder{{"a", "y", "c"}, {"a", "y", "d"}, {"b", "x", "c"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			socket := serve(t, kubelet{list: func(context.Context) (*podresourcesv1.ListPodResourcesResponse, error) { return tc.response, nil }})
			got, err := NewClient(socket).Holders(t.Context(), six)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if got := (Holder{"b", "app", "main"}).String(); got != "b/app (main)" {
		t.Errorf("A holder is formatted as namespace/pod (container): %s", got)
	}
}

func TestListError(t *testing.T) {
	cases := map[string]struct {
		reason string
		list   func(ctx context.Context) (*podresourcesv1.ListPodResourcesResponse, error)
		code   codes.Code
	}{
		"Refused": {
			reason: "The error of the kubelet is returned.",
			list: func(context.Context) (*podresourcesv1.ListPodResourcesResponse, error) {
				return nil, status.Error(codes.ResourceExhausted, "rejected by rate limit")
			},
			code: codes.ResourceExhausted,
		},
		"Silent": {
			reason: "A call to a kubelet that does not respond times out.",
			list: func(ctx context.Context) (*podresourcesv1.ListPodResourcesResponse, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			},
			code: codes.DeadlineExceeded,
		},
		"TooLarge": {
			reason: "An oversized response is an error.",
			list: func(context.Context) (*podresourcesv1.ListPodResourcesResponse, error) {
				return response(pod(strings.Repeat("a", maxResponseBytes), "x")), nil
			},
			code: codes.ResourceExhausted,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			timeout := time.Minute
			if tc.code == codes.DeadlineExceeded {
				timeout = 50 * time.Millisecond
			}
			_, err := NewClient(serve(t, kubelet{list: tc.list}), WithTimeout(timeout)).Holders(t.Context(), Device{})
			if got := status.Code(err); got != tc.code {
				t.Errorf("\n%s\nwant %s, got %s: %v", tc.reason, tc.code, got, err)
			}
		})
	}
}

func TestNoKubelet(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	_, err := NewClient(missing).Usage(t.Context())
	if diff := cmp.Diff(ErrNoSocket, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A missing socket is ErrNoSocket.\n-want, +got:\n%s", diff)
	}
	want := `cannot list the devices of pods from the kubelet at "` + missing + `": no such socket: mount its directory into the agent, and check that the kubelet runs`
	if err != nil && err.Error() != want {
		t.Errorf("The error names the socket and what to check.\nwant %s\n got %s", want, err)
	}

	// The socket of a killed kubelet.
	dead := filepath.Join(dir, "dead")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", dead)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	_, err = NewClient(dead).Usage(t.Context())
	if diff := cmp.Diff(syscall.ECONNREFUSED, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A socket without a listener is ECONNREFUSED.\n-want, +got:\n%s", diff)
	}

	// A file that is not a socket.
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewClient(file).Usage(t.Context()); err == nil {
		t.Error("A file that is not a socket is an error.")
	}

	// A caller that cancels.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewClient(missing).Usage(ctx); err == nil {
		t.Error("A cancelled call is an error.")
	}
}

func FuzzUsage(f *testing.F) {
	for _, a := range []*podresourcesv1.ListPodResourcesResponse{
		response(),
		response(pod("", "")),
		response(pod("b", "app", container("main", allocated(dpdk, "0000:00:06.0", "0000:00:06.0"), allocated("")))),
		response(pod("b", "x", container("c", allocated(dpdk, "1"))), pod("a", "x", container("c", allocated(dpdk, "1")))),
	} {
		b, err := proto.Marshal(a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0x0a, 0x02, 0x1a, 0x00, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		var a podresourcesv1.ListPodResourcesResponse
		if proto.Unmarshal(b, &a) != nil {
			return
		}
		u := usageOf(&a)
		for _, p := range a.GetPodResources() {
			for _, c := range p.GetContainers() {
				for _, d := range c.GetDevices() {
					for _, id := range d.GetDeviceIds() {
						h := Holder{p.GetNamespace(), p.GetName(), c.GetName()}
						if n := count(u[Device{d.GetResourceName(), id}], h); n != 1 {
							t.Errorf("%s is listed %d times as holder of %q", h, n, id)
						}
					}
				}
			}
		}
		for d, holders := range u {
			if len(holders) == 0 {
				t.Errorf("%v has an empty list of holders", d)
			}
		}
	})
}

func count(holders []Holder, h Holder) int {
	n := 0
	for _, x := range holders {
		if x == h {
			n++
		}
	}
	return n
}

func (k kubelet) GetAllocatableResources(context.Context, *podresourcesv1.AllocatableResourcesRequest) (*podresourcesv1.AllocatableResourcesResponse, error) {
	return k.allocatable, nil
}

func TestAllocatable(t *testing.T) {
	socket := serve(t, kubelet{allocatable: &podresourcesv1.AllocatableResourcesResponse{
		Devices: []*podresourcesv1.ContainerDevices{allocated(dpdk, "0000:00:06.0"), allocated(dpdk, "0000:00:07.0", "0000:00:06.0"), allocated("example.com/gpu", "0")},
	}})
	got, err := NewClient(socket).Allocatable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[Device]bool{{dpdk, "0000:00:06.0"}: true, {dpdk, "0000:00:07.0"}: true, {"example.com/gpu", "0"}: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Allocatable devices are unique, although a device is listed once for each of its NUMA nodes.\n-want, +got:\n%s", diff)
	}
	_, err = NewClient(filepath.Join(t.TempDir(), "none")).Allocatable(t.Context())
	if diff := cmp.Diff(ErrNoSocket, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A missing socket is ErrNoSocket.\n-want, +got:\n%s", diff)
	}
}
