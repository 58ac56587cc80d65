// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
)

// TestLog configures, changes and releases interfaces. The log has one line for each
// change, and none for a reconcile that changes nothing.
func TestLog(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	m.plug(7, mac2)
	r := m.newHarness(hif("a", mac1, 1, mtu(9001)), hif("b", mac2, 2, userspace(v1alpha1.DPDKDriverVFIO)), hif("c", "02:00:00:00:00:03", 3))
	r.policy.LoadModules = true
	now := time.Now()
	r.now = func() time.Time { return now }
	var got []string
	logger := funcr.New(func(_, line string) { got = append(got, line) }, funcr.Options{})
	check := func(reason string, want ...string) {
		t.Helper()
		got = nil
		for _, name := range []string{"a", "b", "c"} {
			ctx := log.IntoContext(t.Context(), logger.WithValues("hostInterface", name))
			if _, err := r.Reconcile(ctx, request(name)); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("\n%s\nlog: -want, +got:\n%s", reason, diff)
		}
	}
	const a, b = `"hostInterface"="a" "eni"="eni-a" "link"="ens6" "mtu"=%d "pciAddress"="0000:00:06.0" "driver"="ena"`, `"hostInterface"="b" "eni"="eni-b" "pciAddress"="0000:00:07.0" "driver"=%q`
	line := func(message, format string, args ...any) string {
		return `"level"=0 "msg"="` + message + `" ` + fmt.Sprintf(format, args...)
	}
	check("Each interface has one line, also if it is not ready.",
		line("Configured interface", a, 9001), line("Configured interface", b, "vfio-pci"),
		line("Interface is not ready", `"hostInterface"="c" "eni"="eni-c" "reason"="WaitingForDevice" "message"="no link of this host has the MAC address 02:00:00:00:00:03 yet"`))
	check("A reconcile without a change has none.")
	r.change("a", mtu(1500))
	check("A change has one line.", line("Configured interface", a, 1500))

	revert := func() {
		t.Helper()
		must(t, m.links.SetMTU(m.indexOf("ens6"), 1400))
	}
	now = now.Add(logRepeat)
	revert()
	check("A correction has one line.", line("Configured interface", a, 1500))
	revert()
	check("The same correction again has none for a minute.")
	now = now.Add(logRepeat)
	revert()
	check("After a minute it has one.", line("Configured interface", a, 1500))

	r.delete("a")
	r.delete("b")
	r.delete("c")
	check("A release has one line.",
		line("Released interface", a, 1500), line("Released interface", `"hostInterface"="b" "eni"="eni-b" "link"="ens7" "mtu"=1500 "pciAddress"="0000:00:07.0" "driver"="ena"`),
		line("Released interface", `"hostInterface"="c" "eni"="eni-c"`))
	check("A HostInterface that does not exist any more has none.")
}

// TestStartLog starts agents of each profile without an API server.
func TestStartLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.json")
	cases := map[string]struct {
		reason string
		o      Options
		want   string
	}{
		"Kernel":  {reason: "An agent that offers no devices has the kernel profile.", want: "kernel"},
		"DPDK":    {reason: "An agent that offers devices has the DPDK profile.", o: Options{DevicePlugin: offer.DevicePlugin{File: file}}, want: "dpdk"},
		"Modules": {reason: "An agent may load modules, too.", o: Options{DevicePlugin: offer.DevicePlugin{File: file}, Policy: desired.Policy{LoadModules: true}}, want: "dpdk-modules"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.o.NodeName, tc.o.Host = node, newMachine(t).openHost()
			a, err := New(&rest.Config{Host: "http://127.0.0.1:1"}, tc.o)
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var got []string
			ctx, stop := context.WithCancel(log.IntoContext(t.Context(), funcr.New(func(prefix, line string) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, prefix+" "+line)
			}, funcr.Options{})))
			stop()
			if err := a.Run(ctx); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			want := `provider-aws-eni-agent "level"=0 "msg"="Starting" "version"="devel" "node"="node-a" "profile"="` + tc.want + `"`
			if len(got) == 0 || got[0] != want {
				t.Errorf("\n%s\nwant first: %s\ngot: %q", tc.reason, want, got)
			}
		})
	}
}
