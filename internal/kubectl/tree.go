// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// tree returns the command tree.
func (c *command) tree() *cobra.Command {
	return &cobra.Command{
		Use:   "tree [NODE...]",
		Short: "Shows zones, nodes and network interfaces as a tree",
		Long: `Shows the nodes that have network interfaces of the provider, or that a NodeENI selects, by zone. Below
each node are its network interfaces with the device index, the NodeENI (or the namespace and name of
a NetworkInterface without one), the id, the subnet, the address, the state and the link on the host.
Network interfaces of other programs are not shown.`,
		Example: `  kubectl eni tree
  kubectl eni tree ip-10-0-128-10.ec2.internal`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := c.fleet(cmd.Context())
			if err != nil {
				return err
			}
			root := treeOf(f, args)
			if len(root.children) == 0 {
				_, err := fmt.Fprintln(c.ErrOut, "No network interfaces found")
				return err
			}
			return root.print(c.Out)
		},
	}
}

// A branch is a line of a tree, with the lines below it.
type branch struct {
	text     string
	children []*branch
}

// child returns the child with a text, which it adds if there is none.
func (b *branch) child(text string) *branch {
	for _, c := range b.children {
		if c.text == text {
			return c
		}
	}
	c := &branch{text: text}
	b.children = append(b.children, c)
	return c
}

// print prints the children of a root, with aligned columns.
func (b *branch) print(w io.Writer) error {
	var lines []string
	for _, c := range b.children {
		lines = append(append(lines, c.text), c.below("")...)
	}
	return printAligned(w, lines)
}

// below returns the lines below a branch.
func (b *branch) below(indent string) []string {
	var lines []string
	for i, c := range b.children {
		sign, below := "├─ ", "│  "
		if i == len(b.children)-1 {
			sign, below = "└─ ", "   "
		}
		lines = append(append(lines, indent+sign+c.text), c.below(indent+below)...)
	}
	return lines
}

const (
	noZone    = "(no zone)"
	retained  = "(retained)"
	elsewhere = "(no node)"
)

// treeOf returns the tree of a fleet, or of the named nodes.
func treeOf(f *fleet.Fleet, names []string) *branch {
	nodes := map[string]*corev1.Node{}
	for i := range f.Nodes {
		nodes[f.Nodes[i].Name] = &f.Nodes[i]
	}
	shown := func(name string) bool { return len(names) == 0 || slices.Contains(names, name) }
	root := &branch{}
	for i := range f.NodeENIs {
		n := &f.NodeENIs[i]
		for _, name := range f.Selected(n) {
			if shown(name) {
				root.child(zoneOf(nodes[name])).child(nodeText(name, nodes[name]))
			}
		}
		for _, c := range f.Children(n.Name) {
			switch {
			case c.Node == "" && len(names) == 0:
				root.child(retained).child(eniText(&c))
			case c.Node != "" && shown(c.Node):
				root.child(zoneOf(nodes[c.Node])).child(nodeText(c.Node, nodes[c.Node])).child(eniText(&c))
			}
		}
	}
	for _, c := range f.Standalone() {
		switch {
		case c.Node == "" && len(names) == 0:
			root.child(elsewhere).child(eniText(&c))
		case c.Node != "" && shown(c.Node):
			root.child(zoneOf(nodes[c.Node])).child(nodeText(c.Node, nodes[c.Node])).child(eniText(&c))
		}
	}
	root.sort()
	return root
}

// sort sorts a tree. Lines of ENIs begin with their device index.
func (b *branch) sort() {
	slices.SortFunc(b.children, func(a, c *branch) int { return cmp.Compare(a.text, c.text) })
	for _, c := range b.children {
		c.sort()
	}
}

func zoneOf(n *corev1.Node) string {
	if n == nil {
		return noZone
	}
	return cmp.Or(n.Labels[corev1.LabelTopologyZone], noZone)
}

func nodeText(name string, n *corev1.Node) string {
	if n == nil {
		return name + " (deleted)"
	}
	parts := []string{cmp.Or(eni.InstanceID(n.Spec.ProviderID), "no instance")}
	if t := n.Labels[corev1.LabelInstanceTypeStable]; t != "" {
		parts = append(parts, t)
	}
	return name + " (" + strings.Join(parts, ", ") + ")"
}

// owner returns the name of a NodeENI, or the namespace and name of a network interface without one.
func owner(c *fleet.Child) string { return cmp.Or(c.NodeENI, c.Namespace+"/"+c.Name) }

// eniText returns the columns of an ENI.
func eniText(c *fleet.Child) string {
	index, address := " -", "-"
	if i := c.DeviceIndex(); i > 0 {
		index = fmt.Sprintf("%2d", i)
	}
	if c.Interface != nil {
		address = cmp.Or(c.Interface.Status.AtProvider.PrivateIP, "-")
	}
	return strings.Join([]string{index, owner(c), cmp.Or(c.ENI(), c.Name), cmp.Or(c.Subnet(), "-"), address, c.State(), c.Link()}, "\t")
}
