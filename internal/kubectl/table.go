// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"fmt"
	"io"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"
)

// A mark is how a line is shown on a terminal with colours.
type mark int

const (
	markNone mark = iota
	markGood
	markBad
)

// A table has a header and lines.
type table struct {
	header []string
	lines  []line
}

// amount returns a number with the words for one or for several.
func amount(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}

// A line is the cells of a line.
type line struct {
	mark  mark
	cells []string
}

func (t *table) add(m mark, cells ...string) {
	t.lines = append(t.lines, line{mark: m, cells: cells})
}

// String returns the cells, to compare lines.
func (l line) String() string { return strings.Join(l.cells, "\t") }

// print prints the lines, and the header unless it is omitted.
func (t *table) print(w io.Writer, header, colours bool) error {
	lines := make([]string, 0, len(t.lines)+1)
	if header {
		lines = append(lines, strings.Join(t.header, "\t"))
	}
	for _, l := range t.lines {
		lines = append(lines, colour(l.String(), l.mark, colours))
	}
	return printAligned(w, lines)
}

// printAligned prints lines with aligned columns. Empty cells at the end of a line take part in the
// alignment, and leave no spaces.
func printAligned(w io.Writer, lines []string) error {
	var b strings.Builder
	out := printers.GetNewTabWriter(&b)
	for _, l := range lines {
		if _, err := fmt.Fprintln(out, l); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for l := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(l, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// colour colours the last cell of a line. Codes before it would move the columns.
func colour(text string, m mark, enabled bool) string {
	i := strings.LastIndex(text, "\t") + 1
	if !enabled || m != markBad || i == len(text) {
		return text
	}
	return text[:i] + "\x1b[31m" + text[i:] + "\x1b[0m"
}
