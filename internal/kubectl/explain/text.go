// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"strings"
)

// Text returns explanations as text. Explanations with the same steps and evidence are not
// merged: each names its node.
func Text(all []Explanation) string {
	var b strings.Builder
	for i, e := range all {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(e.title() + "\n")
		for _, s := range e.Steps {
			fmt.Fprintf(&b, "  %s %-17s", sign(s.State), s.Name)
			for j, line := range s.Evidence {
				if j > 0 {
					b.WriteString("\n" + strings.Repeat(" ", 21))
				}
				b.WriteString(" " + line)
			}
			b.WriteString("\n")
		}
		if e.Action != "" {
			b.WriteString("  What to do: " + e.Action + "\n")
		}
	}
	return trimLines(b.String())
}

// title names the subject of an explanation.
func (e *Explanation) title() string {
	switch {
	case e.NodeENI == "" && e.Name != "":
		return strings.TrimSuffix(e.Kind+" "+e.Namespace+"/"+e.Name+": "+e.ENI, ": ")
	case e.NodeENI == "":
		return "Node " + e.Node
	}
	out := "NodeENI " + e.NodeENI
	if e.Node != "" {
		out += ", node " + e.Node
	}
	if e.Name != "" {
		out += ": " + or(e.ENI, e.Name)
	}
	return out
}

// sign returns a sign for a state.
func sign(s State) string {
	switch s {
	case Done:
		return "✓"
	case Waiting:
		return "…"
	case Failed:
		return "✗"
	default:
		return "·"
	}
}

// trimLines removes spaces at the ends of lines.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
