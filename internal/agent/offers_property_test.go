// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin/plugintest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// TestRandomHostInterfaces writes the plugin's file for random HostInterfaces next to
// random foreign pools. The plugin can read it, offers each device at most once, and
// as the resource in its HostInterface's status. Foreign pools and unknown keys are
// preserved.
func TestRandomHostInterfaces(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for round := range 60 {
		m := newMachine(t)
		foreign := someFile(r)
		must(t, os.WriteFile(m.pluginFile(), []byte(foreign), 0o600))
		var objects []client.Object
		for slot := range uint8(1 + r.IntN(5)) {
			mac := fmt.Sprintf("02:00:00:00:00:%02x", slot)
			m.plug(slot, mac)
			objects = append(objects, hif(fmt.Sprintf("h%d", slot), mac, int32(slot+1), someConfig(r)))
		}
		a := m.offering(m.newHarness(objects...))
		for range 2 {
			for _, o := range objects {
				_, _ = a.Reconcile(t.Context(), request(o.GetName()))
			}
		}
		m.checkFile(a, objects, foreign)
		for _, o := range objects {
			a.delete(o.GetName())
		}
		for range 2 {
			for _, o := range objects {
				_, _ = a.Reconcile(t.Context(), request(o.GetName()))
			}
		}
		if got := m.offered(); got != foreign {
			t.Fatalf("Round %d: after the release the file has its original content.\nwant %s\ngot  %s", round, foreign, got)
		}
	}
}

// checkFile reads the file as the plugin does.
func (m *machine) checkFile(a *harness, objects []client.Object, foreign string) {
	m.t.Helper()
	text := m.offered()
	drivers := map[string]string{}
	for slot := range uint8(len(objects)) {
		x := pci.Address{Device: slot}
		drivers[x.String()] = m.driver(x)
	}
	// The strict parser rejects unknown keys: remove the key of the test.
	known := strings.Replace(text, unknownKey, "", 1)
	if _, _, err := plugintest.Decode([]byte(known)); err != nil {
		m.t.Fatalf("The file has unknown keys: %v\n%s", err, text)
	}
	got, err := plugintest.Offered([]byte(text), drivers)
	if err != nil {
		m.t.Fatalf("The plugin cannot read it: %v\n%s", err, text)
	}
	for _, pool := range somePools() {
		if strings.Contains(foreign, pool) && !strings.Contains(text, pool) {
			m.t.Fatalf("A foreign pool is changed: %s\n%s", pool, text)
		}
	}
	if strings.Contains(foreign, unknownKey) && !strings.Contains(text, unknownKey) {
		m.t.Fatalf("A foreign key is removed:\n%s", text)
	}
	for i, o := range objects {
		s := a.get(o.GetName()).Status
		address := pci.Address{Device: uint8(i)}.String()
		for resource, devices := range got {
			ours := !strings.HasPrefix(resource, "others.com/")
			if ours && slices.Contains(devices, address) != (resource == s.Resource) {
				m.t.Fatalf("HostInterface %s has resource %q for %s, but the file has %v:\n%s", o.GetName(), s.Resource, address, got, text)
			}
		}
	}
}

// unknownKey is a key that the plugin does not know.
const unknownKey = `"comment": {"by": ["another owner", 1e3]},`

func somePools() []string {
	return []string{
		`{"resourcePrefix" :"others.com","resourceName":"nics", "selectors":{"vendors":["8086"]}}`,
		`{ "resourceName": "gpu_1","resourcePrefix":"others.com","selectors":[{"drivers":["nvidia"],"pfNames":["eth0#0-1"]}],"additionalInfo":{"*":{"t":"\u00e9"}} }`,
	}
}

func someFile(r *rand.Rand) string {
	var pools []string
	for _, p := range somePools() {
		if r.IntN(2) == 0 {
			pools = append(pools, p)
		}
	}
	unknown := ""
	if r.IntN(2) == 0 {
		unknown = unknownKey
	}
	return "{" + unknown + ` "resourceList":[` + strings.Join(pools, ",\n") + "]}\n"
}

// someConfig sets a random driver, and a random valid or invalid resource.
func someConfig(r *rand.Rand) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		if r.IntN(2) == 0 {
			driver := []v1alpha1.DPDKDriver{v1alpha1.DPDKDriverVFIO, v1alpha1.DPDKDriverUIOGeneric, v1alpha1.DPDKDriverIGBUIO}[r.IntN(3)]
			userspace(driver)(hi)
		}
		names := []string{"", "", "intel.com/dpdk", "dpdk", "intel.com/eni", deviceplugin.DefaultPrefix + "/a_b", "with-hyphen", "Bad Name", "no/such/name", "with.dot", "a.b/" + strings.Repeat("n", 63), "intel.com/" + strings.Repeat("n", 58), "intel.com/" + strings.Repeat("n", 59)}
		if n := names[r.IntN(len(names))]; n != "" {
			resource(n)(hi)
		}
	}
}
