// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/internal/agent/agenttest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// inConfinement is set in the environment of TestScanConfined as a confined process.
const inConfinement = "LINK_TEST_CONFINED"

// TestScanConfined scans with the capabilities of the DaemonSet's container.
func TestScanConfined(t *testing.T) {
	if os.Getenv(inConfinement) != "" {
		scanConfined(t)
		return
	}
	h := agenttest.NewHost(t)
	h.PlugIn("eth1", mac)
	h.NewPod("veth0", "0a:00:00:00:00:01").AddMacvlan("net1", "eth1", "0a:00:00:00:01:01")
	h.PlugIn("eth2", "02:00:00:00:00:02")
	h.NewPod("veth1", "0a:00:00:00:00:02").Take("eth2", "net2")
	out, err := h.Confined("TestScanConfined", inConfinement+"=1")
	h.Do(err)
	for _, want := range []string{"user macvlan net1 of the pod\n", "moved net2 true\n"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("With NET_ADMIN alone a scan finds the links of pods: want %q, got\n%s", want, out)
		}
	}
}

func scanConfined(t *testing.T) {
	if !agenttest.HasOnlyNetAdmin() {
		t.Fatal("the process has other capabilities than NET_ADMIN")
	}
	l, err := link.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s, err := l.Scan()
	if err != nil {
		t.Fatal(err)
	}
	index, err := l.Index("eth1")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range namesOf(s.Users(index)) {
		fmt.Println("user", n)
	}
	moved, ok := s.Moved("02:00:00:00:00:02", anyKind)
	fmt.Println("moved", moved.Name, ok)
}
