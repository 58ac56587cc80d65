// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/kubectl/topology"
)

// Output formats of the command map.
const (
	formatSVG  = "svg"
	formatHTML = "html"
	formatDot  = "dot"
)

// topology returns the command map.
func (c *command) topology() *cobra.Command {
	output, file := "", ""
	cmd := &cobra.Command{
		Use:   "map [NODEENI...]",
		Short: "Draws zones, nodes and network interfaces as a picture",
		Long: `Draws the nodes that a NodeENI selects, or that have a network interface of it, by zone. Each network
interface has a box with its device index, id, subnet, NodeENI and state: ✓ is ready, … waits, ✗
failed, · is missing, and ○ is retained without a node.

The format svg is a picture, html a page that can be searched and has all details, and dot is for
Graphviz. The page is a single file that loads nothing.`,
		Example: `  kubectl eni map > map.svg
  kubectl eni map --output=html --file=map.html
  kubectl eni map firewall --output=dot | dot -Tpdf > map.pdf`,
		RunE: func(cmd *cobra.Command, args []string) error {
			picture, err := c.draw(cmd.Context(), formatOf(output, file), args)
			if err != nil {
				return err
			}
			return c.writeMap(file, picture)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "Output format: svg, html or dot. Default: by the extension of the file, otherwise svg.")
	cmd.Flags().StringVarP(&file, "file", "f", "", "File to write. Default: standard output.")
	return cmd
}

// formatOf returns the output format of a file, if none is given.
func formatOf(output, file string) string {
	switch extension := strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), "."); {
	case output != "":
		return output
	case extension == formatHTML, extension == formatDot:
		return extension
	default:
		return formatSVG
	}
}

// draw returns the map of NodeENIs in a format.
func (c *command) draw(ctx context.Context, format string, names []string) ([]byte, error) {
	write := map[string]func(*topology.Map, *bytes.Buffer) error{
		formatSVG:  func(m *topology.Map, b *bytes.Buffer) error { return m.SVG(b) },
		formatHTML: func(m *topology.Map, b *bytes.Buffer) error { return m.HTML(b) },
		formatDot:  func(m *topology.Map, b *bytes.Buffer) error { return m.Dot(b) },
	}[format]
	if write == nil {
		return nil, errors.Errorf("unknown output format %q: use svg, html or dot", format)
	}
	f, err := c.fleet(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if f.NodeENI(name) == nil {
			return nil, errors.Errorf("NodeENI %q does not exist: see kubectl get nodeeni", name)
		}
	}
	var b bytes.Buffer
	err = write(topology.Of(f, names...), &b)
	return b.Bytes(), err
}

// writeMap writes a map to a file, or to the standard output.
func (c *command) writeMap(file string, picture []byte) error {
	if file == "" || file == "-" {
		_, err := c.Out.Write(picture)
		return err
	}
	err := os.WriteFile(file, picture, 0o600) //nolint:forbidigo // the user names the file
	return errors.Wrap(err, "cannot write the map")
}
