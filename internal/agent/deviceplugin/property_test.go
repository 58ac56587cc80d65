// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin/plugintest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// random generates files and pools.
type random struct{ *rand.Rand }

func (r random) of(choices ...string) string { return choices[r.IntN(len(choices))] }

func (r random) space() string { return r.of("", "", " ", "\n", "\t\r\n  ") }

// foreign generates a valid foreign pool.
func (r random) foreign(n int) string {
	s := r.space
	var members []string
	members = append(members, s()+`"resourceName"`+s()+":"+s()+fmt.Sprintf(`"foreign_%d"`, n))
	for _, m := range []string{
		`"resourcePrefix":` + s() + `"example.com"`, `"deviceType": "netDevice"`, `"excludeTopology":` + r.of("true", "false"),
		`"additionalInfo":{"*":{"token":"` + r.of("a", `\u00e9`, "ü", `\"`) + `"}}`,
		`"selectors":` + r.of(`{"vendors":["8086"],"isRdma": true}`, `[{"drivers":["vfio-pci"]},{"pfNames":["eth0#0-1"]}]`, `{"pciAddresses":["0000:00:07.0"]}`),
	} {
		if r.IntN(2) == 0 || strings.HasPrefix(m, `"selectors"`) {
			members = append(members, s()+m+s())
		}
	}
	r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + strings.Join(members, ",") + s() + "}"
}

// file generates a file with foreign pools.
func (r random) file() (string, []string) {
	var foreign []string
	for n := range r.IntN(4) {
		foreign = append(foreign, r.foreign(n))
	}
	var b strings.Builder
	b.WriteString(r.space() + "{" + r.space() + `"resourceList"` + r.space() + ":" + r.space() + "[" + r.space())
	for i, f := range foreign {
		if i > 0 {
			b.WriteString(r.space() + "," + r.space())
		}
		b.WriteString(f)
	}
	b.WriteString(r.space() + "]" + r.space() + "}" + r.space())
	return b.String(), foreign
}

// pools generates valid and invalid pools.
func (r random) pools() []Pool {
	var pools []Pool
	for range r.IntN(6) {
		p := Pool{
			Resource: Resource{
				Prefix: r.of("intel.com", "example.com", "a-b.c", "Upper.com", ""),
				Name:   r.of("dpdk", "eni", "foreign_0", "foreign_1", "sriov_net_A", "my-eni", "my.eni", "", strings.Repeat("a", 57), strings.Repeat("a", 60)),
			},
			Driver: r.of("vfio-pci", "ena", "uio_pci_generic", ""),
		}
		for range r.IntN(4) {
			p.Devices = append(p.Devices, pci.Address{Device: uint8(r.IntN(8))})
		}
		pools = append(pools, p)
	}
	return pools
}

func TestAnyFileAnyPools(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := random{rand.New(rand.NewPCG(seed, 0))}
	host := map[string]string{}
	for i := range 8 {
		host[pci.Address{Device: uint8(i)}.String()] = r.of("vfio-pci", "ena", "uio_pci_generic")
	}
	for range 500 {
		text, foreign := r.file()
		file := []byte(text)
		for range 3 {
			pools := r.pools()
			m, err := Merge(file, pools, owner)
			if err != nil {
				t.Fatalf("%v: %s", err, file)
			}
			checkMerged(t, m, foreign, pools, host)
			file = m.File
		}
		m, err := Merge(file, nil, owner)
		if err != nil {
			t.Fatal(err)
		}
		if len(foreign) > 0 && string(m.File) != text {
			t.Fatalf("Removing all pools restores the file.\n-want, +got:\n%s", cmp.Diff(text, string(m.File)))
		}
		if got, _, err := plugintest.Decode(m.File); err != nil || len(got) != len(foreign) {
			t.Fatalf("Removing all pools leaves only foreign ones: %v\n%s", err, m.File)
		}
	}
}

func checkMerged(t *testing.T, m Merged, foreign []string, pools []Pool, host map[string]string) {
	t.Helper()
	if _, _, err := plugintest.Decode(m.File); err != nil {
		t.Fatalf("%v: %s", err, m.File)
	}
	got, err := plugintest.Offered(m.File, host)
	if err != nil {
		t.Fatalf("%v: %s", err, m.File)
	}
	for r := range got {
		if _, err := ParseResource(r, ""); err != nil {
			t.Fatalf("The file has an invalid name: %v\n%s", err, m.File)
		}
	}
	// Foreign pools are preserved byte for byte, in order, each once.
	rest := m.File
	for _, f := range foreign {
		at := bytes.Index(rest, []byte(f))
		if at < 0 {
			t.Fatalf("A foreign pool was removed: %s\n%s", f, m.File)
		}
		rest = rest[at+len(f):]
	}
	// Each device is offered if it has the driver, or rejected.
	for _, p := range pools {
		for _, a := range p.Devices {
			rejected := slices.ContainsFunc(m.Rejected, func(f Rejection) bool {
				return f.Resource == p.Resource && slices.Contains(f.Devices, a)
			})
			is := slices.Contains(got[p.Resource.String()], a.String())
			if !rejected && !is && host[a.String()] == p.Driver {
				t.Fatalf("%s is neither offered as %s nor rejected: %s", a, p.Resource, m.File)
			}
		}
	}
	again, err := Merge(m.File, pools, owner)
	if err != nil || again.Changed || !bytes.Equal(again.File, m.File) {
		t.Fatalf("Merge is idempotent: %v\n%s\n%s", err, m.File, again.File)
	}
}

// foreignPools returns the foreign pools of a file: their text, or with decoded what the
// plugin decodes, nil if it cannot.
func foreignPools(t *testing.T, file []byte, decoded bool) []string {
	t.Helper()
	if len(bytes.TrimSpace(file)) == 0 {
		file = []byte("{}")
	}
	if decoded {
		var list struct{ ResourceList []entry }
		if json.Unmarshal(file, &list) != nil {
			return nil
		}
		out := make([]string, 0, len(list.ResourceList))
		for _, e := range list.ResourceList {
			raw, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if !owner.owns(raw) {
				out = append(out, string(raw))
			}
		}
		return out
	}
	var raw struct{ ResourceList []json.RawMessage }
	if err := json.Unmarshal(file, &raw); err != nil {
		t.Fatalf("%q is accepted, but is not JSON: %v", file, err)
	}
	out := make([]string, 0, len(raw.ResourceList))
	for _, x := range raw.ResourceList {
		if !owner.owns(x) {
			out = append(out, string(x))
		}
	}
	return out
}

func FuzzMerge(f *testing.F) {
	for _, s := range []string{
		"", empty, full, `{}`, `{"resourceList":null,"a":1}`, `{"resourceList":[` + theirs + ` , ` + ownDPDK + ` ]}`, `{"resourceList":[1 , null,"x"]}`,
		`{"resourceList":[],"resourcelist":[]}`, `[]`, `{"resourCelist":null,"ResourCeList":[{}]}`, `{"resourceList":[` + theirs + `],"b":1,"resourcelist":[{"resourceName":"x"} , ` + ownDPDK + `]}`,
		`{"resourceList":[{"excludeTopology":true},1],"resourcelist":null,"ResourceList":[` + ownDPDK + `]}`, `{"a":{"resourceList":[]}}`, `{"resourceList":[1 2]}`, "{\"reſourceList\":[]}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		d, err := scan(file)
		if err == nil && !json.Valid(d.text()) {
			t.Fatalf("%q is reassembled as %q", file, d.text())
		}
		m, err := Merge(file, []Pool{of("dpdk", "vfio-pci", at(6)), of("eni", "ena", at(7), at(8))}, owner)
		if err != nil {
			return
		}
		lists, _, _, _ := findLists(file)
		several := len(lists) > 1
		if foreign, got := foreignPools(t, file, several), foreignPools(t, m.File, several); foreign != nil && !reflect.DeepEqual(foreign, got) {
			t.Fatalf("%q was merged to %q", file, m.File)
		}
		again, err := Merge(m.File, []Pool{of("dpdk", "vfio-pci", at(6)), of("eni", "ena", at(7), at(8))}, owner)
		if err != nil || again.Changed {
			t.Fatalf("%q changes again: %v", m.File, err)
		}
		if _, err := Merge(m.File, nil, owner); err != nil {
			t.Fatalf("%q cannot be merged again: %v", m.File, err)
		}
	})
}
