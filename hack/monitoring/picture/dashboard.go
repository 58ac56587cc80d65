// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// A dashboard is the part of a Grafana dashboard that is drawn.
type dashboard struct {
	Title  string  `json:"title"`
	Panels []panel `json:"panels"`
}

// A panel is a row, a number (stat) or a graph (timeseries).
type panel struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	GridPos struct {
		X, Y, W, H int
	} `json:"gridPos"`
	Targets []struct {
		Expr   string `json:"expr"`
		Legend string `json:"legendFormat"`
	} `json:"targets"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
}

func readDashboard(file string) (*dashboard, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	d := &dashboard{}
	if err := json.Unmarshal(raw, d); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// Expand replaces Grafana's variables in an expression.
func expand(expr string, rate, all time.Duration) string {
	return strings.NewReplacer("$__rate_interval", rate.String(), "$__range", all.Round(time.Second).String()).Replace(expr)
}

// legend returns the name of a series in a legend.
func legend(format string, l labels.Labels) string {
	if format == "" || format == "__auto" {
		return l.String()
	}
	name := regexp.MustCompile(`{{\s*([a-z_]+)\s*}}`).ReplaceAllStringFunc(format, func(m string) string {
		return l.Get(strings.Trim(m, "{} "))
	})
	return strings.TrimSpace(name)
}
