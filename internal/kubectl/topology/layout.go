// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package topology

// Sizes in pixels. The templates have the positions of the text in a box.
const (
	eniWidth, eniHeight = 216, 54
	gap                 = 8
	nodePadding         = 10
	nodeHeader          = 44
	nodeWidth           = eniWidth + 2*nodePadding
	zonePadding         = 12
	zoneHeader          = 50
	zoneGap             = 16
	margin              = 20
	header              = 144
	minWidth            = 2*margin + 720
	legendWidth         = 144
)

// Columns of a monospaced font that fit into a box, at 0.61 em each.
const (
	eniColumns   = 25 // 11 px
	placeColumns = 5  // 11 px
	nameColumns  = 29 // 12 px, bold
	aboutColumns = 35 // 10 px
	zoneColumns  = 27 // 14 px, bold
	smallWidth   = 6.72
)

// A box is a rectangle, at a position in the box that contains it.
type box struct{ X, Y, Width, Height int }

// A drawing is what the template of the SVG draws.
type drawing struct {
	box

	Totals string
	Legend []legendEntry
	// Note is a line about NodeENIs without nodes, and NoteText the line without …
	Note, NoteText string
	Groups         []group
	// Interactive is true in a page, which shows the details of its own.
	Interactive bool
}

// A legendEntry is the sign of a state, and its meaning.
type legendEntry struct {
	box

	State         State
	Mark, Meaning string
}

// A group is the box of a zone, or of the retained ENIs.
type group struct {
	box

	Class, Title, Text, About string
	Nodes                     []nodeBox
	ENIs                      []eniBox
}

// A nodeBox is the box of a node.
type nodeBox struct {
	box

	Name, About, Text string
	ENIs              []eniBox
}

// An eniBox is the box of an ENI, with text that fits.
type eniBox struct {
	box

	State                                     State
	Mark, Place, Label, Second, NodeENI, Text string
}

// draw computes the positions of a map.
func (m *Map) draw(interactive bool) *drawing {
	d := &drawing{Totals: m.Totals().String(), Interactive: interactive}
	for i := range m.Zones {
		d.Groups = append(d.Groups, zoneGroup(&m.Zones[i]))
	}
	if len(m.Retained) > 0 {
		d.Groups = append(d.Groups, retainedGroup(m.Retained))
	}
	x, bottom := margin, header
	for i := range d.Groups {
		g := &d.Groups[i]
		g.X, g.Y = x, header
		x += g.Width + zoneGap
		bottom = max(bottom, g.Y+g.Height)
	}
	for i := range d.Groups {
		d.Groups[i].Height = bottom - header // columns have the same height
	}
	d.Width, d.Height = max(x-zoneGap+margin, minWidth), bottom+margin
	d.legend()
	d.note(m.Idle)
	return d
}

// legend adds the legend.
func (d *drawing) legend() {
	for i, s := range States() {
		d.Legend = append(d.Legend, legendEntry{State: s, Mark: s.Mark(), Meaning: meaning(s), box: box{X: margin + i*legendWidth, Y: 64}})
	}
}

// meaning describes a state in a few words.
func meaning(s State) string {
	switch s {
	case Ready:
		return "configured"
	case Waiting:
		return "in progress"
	case Failed:
		return "needs a change"
	case Retained:
		return "ENI has no node"
	default:
		return "node has no ENI"
	}
}

// note adds the names of NodeENIs without nodes.
func (d *drawing) note(idle []string) {
	if len(idle) == 0 {
		return
	}
	d.NoteText = "NodeENIs without nodes: " + join(idle)
	d.Note = fit(d.NoteText, int(float64(d.Width-2*margin)/smallWidth))
}

// zoneGroup returns the box of a zone.
func zoneGroup(z *Zone) group {
	g := group{Class: "zone", Title: fit(z.Name, zoneColumns), Text: z.Name, About: plural(len(z.Nodes), "node") + ", " + ratio(z.enis()) + " ready"}
	boxes := make([]*box, len(z.Nodes))
	g.Nodes = make([]nodeBox, len(z.Nodes))
	for i := range z.Nodes {
		g.Nodes[i] = newNodeBox(&z.Nodes[i], z.Name)
		boxes[i] = &g.Nodes[i].box
	}
	g.arrange(boxes)
	return g
}

// retainedGroup returns the box of the retained ENIs.
func retainedGroup(enis []ENI) group {
	g := group{Class: "kept", Title: "retained ENIs", Text: "retained ENIs", About: plural(len(enis), "ENI") + " without a node"}
	boxes := make([]*box, len(enis))
	g.ENIs = make([]eniBox, len(enis))
	for i := range enis {
		g.ENIs[i] = newENIBox(&enis[i])
		boxes[i] = &g.ENIs[i].box
	}
	g.arrange(boxes)
	return g
}

// newNodeBox returns the box of a node, with its ENIs below each other.
func newNodeBox(n *Node, zone string) nodeBox {
	b := nodeBox{Name: fit(n.Name, nameColumns), About: fit(n.about(), aboutColumns), Text: n.text(zone)}
	y := nodeHeader
	for i := range n.ENIs {
		e := newENIBox(&n.ENIs[i])
		e.X, e.Y = nodePadding, y
		y += eniHeight + gap
		b.ENIs = append(b.ENIs, e)
	}
	b.Width, b.Height = nodeWidth, y-gap+nodePadding
	return b
}

func newENIBox(e *ENI) eniBox {
	return eniBox{
		box:   box{Width: eniWidth, Height: eniHeight},
		State: e.State, Mark: e.State.Mark(), Place: fit(e.Place(), placeColumns), Label: fit(e.Label(), eniColumns),
		Second: e.second(), NodeENI: fit(e.NodeENI, eniColumns), Text: e.Text(),
	}
}

// arrange arranges boxes of the same width in rows, and sets the size of the group.
func (g *group) arrange(boxes []*box) {
	across := 1
	for 3*across*across < len(boxes) {
		across++
	}
	y, widest := zoneHeader, nodeWidth
	for start := 0; start < len(boxes); start += across {
		height := 0
		for i, b := range boxes[start:min(start+across, len(boxes))] {
			b.X, b.Y = zonePadding+i*(b.Width+gap), y
			height = max(height, b.Height)
			widest = max(widest, b.X+b.Width-zonePadding)
		}
		y += height + gap
	}
	g.Width, g.Height = widest+2*zonePadding, y-gap+zonePadding
}
