// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package topology_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/topology"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/topology/topologytest"
)

var update = flag.Bool("update", false, "write the expected output of testdata")

// mapOf returns the map of a cluster.
func mapOf(t *testing.T, c *topologytest.Cluster, names ...string) *topology.Map {
	t.Helper()
	f, err := c.Fleet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return topology.Of(f, names...)
}

// text returns what a function writes.
func text(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements parses XML, and returns the elements with the text below each.
func elements(t *testing.T, document string) []element {
	t.Helper()
	var out []element
	var open []*strings.Builder // the text of the elements around the present token
	var texts []*strings.Builder
	d := xml.NewDecoder(strings.NewReader(document))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			for i := range out {
				out[i].text = texts[i].String()
			}
			return out
		}
		if err != nil {
			t.Fatalf("not valid XML: %s", err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			b := &strings.Builder{}
			open, texts = append(open, b), append(texts, b)
			e := element{name: x.Name.Local, attributes: map[string]string{}}
			for _, a := range x.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			out = append(out, e)
		case xml.CharData:
			for _, b := range open {
				b.Write(x)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

// An element is an XML element with all text in it.
type element struct {
	name       string
	attributes map[string]string
	text       string
}

// is reports whether an element has a class.
func (e *element) is(class string) bool {
	return slices.Contains(strings.Fields(e.attributes["class"]), class)
}

// count returns how many elements have a class.
func count(all []element, class string) int {
	n := 0
	for i := range all {
		if all[i].is(class) {
			n++
		}
	}
	return n
}

func TestGolden(t *testing.T) {
	m := mapOf(t, topologytest.Situations())
	for name, write := range map[string]func(io.Writer) error{"map.svg": m.SVG, "map.html": m.HTML, "map.dot": m.Dot} {
		t.Run(name, func(t *testing.T) {
			got := text(t, write)
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s: -want, +got (go test ./internal/kubectl/topology -update writes it):\n%s", file, diff)
			}
		})
	}
}

// summary returns a line for each zone, node and ENI.
func summary(m *topology.Map) []string {
	var out []string
	add := func(enis []topology.ENI) {
		for _, e := range enis {
			out = append(out, strings.Join([]string{"    " + e.State.Mark(), e.Place(), e.Label(), e.NodeENI}, " "))
		}
	}
	for _, z := range m.Zones {
		out = append(out, z.Name)
		for _, n := range z.Nodes {
			out = append(out, "  "+n.Name)
			add(n.ENIs)
		}
	}
	if len(m.Retained) > 0 {
		out = append(out, "retained")
	}
	add(m.Retained)
	return out
}

func TestOf(t *testing.T) {
	cases := map[string]struct {
		reason string
		names  []string
		want   []string
		totals string
		idle   []string
	}{
		"All": {
			reason: "Zones are sorted, the unknown zone is the last; ENIs are sorted by network card and device index; a node that no NodeENI selects is not shown.",
			want: []string{
				"us-east-1a",
				"  ip-10-0-128-10.ec2.internal",
				"    ✓ 1 eni-00000000000000000 data",
				"    ✓ 2 eni-00000000000000001 data",
				"    ✓ 1:1 eni-00000000000000002 firewall-inside-production-east",
				"  ip-10-0-128-11.ec2.internal",
				"    ✓ 1 eni-00000000000000003 data",
				"    … 3 eni-00000000000000004 firewall-inside-production-east",
				"us-east-1b",
				"  ip-10-0-160-200.us-west-2.compute.internal",
				"    … 1 eni-00000000000000005 data",
				"    ✗ 2 eni-00000000000000006 data",
				"    ✗ - data-0000000007 data",
				"us-east-1c",
				"  ip-10-0-192-12.ec2.internal",
				"    ·  no ENI data",
				"unknown zone",
				"  deleted-node",
				"    ✓ 1 eni-00000000000000009 data",
				"  node-without-zone",
				"    ✓ 1 eni-00000000000000008 data",
				"retained",
				"    ○ - eni-0000000000000000a data",
			},
			totals: "4 zones, 6 nodes, 11 ENIs: 6 ready, 2 waiting, 2 failed, 1 retained; 1 missing",
			idle:   []string{"idle"},
		},
		"Restricted": {
			reason: "Only the ENIs of the named NodeENI are shown.",
			names:  []string{"firewall-inside-production-east"},
			want: []string{
				"us-east-1a",
				"  ip-10-0-128-10.ec2.internal",
				"    ✓ 1:1 eni-00000000000000002 firewall-inside-production-east",
				"  ip-10-0-128-11.ec2.internal",
				"    … 3 eni-00000000000000004 firewall-inside-production-east",
			},
			totals: "1 zone, 2 nodes, 2 ENIs: 1 ready, 1 waiting",
		},
		"Idle": {reason: "A NodeENI without nodes has no box, but is named.", names: []string{"idle"}, totals: "0 zones, 0 nodes, 0 ENIs", idle: []string{"idle"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := mapOf(t, topologytest.Situations(), tc.names...)
			if diff := cmp.Diff(tc.want, summary(m)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if got := m.Totals().String(); got != tc.totals {
				t.Errorf("\n%s\ntotals %q, want %q", tc.reason, got, tc.totals)
			}
			if diff := cmp.Diff(tc.idle, m.Idle); diff != "" {
				t.Errorf("\n%s\nNodeENIs without nodes: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestStates(t *testing.T) {
	host := func(r xpv2.ConditionReason) func(e *topologytest.ENI) {
		return func(e *topologytest.ENI) { e.Host.SetConditions(v1alpha1.NotReady(r, "")) }
	}
	cases := map[string]struct {
		reason string
		change func(e *topologytest.ENI)
		want   topology.State
	}{
		"Ready":    {reason: "An ENI without a problem is ready.", change: func(*topologytest.ENI) {}, want: topology.Ready},
		"NoHost":   {reason: "A HostInterface that does not exist yet is created by the provider.", change: func(e *topologytest.ENI) { e.Host = v1alpha1.HostInterface{} }, want: topology.Waiting},
		"Creating": {reason: "EC2 creates the ENI.", change: func(e *topologytest.ENI) { e.Interface.SetConditions(xpv2.Creating()) }, want: topology.Waiting},
		"Throttled": {reason: "The provider repeats a throttled call.", change: func(e *topologytest.ENI) {
			e.Interface.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonEC2Throttled, ""))
		}, want: topology.Waiting},
		"Pods":         {reason: "The agent waits for pods.", change: host(v1alpha1.ReasonWaitingForPods), want: topology.Waiting},
		"Driver":       {reason: "A driver that is not loaded needs a change.", change: host(v1alpha1.ReasonDriverNotLoaded), want: topology.Failed},
		"Rejected":     {reason: "A link that is configured fails if its ENI has an error.", change: topologytest.Rejected, want: topology.Failed},
		"OldSpec":      {reason: "An agent that has not applied the spec has work to do.", change: func(e *topologytest.ENI) { e.Host.Generation = 2 }, want: topology.Waiting},
		"NotAvailable": {reason: "An ENI without attachment is retained if it has the annotation.", change: topologytest.Kept, want: topology.Retained},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &topologytest.Cluster{}
			c.NodeENI("data")
			c.Node("n", "z", "data")
			c.ENI("data", "n", 1, tc.change)
			m := mapOf(t, c)
			got := m.Retained
			for _, z := range m.Zones {
				got = append(got, z.Nodes[0].ENIs...)
			}
			if got[0].State != tc.want {
				t.Errorf("\n%s\ngot %s, want %s:\n%s", tc.reason, got[0].State, tc.want, got[0].Text())
			}
		})
	}
}

// TestMissing verifies that the text of a missing ENI has the cause.
func TestMissing(t *testing.T) {
	m := mapOf(t, topologytest.Situations())
	got := m.Zones[2].Nodes[0].ENIs[0].Text()
	want := "NodeENI: data\nNode: ip-10-0-192-12.ec2.internal\nZone: us-east-1c\nState: missing\n" +
		"Problem: NoSubnetInZone: no configured subnet is in the zone of: ip-10-0-192-12.ec2.internal"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSVG(t *testing.T) {
	all := elements(t, text(t, mapOf(t, topologytest.Situations()).SVG))
	for class, want := range map[string]int{"zone": 4, "kept": 1, "node": 6, "eni": 12, "ready": 6 + 1, "waiting": 2 + 1, "failed": 2 + 1, "missing": 1 + 1, "retained": 1 + 1, "legend": 5} {
		if got := count(all, class); got != want {
			t.Errorf("\nEach zone, node and ENI is drawn, and each state is in the legend.\n%d of class %s, want %d", got, class, want)
		}
	}
	marks := map[string]string{"ready": "✓", "waiting": "…", "failed": "✗", "missing": "·", "retained": "○"}
	for _, e := range all {
		for class, mark := range marks {
			if e.is("eni") && e.is(class) && !strings.Contains(e.text, mark) {
				t.Errorf("\nThe state is not shown by the colour alone.\n%s has no %s", e.text, mark)
			}
		}
	}
}

// TestEmpty verifies that a cluster without NodeENIs has valid pictures.
func TestEmpty(t *testing.T) {
	m := mapOf(t, &topologytest.Cluster{})
	if got := text(t, m.SVG); !strings.Contains(got, "No network interfaces found") || count(elements(t, got), "eni") != 0 {
		t.Errorf("got %s", got)
	}
	if got := text(t, m.Dot); !strings.HasPrefix(got, "graph enis {\n") || !strings.HasSuffix(got, "\n}\n") {
		t.Errorf("got %s", got)
	}
	if got := text(t, m.HTML); !strings.HasPrefix(got, "<!DOCTYPE html>") {
		t.Errorf("got %s", got)
	}
}

// hostile returns a cluster in which each name is text.
func hostile(text string) *topologytest.Cluster {
	c := &topologytest.Cluster{}
	c.NodeENI("data", v1alpha1.NodesNotUsable(xpv2.ConditionReason(text), text))
	c.NodeENI(text)
	c.Node("n1", text, "data")
	c.Node(text, "z", "data")
	c.Node("n3", "z", "data")
	c.Nodes[0].Spec.ProviderID, c.Nodes[0].Labels[corev1.LabelInstanceTypeStable] = text, text
	set := func(e *topologytest.ENI) {
		meta.SetExternalName(&e.Interface, text)
		ni, at, h := &e.Interface.Status.AtProvider, &e.Attachment.Status.AtProvider, &e.Host.Status
		ni.ID, ni.SubnetID, ni.PrivateIP, ni.PrivateIPs, ni.IPv6Addresses, ni.MACAddress, ni.PublicIP = text, text, text, []string{text}, []string{text}, text, text
		at.InstanceID, at.AttachmentID, h.InterfaceName, h.PCIAddress, h.Driver = text, text, text, text, text
	}
	c.ENI("data", "n1", 1, set)
	c.ENI("data", text, 1, set, func(e *topologytest.ENI) { e.Host.SetConditions(v1alpha1.NotReady(xpv2.ConditionReason(text), text)) })
	c.ENI("data", text, 2, set, topologytest.Kept)
	return c
}

// texts are names that are not names.
func texts() map[string]string {
	return map[string]string{
		"Script":    `"><script>alert(1)</script>`,
		"Style":     `</style></title><style>*{display:none}`,
		"Quote":     `' onfocus=alert(1) x="`,
		"Entity":    `&lt;b&gt;&#34;&amp;]]>`,
		"Template":  "{{.}}${alert(1)}`\\N\\l",
		"Control":   "a\x00b\x1b[31mc\nd\u202ee\u2028f\ufffeg",
		"Encoding":  "a\xff\xfe\xf0b",
		"Backslash": `\"]; evil [label="`,
		"Wide":      strings.Repeat("\u540d", 60),
		"Emoji":     strings.Repeat("🙂é", 60),
		"Long":      strings.Repeat("x", 5000),
		"Comment":   `--><!-- <!DOCTYPE x [<!ENTITY y "z">]> <![CDATA[ <?xml ?>`,
	}
}

func TestHostileNames(t *testing.T) {
	plain := elements(t, text(t, mapOf(t, hostile("x")).SVG))
	for name, s := range texts() {
		t.Run(name, func(t *testing.T) {
			m := mapOf(t, hostile(s))
			got := elements(t, text(t, m.SVG))
			if diff := cmp.Diff(shape(plain), shape(got)); diff != "" {
				t.Errorf("\nA name adds no element and no attribute to the SVG.\n-want, +got:\n%s", diff)
			}
			verifyPage(t, text(t, m.HTML))
			verifyDot(t, text(t, m.Dot))
		})
	}
}

// shape returns the elements with the names of their attributes.
func shape(all []element) []string {
	out := make([]string, 0, len(all))
	for _, e := range all {
		names := make([]string, 0, len(e.attributes))
		for a := range e.attributes {
			names = append(names, a)
		}
		slices.Sort(names)
		out = append(out, e.name+" "+strings.Join(names, " "))
	}
	slices.Sort(out)
	return out
}

// verifyPage verifies that a page has one script, two styles, and nothing to load.
func verifyPage(t *testing.T, page string) {
	t.Helper()
	for tag, want := range map[string]int{"<script": 1, "</script": 1, "<style": 2, "</style": 2, "<!--": 0, "<![CDATA[": 0, "<link": 0, "<img": 0, "<iframe": 0, " src=": 0, " href=": 0, "url(": 0, "@import": 0} {
		if got := strings.Count(page, tag); got != want {
			t.Errorf("\nThe page has its own script and styles only, and loads nothing.\n%d of %s, want %d", got, tag, want)
		}
	}
	if regexp.MustCompile(`<[^>"]*("[^"]*"[^>"]*)*\son[a-z]+=`).MatchString(page) {
		t.Error("the page has a handler of an event in an attribute")
	}
	if !utf8.ValidString(page) || strings.ContainsAny(page, "\x00\x1b\u202e") {
		t.Error("the page has characters that are not valid or reorder text")
	}
}

// verifyDot verifies that a graph has no text outside of its quotes but the text of this package.
func verifyDot(t *testing.T, graph string) {
	t.Helper()
	bare := regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"`).ReplaceAllString(graph, `""`)
	for line := range strings.SplitSeq(strings.TrimSpace(bare), "\n") {
		if !regexp.MustCompile(`^ *(graph enis \{|subgraph "" \{|\}|(label="";|node \[|eni\d+ (-- eni\d+ )?\[)[a-z0-9=,;" \[\]LR]*)$`).MatchString(line) {
			t.Errorf("\nNames are quoted.\n%s", line)
		}
	}
}

// TestTextFits verifies that each line of text ends within its box, in a font that has
// characters of 0.61 em.
func TestTextFits(t *testing.T) {
	clusters := map[string]*topologytest.Cluster{"situations": topologytest.Situations()}
	for name, s := range texts() {
		clusters[name] = hostile(s)
	}
	for name, c := range clusters {
		t.Run(name, func(t *testing.T) {
			for _, problem := range overflows(t, text(t, mapOf(t, c).SVG)) {
				t.Error(problem)
			}
		})
	}
}

// A box is the number of pixels from the left side of a box to its right side.
type box struct {
	XMLName xml.Name
	Class   string `xml:"class,attr"`
	Width   int    `xml:"width,attr"`
	X       int    `xml:"x,attr"`
	Text    string `xml:",chardata"`
	Inner   []box  `xml:",any"`
}

// overflows returns each text that is wider than the innermost group with a rectangle.
func overflows(t *testing.T, svg string) []string {
	t.Helper()
	var root box
	if err := xml.Unmarshal([]byte(svg), &root); err != nil {
		t.Fatal(err)
	}
	sizes := map[string]float64{"title": 14, "totals": 12, "name": 12, "small": 10, "mark": 18, "place": 11, "line": 11}
	var out []string
	var walk func(b box, width int)
	walk = func(b box, width int) {
		if b.Class != "legend "+strings.TrimPrefix(b.Class, "legend ") {
			for _, r := range b.Inner {
				if r.XMLName.Local == "rect" {
					width = r.Width
				}
			}
		} else {
			width = 144
		}
		for _, i := range b.Inner {
			if i.XMLName.Local == "text" {
				size := sizes[strings.Fields(i.Class)[0]]
				end := float64(i.X) + cells(i.Text)*size*0.61
				if i.Class == "mark" || i.Class == "place" {
					end = float64(i.X) + cells(i.Text)*size*0.61/2
				}
				if end > float64(width) {
					out = append(out, i.Text+" is wider than its box")
				}
			}
			walk(i, width)
		}
	}
	walk(root, root.Width)
	return out
}

// cells returns the width of a text in a monospaced font.
func cells(s string) float64 {
	n := 0.0
	for _, r := range s {
		if n++; r > 0x3000 {
			n++
		}
	}
	return n
}

// TestTruncated verifies that the full text of a name that does not fit is in a title.
func TestTruncated(t *testing.T) {
	all := elements(t, text(t, mapOf(t, topologytest.Situations()).SVG))
	short, full := false, false
	for _, e := range all {
		short = short || e.name == "text" && e.text == "ip-10-0-160-200.us-….internal"
		full = full || e.name == "title" && strings.HasPrefix(e.text, "Node: ip-10-0-160-200.us-west-2.compute.internal\n")
	}
	if !short || !full {
		t.Errorf("a name with … in it: %t, its full text in a title: %t", short, full)
	}
}

// TestDeterministic verifies that the order of the objects in the API server has no effect.
func TestDeterministic(t *testing.T) {
	a, b := topologytest.Situations(), topologytest.Situations()
	slices.Reverse(b.NodeENIs)
	slices.Reverse(b.Nodes)
	slices.Reverse(b.Interfaces)
	slices.Reverse(b.Attachments)
	slices.Reverse(b.Hosts)
	if text(t, mapOf(t, a).HTML) != text(t, mapOf(t, b).HTML) || text(t, mapOf(t, a).Dot) != text(t, mapOf(t, b).Dot) {
		t.Error("the picture depends on the order of the objects")
	}
}

// TestLarge verifies that the work for a map grows with its size, and not with the square of it:
// four times the nodes need four times the allocations and bytes.
func TestLarge(t *testing.T) {
	small, large := topologytest.Large(250, 4), topologytest.Large(1000, 4)
	m := mapOf(t, large)
	all := elements(t, text(t, m.SVG))
	if nodes, enis := count(all, "node"), count(all, "eni"); nodes != 1000 || enis != 4000 {
		t.Errorf("%d nodes and %d ENIs, want 1000 and 4000", nodes, enis)
	}
	for name, write := range map[string]func(*topology.Map, io.Writer) error{"svg": (*topology.Map).SVG, "html": (*topology.Map).HTML, "dot": (*topology.Map).Dot} {
		t.Run(name, func(t *testing.T) {
			a, b := work(t, small, write), work(t, large, write)
			if a.allocations*4.4 < b.allocations || a.bytes*4.4 < b.bytes {
				t.Errorf("250 nodes: %.0f allocations, %.0f bytes of output; 1000 nodes: %.0f, %.0f", a.allocations, a.bytes, b.allocations, b.bytes)
			}
		})
	}
}

// An effort is what the output of a map needs.
type effort struct{ allocations, bytes float64 }

// work measures a function that writes a map.
func work(t *testing.T, c *topologytest.Cluster, write func(*topology.Map, io.Writer) error) effort {
	t.Helper()
	f, err := c.Fleet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	n := testing.AllocsPerRun(1, func() {
		b.Reset()
		if err := write(topology.Of(f), &b); err != nil {
			t.Error(err)
		}
	})
	return effort{allocations: n, bytes: float64(b.Len())}
}
