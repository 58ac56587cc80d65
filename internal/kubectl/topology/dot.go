// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package topology

import (
	"fmt"
	"io"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Dot writes the map in the language of Graphviz, with a cluster for each zone and node. Invisible
// edges place the ENIs of a zone below each other, so that zones are columns.
func (m *Map) Dot(w io.Writer) error {
	d := &dotWriter{}
	d.linef("graph enis {")
	d.linef("label=%s; labelloc=t; fontname=monospace;", quote("ENIs of NodeENIs\n"+m.Totals().String()+"\n"+dotLegend()))
	d.linef("node [shape=box, style=filled, fontname=monospace, fontsize=10];")
	for i := range m.Zones {
		d.zone(i, &m.Zones[i])
	}
	if len(m.Retained) > 0 {
		first := d.eni
		d.linef(`subgraph "cluster_retained" {`)
		d.linef(`label="retained ENIs"; style=dashed;`)
		d.enis(m.Retained)
		d.column(first)
		d.linef("}")
	}
	d.linef("}")
	_, err := io.WriteString(w, d.text.String())
	return errors.Wrap(err, "cannot write the graph")
}

// A dotWriter writes indented lines, and numbers the ENIs.
type dotWriter struct {
	text  strings.Builder
	depth int
	eni   int
}

// linef writes a line. Braces at its ends change the indentation of the lines after it.
func (d *dotWriter) linef(format string, args ...any) {
	if format == "}" {
		d.depth--
	}
	d.text.WriteString(strings.Repeat("  ", d.depth))
	fmt.Fprintf(&d.text, format, args...)
	d.text.WriteString("\n")
	if strings.HasSuffix(format, "{") {
		d.depth++
	}
}

func (d *dotWriter) zone(i int, z *Zone) {
	first := d.eni
	d.linef(`subgraph "cluster_zone%d" {`, i)
	d.linef("label=%s; style=filled; fillcolor=%s;", quote(z.Name), quote("#f3f5f8"))
	for j := range z.Nodes {
		n := &z.Nodes[j]
		d.linef(`subgraph "cluster_zone%d_node%d" {`, i, j)
		d.linef("label=%s; tooltip=%s; style=filled; fillcolor=white;", quote(n.Name+"\n"+n.about()), quote(n.text(z.Name)))
		d.enis(n.ENIs)
		d.linef("}")
	}
	d.column(first)
	d.linef("}")
}

// column places the ENIs from the first below each other.
func (d *dotWriter) column(first int) {
	for i := first + 1; i < d.eni; i++ {
		d.linef("eni%d -- eni%d [style=invis];", i-1, i)
	}
}

func (d *dotWriter) enis(enis []ENI) {
	for i := range enis {
		e := &enis[i]
		label := fmt.Sprintf("%s  %s\n%s\n%s", strings.TrimSpace(e.State.Mark()+" "+e.Place()), e.Label(), e.second(), e.NodeENI)
		d.linef("eni%d [label=%s, tooltip=%s, %s];", d.eni, quote(label), quote(e.Text()), dotStyle(e.State))
		d.eni++
	}
}

// dotLegend returns a line with the signs of all states.
func dotLegend() string {
	var out []string
	for _, s := range States() {
		out = append(out, s.Mark()+" "+string(s))
	}
	return strings.Join(out, "   ")
}

// dotStyle returns the attributes of a state.
func dotStyle(s State) string {
	switch s {
	case Ready:
		return `fillcolor="#d6f0dc"`
	case Waiting:
		return `fillcolor="#fff0c2"`
	case Failed:
		return `fillcolor="#fbd3d3", penwidth=3`
	case Retained:
		return `fillcolor="#e4e4ef"`
	default:
		return `fillcolor=white, style="filled,dashed"`
	}
}

// quote returns a quoted string of Graphviz. Backslashes are escaped, so that names have no
// escape sequences. An entity would be decoded, so that & is escaped.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "&", "&amp;").Replace(s) + `"`
}
