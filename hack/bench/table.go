// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A status states whether a row meets its target.
type status string

const (
	met          status = "yes"
	missed       status = "no"
	notEvaluated status = "–"
)

// A row is one line of the table.
type row struct {
	What     string `json:"what"`
	Target   string `json:"target"`
	Measured string `json:"measured"`
	Bound    string `json:"bound"`
	OK       status `json:"ok"`
	// Value is the measured value in Unit, for programs.
	Value *float64 `json:"value,omitempty"`
	Unit  string   `json:"unit,omitempty"`
}

// evaluate returns met if a value is at most the limit, else missed.
func evaluate(value, limit float64) status {
	if value <= limit {
		return met
	}
	return missed
}

// skipped returns a row that was not measured, with the reason.
func skipped(what, target, why string) row {
	return row{What: what, Target: target, Measured: why, Bound: string(notEvaluated), OK: notEvaluated}
}

// table renders rows as a Markdown table with aligned columns.
func table(header []string, rows [][]string) string {
	widths := make([]int, len(header))
	for _, r := range append([][]string{header}, rows...) {
		for i, c := range r {
			widths[i] = max(widths[i], len([]rune(escape(c))))
		}
	}
	b := &strings.Builder{}
	line := func(cells []string) {
		for i, c := range cells {
			c = escape(c)
			b.WriteString("| " + c + strings.Repeat(" ", widths[i]-len([]rune(c))+1))
		}
		b.WriteString("|\n")
	}
	line(header)
	for _, w := range widths {
		b.WriteString("|" + strings.Repeat("-", w+2))
	}
	b.WriteString("|\n")
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

// escape escapes the text of a cell.
func escape(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

// A report is the result of a run.
type report struct {
	Nodes int     `json:"nodes"`
	ENIs  int     `json:"enis"`
	Share float64 `json:"share"`
	Fill  bool    `json:"fill,omitempty"`
	Rows  []row   `json:"rows"`
	// Calls to EC2 and Writes to the API server, by phase.
	Calls  []phaseCalls  `json:"calls"`
	Writes []phaseWrites `json:"writes"`
}

type phaseCalls struct {
	Phase string `json:"phase"`
	Calls calls  `json:"calls"`
}

type phaseWrites struct {
	Phase  string      `json:"phase"`
	Writes []writeLine `json:"writes"`
}

type writeLine struct {
	write

	Count int `json:"count"`
}

// missed reports whether any row misses its target.
func (r *report) missed() bool {
	for _, x := range r.Rows {
		if x.OK == missed {
			return true
		}
	}
	return false
}

// markdown returns the report as Markdown.
func (r *report) markdown() string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "# %s on %s, EC2 share %s\n\n", plural(r.ENIs, "ENI"), plural(r.Nodes, "node"), formatShare(r.Share))
	rows := make([][]string, 0, len(r.Rows))
	for _, x := range r.Rows {
		ok := string(x.OK)
		if x.OK == missed {
			ok = "**no**"
		}
		rows = append(rows, []string{x.What, x.Target, x.Measured, x.Bound, ok})
	}
	b.WriteString(table([]string{"what", "target", "measured", "bound", "ok"}, rows))
	b.WriteString("\n## EC2 calls\n\n")
	b.WriteString(r.callTable())
	b.WriteString("\n## API server writes\n\n")
	b.WriteString(r.writeTable())
	return b.String()
}

func (r *report) callTable() string {
	var rows [][]string
	for _, p := range r.Calls {
		for _, a := range sortedKeys(p.Calls) {
			n := p.Calls[a]
			rows = append(rows, []string{p.Phase, a, strconv.Itoa(n.Total), r.perENI(n.Total), strconv.Itoa(n.Throttled), strconv.Itoa(n.Failed)})
		}
	}
	return table([]string{"phase", "action", "calls", "per ENI", "throttled", "other errors"}, rows)
}

func (r *report) writeTable() string {
	var rows [][]string
	for _, p := range r.Writes {
		for _, w := range p.Writes {
			rejected := ""
			if w.Rejected {
				rejected = "rejected"
			}
			rows = append(rows, []string{p.Phase, w.Who, w.Verb, w.Resource, rejected, strconv.Itoa(w.Count), r.perENI(w.Count)})
		}
	}
	return table([]string{"phase", "who", "verb", "resource", "", "writes", "per ENI"}, rows)
}

func (r *report) perENI(n int) string {
	return strconv.FormatFloat(float64(n)/float64(r.ENIs), 'f', 2, 64)
}

// writeJSON writes the report as JSON.
func (r *report) writeJSON(path string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return errors.Wrap(err, "cannot encode the report")
	}
	return errors.Wrap(os.WriteFile(path, append(raw, '\n'), 0o600), "cannot write the report")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func formatShare(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s" }

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }
