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

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// tree returns the command tree.
func (c *command) tree() *cobra.Command {
	return &cobra.Command{
		Use:   "tree [NODE | NODEENI...]",
		Short: "Shows zones, nodes and network interfaces as a tree",
		Long: `Shows the nodes that have network interfaces of the provider, or that a NodeENI selects, by zone. Below
each node are its network interfaces with the device index, the NodeENI (or the namespace and name of
a NetworkInterface without one), the id, the subnet, the address, the state and the link on the host.
Network interfaces of other programs are not shown. With names of nodes or NodeENIs, only these are shown.`,
		Example: `  kubectl eni tree
  kubectl eni tree ip-10-0-128-10.ec2.internal
  kubectl eni tree firewall`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := c.fleet(cmd.Context())
			if err != nil {
				return err
			}
			shown, err := filterOf(f, args)
			if err != nil {
				return err
			}
			root := treeOf(f, shown)
			for _, name := range shown.idle(f) {
				if _, err := fmt.Fprintf(c.ErrOut, "NodeENI %s selects no nodes: see kubectl eni explain neni/%s\n", name, name); err != nil {
					return err
				}
			}
			if len(root.children) == 0 && len(shown.nodeENIs) == 0 {
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

// A treeFilter selects the nodes and NodeENIs of a tree. An empty filter selects all.
type treeFilter struct{ nodes, nodeENIs []string }

// filterOf returns the filter of names, each of a node or a NodeENI.
func filterOf(f *fleet.Fleet, names []string) (treeFilter, error) {
	out := treeFilter{}
	for _, name := range names {
		switch {
		case f.Node(name) != nil || f.Has(name):
			out.nodes = append(out.nodes, name)
		case f.NodeENI(name) != nil:
			out.nodeENIs = append(out.nodeENIs, name)
		default:
			return out, errors.Errorf("node or NodeENI %q does not exist: see kubectl get nodes, and kubectl get nodeeni", name)
		}
	}
	return out, nil
}

// shows reports whether a tree has a network interface of a NodeENI on a node. Either name can be empty.
func (t treeFilter) shows(nodeENI, node string) bool {
	return len(t.nodes)+len(t.nodeENIs) == 0 || slices.Contains(t.nodes, node) || slices.Contains(t.nodeENIs, nodeENI)
}

// idle returns the named NodeENIs that select no nodes and have no network interfaces.
func (t treeFilter) idle(f *fleet.Fleet) []string {
	return slices.DeleteFunc(slices.Clone(t.nodeENIs), func(name string) bool {
		return len(f.Children(name))+len(f.Selected(f.NodeENI(name))) > 0
	})
}

// treeOf returns the tree of a fleet, or of the nodes and NodeENIs of a filter.
func treeOf(f *fleet.Fleet, shown treeFilter) *branch {
	root := &branch{}
	at := func(node string) *branch {
		n := f.Node(node)
		return root.child(zoneOf(n)).child(nodeText(node, n))
	}
	add := func(c *fleet.Child, without string) {
		switch {
		case !shown.shows(c.NodeENI, c.Node):
		case c.Node == "":
			root.child(without).child(eniText(c))
		default:
			at(c.Node).child(eniText(c))
		}
	}
	for i := range f.NodeENIs {
		n := &f.NodeENIs[i]
		for _, name := range f.Selected(n) {
			if shown.shows(n.Name, name) {
				at(name)
			}
		}
		for _, c := range f.Children(n.Name) {
			add(&c, retained)
		}
	}
	for _, c := range f.Standalone() {
		add(&c, elsewhere)
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
