// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// A grafanaPanel is a panel of the dashboard, as far as it is tested.
type grafanaPanel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	GridPos     struct {
		X, Y, W, H int
	} `json:"gridPos"`
	Targets []struct {
		Expr   string `json:"expr"`
		Legend string `json:"legendFormat"`
	} `json:"targets"`
}

// TestDashboard parses the queries of the Grafana dashboard, with Grafana's variables replaced,
// and checks its layout. internal/metrics_test.go checks that the metrics exist.
func TestDashboard(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "cluster", "monitoring", "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []grafanaPanel `json:"panels"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	p := parser.NewParser(parser.Options{})
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, x := range d.Panels {
		if ids[x.ID] {
			t.Errorf("panel %q has the id of another panel", x.Title)
		}
		ids[x.ID] = true
		for row := x.GridPos.Y; row < x.GridPos.Y+x.GridPos.H; row++ {
			for column := x.GridPos.X; column < x.GridPos.X+x.GridPos.W; column++ {
				if other := taken[[2]int{row, column}]; other != "" || column >= 24 {
					t.Fatalf("panel %q overlaps %q, or ends outside the grid", x.Title, other)
				}
				taken[[2]int{row, column}] = x.Title
			}
		}
		if x.Type == "row" {
			continue
		}
		if x.Description == "" || len(x.Targets) == 0 {
			t.Errorf("panel %q needs a description and a query", x.Title)
		}
		for _, target := range x.Targets {
			expr := strings.NewReplacer("$__rate_interval", "1m", "$__range", "3h").Replace(target.Expr)
			if _, err := p.ParseExpr(expr); err != nil {
				t.Errorf("panel %q: %s: %v", x.Title, target.Expr, err)
			}
		}
	}
}
