// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseMessage(t *testing.T) {
	type want struct {
		id            int
		event, device string
		rejected      string
		greeting      bool
	}
	cases := map[string]struct {
		reason string
		raw    string
		want   want
	}{
		"Greeting":    {reason: "The greeting is not a response.", raw: `{"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": ["oob"]}}`, want: want{greeting: true}},
		"Return":      {reason: "A response has the ID of its command.", raw: `{"return": {}, "id": 3}`, want: want{id: 3}},
		"Error":       {reason: "An error has the ID of its command.", raw: `{"id": 4, "error": {"class": "DeviceNotFound", "desc": "Device 'x' not found"}}`, want: want{id: 4, rejected: "Device 'x' not found"}},
		"Deleted":     {reason: "An event names the device.", raw: `{"timestamp": {"seconds": 1}, "event": "DEVICE_DELETED", "data": {"device": "hp0", "path": "/machine/peripheral/hp0"}}`, want: want{event: "DEVICE_DELETED", device: "hp0"}},
		"DeletedPart": {reason: "A nested device has no ID.", raw: `{"event": "DEVICE_DELETED", "data": {"path": "/machine/peripheral/hp0/virtio-backend"}}`, want: want{event: "DEVICE_DELETED"}},
		"NoData":      {reason: "Some events have no data.", raw: `{"event": "RESUME"}`, want: want{event: "RESUME"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m, err := parseMessage([]byte(tc.raw))
			if err != nil {
				t.Fatal(err)
			}
			got := want{id: m.ID, event: m.Event, device: m.Data.Device, greeting: m.Greeting != nil}
			if m.Error != nil {
				got.rejected = m.Error.Desc
			}
			if d := cmp.Diff(tc.want, got, cmp.AllowUnexported(want{})); d != "" {
				t.Errorf("%s -want, +got:\n%s", tc.reason, d)
			}
		})
	}
	if _, err := parseMessage([]byte(`{"return"`)); err == nil {
		t.Error("a truncated line was parsed")
	}
}

// TestMonitor uses a QEMU that responds out of order, and not to every command.
func TestMonitor(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	go func() {
		fmt.Fprintln(there, `{"QMP": {}}`)
		var kept string
		for lines := bufio.NewScanner(there); lines.Scan(); {
			c := struct {
				Execute string
				ID      int
			}{}
			_ = json.Unmarshal(lines.Bytes(), &c)
			switch c.Execute {
			case "qmp_capabilities":
				fmt.Fprintf(there, `{"return": {}, "id": %d}`+"\n", c.ID)
			case "first":
				kept = fmt.Sprintf(`{"return": {}, "id": %d}`, c.ID)
			case "second":
				fmt.Fprintf(there, `{"event": "DEVICE_DELETED", "data": {"device": "hp0"}}`+"\n"+`{"error": {"desc": "no"}, "id": %d}`+"\n%s\n", c.ID, kept)
			case "end":
				_ = there.Close()
			}
		}
	}()
	events := make(chan event, 1)
	m, err := newMonitor(t.Context(), here, func(e event) { events <- e })
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan error)
	go func() { first <- m.execute(t.Context(), "first", nil) }()
	for waits := 0; waits == 0; time.Sleep(time.Millisecond) {
		m.mu.Lock()
		waits = len(m.pending)
		m.mu.Unlock()
	}
	if err := m.execute(t.Context(), "second", nil); err == nil || !strings.Contains(err.Error(), "qemu rejected second: no") {
		t.Errorf("the second command: %v", err)
	}
	if err := <-first; err != nil {
		t.Errorf("the first command: %v", err)
	}
	if e := <-events; e != (event{Name: "DEVICE_DELETED", Device: "hp0"}) {
		t.Errorf("the event: %+v", e)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := m.execute(ctx, "unanswered", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a command without a response: %v", err)
	}
	if err := m.execute(t.Context(), "end", nil); err == nil {
		t.Error("a command to a qemu that exited succeeded")
	}
}
