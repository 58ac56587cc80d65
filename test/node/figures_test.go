// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

// A figure is a measured figure and its bound. Only counts have bounds.
type figure struct{ what, measured, bound string }

// figure records a figure, which is printed when all tests have ended.
func (c *cluster) figure(what, measured, bound string) {
	c.figures = append(c.figures, figure{what: what, measured: measured, bound: bound})
}

// since records the duration of a phase, and reports it.
func (c *cluster) since(started time.Time, phase string) {
	report(started, phase)
	c.figure(phase, fmt.Sprintf("%.1f s", time.Since(started).Seconds()), "")
}

// count records a number per pod, with a bound.
func (c *cluster) count(what string, events, pods int, bound float64) {
	c.figure(what, fmt.Sprintf("%.2f", float64(events)/float64(pods)), fmt.Sprintf("≤ %g", bound))
}

// printFigures prints the recorded figures as a table.
func (c *cluster) printFigures() {
	if len(c.figures) == 0 {
		return
	}
	w := tabwriter.NewWriter(os.Stderr, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, "what\tmeasured\tbound")
	for _, f := range c.figures {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.what, f.measured, f.bound)
	}
}
