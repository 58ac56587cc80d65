// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package extendedresource

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource/kubelettest"
)

const uplink = "networking.k8s.aws/uplink"

// of returns the readiness of an interface.
func of(resource string, capacity, interfaces int32) *v1alpha1.HostReadiness {
	return &v1alpha1.HostReadiness{Resource: resource, Capacity: capacity, Interfaces: interfaces}
}

// A harness is a Publisher with a clock, and a simulated kubelet.
type harness struct {
	*Publisher

	t       *testing.T
	clock   time.Time
	kubelet *kubelettest.Kubelet
	lost    chan struct{}
}

// newHarness returns a harness without a kubelet.
func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{t: t, clock: time.Unix(1e9, 0), lost: make(chan struct{}, 100)}
	h.Publisher = New(t.TempDir(), func() time.Time { return h.clock })
	h.OnLost(func() { h.lost <- struct{}{} })
	t.Cleanup(h.Close)
	return h
}

// start starts a kubelet, which must find no violation until the end of the test.
func (h *harness) start() {
	h.t.Helper()
	k, err := kubelettest.Start(h.t.Context(), h.Dir())
	if err != nil {
		h.t.Fatal(err)
	}
	h.kubelet = k
	h.t.Cleanup(func() {
		k.Stop()
		if err := k.Violations(); err != nil {
			h.t.Errorf("The agent violates the device plugin API: %v", err)
		}
	})
}

// publish publishes an interface, and returns the condition and the delay of the next check.
func (h *harness) publish(name string, r *v1alpha1.HostReadiness, ready bool) string {
	h.t.Helper()
	s := h.Publish(h.t.Context(), name, r, ready)
	if s.Condition == nil {
		return "none"
	}
	return fmt.Sprintf("%s %s %s", s.Condition.Status, s.Condition.Reason, s.RequeueAfter)
}

// units waits until the kubelet has a number of units, as "allocatable/capacity".
func (h *harness) units(reason, resource, want string) {
	h.t.Helper()
	h.await(reason+" want "+want, func() (string, bool) {
		got, _ := h.kubelet.Resource(resource)
		return got, got == want
	})
}

func (h *harness) await(what string, is func() (string, bool)) {
	h.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		got, ok := is()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("%s: got %s", what, got)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (h *harness) check(reason, want, got string) {
	h.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("\n%s\n-want, +got:\n%s", reason, diff)
	}
}

const (
	advertised  = "True Advertised 0s"
	registering = "True Advertised 5s"
)

// watched waits until the kubelet watches a resource, so that the next check is not due.
func (h *harness) watched(resource string) {
	h.t.Helper()
	h.await("the kubelet watches "+resource, func() (string, bool) {
		_, lists := h.kubelet.Resource(resource)
		return "no list", lists > 0
	})
}

// TestReadiness follows a resource of two interfaces through their life.
func TestReadiness(t *testing.T) {
	h := newHarness(t)
	h.start()
	r := of(uplink, 250, 2)
	h.check("The first interface registers the resource, also when it is not ready.", registering, h.publish("a", r, false))
	h.units("No unit is allocatable.", uplink, "0/250")
	h.check("The kubelet watches.", advertised, h.publish("a", r, true))
	h.units("One of two interfaces is not enough.", uplink, "0/250")
	h.publish("b", r, false)
	h.units("Nor is an interface that is not ready.", uplink, "0/250")
	h.publish("b", r, true)
	h.units("With both, all units are.", uplink, "250/250")
	if err := h.kubelet.Allocate(t.Context(), uplink, 2); err != nil {
		t.Errorf("Units can be allocated: %v", err)
	}
	_, lists := h.kubelet.Resource(uplink)
	h.publish("a", r, true)
	h.publish("b", r, true)
	h.NotReady(t.Context(), "a")
	h.units("An interface that changes is not ready.", uplink, "0/250")
	if _, now := h.kubelet.Resource(uplink); now != lists+1 {
		t.Errorf("The list is sent after a change only: %d lists more", now-lists)
	}
	h.publish("a", r, true)
	h.units("The interface is ready again.", uplink, "250/250")
	h.Forget(t.Context(), "b")
	h.units("A released interface is missing.", uplink, "0/250")
	h.publish("a", of(uplink, 7, 1), true)
	h.units("The remaining interface suffices, and the capacity has changed.", uplink, "7/7")
	h.check("Without a resource, an interface has no condition.", "none", h.publish("a", nil, true))
	h.units("The last interface stops the server.", uplink, "0/7")
	if left, _ := filepath.Glob(filepath.Join(h.Dir(), prefix+"*")); len(left) > 0 {
		t.Errorf("The socket is removed: %v", left)
	}
	if n := h.kubelet.Registrations(); n != 1 {
		t.Errorf("The resource was registered %d times", n)
	}
	if len(h.lost) > 0 {
		t.Error("The end of the server is no loss of the kubelet.")
	}
	h.publish("a", r, true)
	h.units("The resource is advertised again.", uplink, "0/250")
}

// TestNoDirectory has an agent without access to the kubelet.
func TestNoDirectory(t *testing.T) {
	p := New("", time.Now)
	defer p.Close()
	s := p.Publish(t.Context(), "a", of(uplink, 250, 1), true)
	if s.Condition == nil || s.Condition.Reason != v1alpha1.ReasonNoKubeletDirectory || s.RequeueAfter != 0 || !strings.Contains(s.Condition.Message, "agent.readinessResource.enabled") {
		t.Errorf("The condition names the option: %+v", s)
	}
	if s := p.Publish(t.Context(), "b", nil, true); s.Condition != nil {
		t.Errorf("An interface without a resource has no condition: %+v", s)
	}
}

// TestResources has two resources, and an interface that moves from one to the other.
func TestResources(t *testing.T) {
	h := newHarness(t)
	h.start()
	other := "networking.k8s.aws/other"
	h.publish("a", of(uplink, 2, 1), true)
	h.publish("b", of(other, 3, 1), false)
	h.units("Each resource has its own interfaces.", uplink, "2/2")
	h.units("Each resource has its own interfaces.", other, "0/3")
	h.publish("a", of(other, 3, 2), true)
	h.units("The last interface of a resource has another one now.", uplink, "0/2")
	h.publish("b", of(other, 3, 2), true)
	h.units("Both interfaces are ready.", other, "3/3")
	h.Close()
	h.units("A stopped agent advertises nothing.", other, "0/3")
	h.check("A reconcile after the end does not start a server.", "none", h.publish("b", of(other, 3, 1), true))
}

// TestProperty publishes and forgets interfaces in random order, and compares the devices with
// a model and the kubelet's view.
func TestProperty(t *testing.T) {
	h := newHarness(t)
	h.start()
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	resources := []string{uplink, "networking.k8s.aws/other"}
	type entry struct {
		r     v1alpha1.HostReadiness
		ready bool
	}
	model := map[string]entry{}
	for step := range 3000 {
		name := fmt.Sprint("hif-", random.IntN(5))
		switch random.IntN(6) {
		case 0:
			h.Forget(t.Context(), name)
			delete(model, name)
		case 1:
			h.NotReady(t.Context(), name)
			if e, ok := model[name]; ok {
				model[name] = entry{r: e.r}
			}
		default:
			e := entry{r: *of(resources[random.IntN(2)], 1+random.Int32N(3), 1+random.Int32N(3)), ready: random.IntN(4) > 0}
			h.Publish(t.Context(), name, &e.r, e.ready)
			model[name] = e
		}
		for _, resource := range resources {
			var want devices
			all, most, members := true, 0, 0
			for _, e := range model {
				if e.r.Resource == resource {
					members++
					want.count, most, all = max(want.count, e.r.Capacity), max(most, int(e.r.Interfaces)), all && e.ready
				}
			}
			want.healthy = members > 0 && members >= most && all
			if got := h.devices(resource); got != want {
				t.Fatalf("seed %d, step %d: %s: got %+v, want %+v", seed, step, resource, got, want)
			}
			if serves := h.registrations[resource] != nil; serves != (members > 0) {
				t.Fatalf("seed %d, step %d: %s: %d members, served: %t", seed, step, resource, members, serves)
			}
			if step%100 != 99 || members == 0 {
				continue
			}
			healthy := want.count
			if !want.healthy {
				healthy = 0
			}
			h.clock = h.clock.Add(time.Minute) // a registration that the kubelet refused is repeated
			h.await(fmt.Sprintf("seed %d, step %d: %s", seed, step, resource), func() (string, bool) {
				for n, e := range model {
					h.Publish(t.Context(), n, &e.r, e.ready)
				}
				h.clock = h.clock.Add(time.Second)
				got, _ := h.kubelet.Resource(resource)
				return got, got == fmt.Sprintf("%d/%d", healthy, want.count)
			})
		}
	}
}
