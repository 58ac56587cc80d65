// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package extendedresource

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestNoKubelet has no kubelet at first: the registration is repeated, after longer delays.
func TestNoKubelet(t *testing.T) {
	h := newHarness(t)
	r := of(uplink, 1, 1)
	s := h.Publish(t.Context(), "a", r, true)
	if s.Condition.Reason != v1alpha1.ReasonNotRegistered || !strings.Contains(s.Condition.Message, "no such file or directory") {
		t.Errorf("The condition has the cause: %+v", s.Condition)
	}
	h.check("The registration is repeated soon.", "False NotRegistered 5s", h.publish("a", r, true))
	h.clock = h.clock.Add(2 * time.Second)
	h.check("Reconciles in between do not repeat it.", "False NotRegistered 3s", h.publish("b", r, true))
	h.clock = h.clock.Add(3 * time.Second)
	h.check("Later it is repeated more slowly.", "False NotRegistered 30s", h.publish("a", r, true))
	h.Retry()
	h.check("A kubelet that starts may refuse connections for a moment.", "False NotRegistered 5s", h.publish("a", r, true))
	h.start()
	h.check("The kubelet has removed the socket, but the retry is not due.", "False NotRegistered 5s", h.publish("a", r, true))
	h.Retry()
	h.check("The socket of the kubelet has appeared.", registering, h.publish("a", r, true))
	h.units("Both interfaces are ready.", uplink, "1/1")
}

// TestRestart restarts the kubelet, which removes the sockets of plugins and knows no resource.
func TestRestart(t *testing.T) {
	h := newHarness(t)
	h.start()
	r := of(uplink, 1, 1)
	h.publish("a", r, true)
	h.watched(uplink)
	h.clock = h.clock.Add(time.Minute)
	h.check("The steady state needs no check.", advertised, h.publish("a", r, true))

	h.kubelet.Stop()
	<-h.lost
	h.check("A kubelet that restarts is waited for.", "True Advertised 5s", h.publish("a", r, true))
	h.clock = h.clock.Add(5 * time.Second)
	h.check("A kubelet that restarts is waited for.", "True Advertised 25s", h.publish("a", r, true))
	h.clock = h.clock.Add(25 * time.Second)
	h.check("A kubelet that does not start does not have the resource.", "False NotRegistered 5s", h.publish("a", r, true))

	h.start()
	h.Retry()
	h.check("The resource is registered again, at a new socket.", registering, h.publish("a", r, true))
	h.units("The interface is ready.", uplink, "1/1")
	h.clock = h.clock.Add(time.Minute)
	h.check("The steady state needs no check.", advertised, h.publish("a", r, true))
	if n := h.kubelet.Registrations(); n != 1 {
		t.Errorf("The resource was registered %d times", n)
	}
}

// TestDropped has a kubelet that closes the connection of a resource.
func TestDropped(t *testing.T) {
	h := newHarness(t)
	h.start()
	r := of(uplink, 1, 1)
	h.publish("a", r, true)
	h.watched(uplink)
	h.kubelet.Disconnect(uplink)
	<-h.lost
	h.units("Without a connection no unit is allocatable.", uplink, "0/1")
	h.check("The kubelet may still connect.", registering, h.publish("a", r, true))
	h.clock = h.clock.Add(4 * time.Second)
	h.check("The kubelet may still connect.", "True Advertised 1s", h.publish("a", r, true))
	h.clock = h.clock.Add(time.Second)
	h.check("The resource is registered again.", registering, h.publish("a", r, true))
	h.units("The interface is ready.", uplink, "1/1")
	if n := h.kubelet.Registrations(); n != 2 {
		t.Errorf("The resource was registered %d times", n)
	}
}

// TestRefused has a kubelet that rejects a registration.
func TestRefused(t *testing.T) {
	h := newHarness(t)
	h.start()
	h.kubelet.Refuse(true)
	s := h.Publish(t.Context(), "a", of(uplink, 1, 1), true)
	if s.Condition.Reason != v1alpha1.ReasonNotRegistered || !strings.Contains(s.Condition.Message, "the kubelet is stopping") {
		t.Errorf("The condition has the error: %+v", s.Condition)
	}
	h.kubelet.Refuse(false)
	h.clock = h.clock.Add(firstRetry)
	h.check("The registration is repeated.", registering, h.publish("a", of(uplink, 1, 1), true))
	h.units("The interface is ready.", uplink, "1/1")
}

// TestSocketRemoved removes the socket of a running server.
func TestSocketRemoved(t *testing.T) {
	h := newHarness(t)
	h.start()
	r := of(uplink, 1, 1)
	h.publish("a", r, true)
	h.watched(uplink)
	path := filepath.Join(h.Dir(), socketName(uplink))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	h.await("the resource is registered at another socket", func() (string, bool) {
		h.clock = h.clock.Add(time.Minute)
		h.publish("a", r, true)
		_, err := os.Lstat(path)
		return "no socket", err == nil && h.kubelet.Registrations() == 2
	})
	h.units("The interface is ready.", uplink, "1/1")

	// Another agent replaces the socket: it is not removed.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h.Forget(t.Context(), "a")
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("The socket of another agent is kept: %v", err)
	}
}

// TestStaleSocket has the socket of an agent that was killed, and then another file.
func TestStaleSocket(t *testing.T) {
	h := newHarness(t)
	h.start()
	path := filepath.Join(h.Dir(), socketName(uplink))
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	h.check("The stale socket is replaced.", registering, h.publish("a", of(uplink, 1, 1), true))
	h.Forget(t.Context(), "a")

	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h.check("Another file is not.", "False NotRegistered 5s", h.publish("a", of(uplink, 1, 1), true))
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("The file is kept: %v", err)
	}
}

func TestSocketName(t *testing.T) {
	long := "networking.k8s.aws/" + strings.Repeat("n", 63)
	if got := len(filepath.Join(DefaultDir, socketName(long))); got > 107 {
		t.Errorf("The path of a socket has at most 107 bytes: %d", got)
	}
	if socketName(long) == socketName(uplink) {
		t.Error("Each resource has its own socket.")
	}
}
