// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"image/color"
	"math"
	"os"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Grafana's grid has 24 columns.
const (
	columns    = 24
	unitWidth  = vg.Length(40)
	unitHeight = vg.Length(30)
	rates      = 10 // samples in $__rate_interval
	staleness  = 4  // samples after which a series without samples has ended
)

// A painter draws panels from the series of a database.
type painter struct {
	db       *tsdb.DB
	from, to time.Time
	every    time.Duration
	canvas   draw.Canvas
	height   vg.Length
}

// draw writes a dashboard as an SVG.
func (p *painter) draw(d *dashboard, out string) error {
	rows := 2
	for _, x := range d.Panels {
		rows = max(rows, 2+x.GridPos.Y+x.GridPos.H)
	}
	p.height = vg.Length(rows) * unitHeight
	svg := vgsvg.New(columns*unitWidth, p.height)
	p.canvas = draw.New(svg)
	p.canvas.SetColor(color.White)
	p.canvas.Fill(p.canvas.Rectangle.Path())
	p.text(d.Title, 8, 1, 18, draw.XLeft)
	for i := range d.Panels {
		if err := p.panel(&d.Panels[i]); err != nil {
			return fmt.Errorf("panel %q: %w", d.Panels[i].Title, err)
		}
	}
	f, err := os.Create(out) //nolint:gosec // the user names the file
	if err != nil {
		return err
	}
	if _, err := svg.WriteTo(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// text draws text at a position of the grid.
func (p *painter) text(text string, x vg.Length, row float64, size vg.Length, align float64Align) {
	style := draw.TextStyle{Color: color.Black, Font: plot.DefaultFont, Handler: plot.DefaultTextHandler, XAlign: align, YAlign: draw.YCenter}
	style.Font.Size = size
	p.canvas.FillText(style, vg.Point{X: x, Y: p.height - vg.Length(row)*unitHeight}, text)
}

type float64Align = draw.XAlignment

// panel draws one panel below the title.
func (p *painter) panel(x *panel) error {
	left, top := vg.Length(x.GridPos.X)*unitWidth, float64(x.GridPos.Y+2)
	width, height := vg.Length(x.GridPos.W)*unitWidth, vg.Length(x.GridPos.H)*unitHeight
	switch x.Type {
	case "row":
		p.text(x.Title, left+8, top+0.5, 14, draw.XLeft)
		return nil
	case "stat":
		v, ok, err := p.last(x.Targets[0].Expr)
		if err != nil {
			return err
		}
		text := "no data"
		if ok {
			text = format(v, x.FieldConfig.Defaults.Unit)
		}
		p.text(x.Title, left+width/2, top+0.8, 11, draw.XCenter)
		p.text(text, left+width/2, top+2.2, 26, draw.XCenter)
		return nil
	case "timeseries":
		area := draw.Crop(p.canvas, left+6, -(columns*unitWidth - left - width + 6), p.height-vg.Length(top)*unitHeight-height+6, -(vg.Length(top)*unitHeight + 4))
		return p.graph(x, area)
	default:
		return fmt.Errorf("panels of type %q cannot be drawn", x.Type)
	}
}

// graph draws the series of a panel.
func (p *painter) graph(x *panel, area draw.Canvas) error {
	g := plot.New()
	g.Title.Text, g.Y.Label.Text = x.Title, x.FieldConfig.Defaults.Unit
	g.Title.TextStyle.Font.Size, g.X.Tick.Label.Font.Size, g.Y.Tick.Label.Font.Size, g.Y.Label.TextStyle.Font.Size = 11, 8, 8, 8
	g.X.Min, g.X.Max, g.Y.Min = 0, p.to.Sub(p.from).Seconds(), 0
	if g.Y.Label.Text == "none" {
		g.Y.Label.Text = ""
	}
	g.X.Label.Text = "seconds"
	g.X.Label.TextStyle.Font.Size, g.Legend.TextStyle.Font.Size = 8, 8
	// At the left, text that is wider in another font does not overlap the samples.
	g.Legend.Top, g.Legend.Left, g.Legend.ThumbnailWidth, g.Legend.Padding = true, true, 14, 3
	g.Add(plotter.NewGrid())
	count, highest := 0, 0.0
	for _, t := range x.Targets {
		m, err := p.query(t.Expr)
		if err != nil {
			return err
		}
		for _, s := range m {
			points := make(plotter.XYs, 0, len(s.Floats))
			for _, f := range s.Floats {
				if !math.IsNaN(f.F) && !math.IsInf(f.F, 0) {
					highest = max(highest, f.F)
					points = append(points, plotter.XY{X: float64(f.T-p.from.UnixMilli()) / 1000, Y: f.F})
				}
			}
			if len(points) == 0 {
				continue
			}
			l, err := plotter.NewLine(points)
			if err != nil {
				return err
			}
			l.Color, l.Dashes, l.Width = plotutil.Color(count), plotutil.Dashes(count/7), vg.Points(1.2)
			g.Add(l)
			g.Legend.Add(legend(t.Legend, s.Metric), l)
			count++
		}
	}
	const legendLine = 0.07                                        // of the height
	g.Y.Max = highest * (1.05 + legendLine*float64(min(count, 8))) // the legend is above the lines
	if highest == 0 {
		g.Y.Max = 1
	}
	if count == 0 {
		g.Title.Text += " (no data)"
	}
	g.Draw(area)
	return nil
}

// query returns the series of an expression over the time of the picture.
func (p *painter) query(expr string) (promql.Matrix, error) {
	q, err := engine(p.every).NewRangeQuery(context.Background(), p.db, nil, expand(expr, rates*p.every, p.to.Sub(p.from)), p.from, p.to, p.every)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	return q.Exec(context.Background()).Matrix()
}

// last returns the last value of an expression with one series.
func (p *painter) last(expr string) (float64, bool, error) {
	m, err := p.query(expr)
	if err != nil || len(m) == 0 || len(m[0].Floats) == 0 {
		return 0, false, err
	}
	return m[0].Floats[len(m[0].Floats)-1].F, true, nil
}

func engine(every time.Duration) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{MaxSamples: 10_000_000, Timeout: time.Minute, LookbackDelta: staleness * every, Parser: parser.NewParser(parser.Options{})})
}

// format returns a value with its unit.
func format(v float64, unit string) string {
	if unit == "s" {
		return time.Duration(v * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf("%.4g", v)
}
