// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package topology

import (
	"html/template"
	"io"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	_ "embed" // the templates and the style
)

var (
	//go:embed svg.gotmpl
	svgTemplate string
	//go:embed svg.css
	svgStyle string
)

// SVG writes the map as an SVG document.
func (m *Map) SVG(w io.Writer) error {
	t, err := templates()
	if err != nil {
		return err
	}
	return errors.Wrap(t.ExecuteTemplate(w, "svg", m.draw(false)), "cannot write the SVG")
}

// templates returns the templates of the SVG.
func templates() (*template.Template, error) {
	style := func() template.CSS { return template.CSS(svgStyle) } //nolint:gosec // a file of this package
	t, err := template.New("").Funcs(template.FuncMap{"style": style}).Parse(svgTemplate)
	return t, errors.Wrap(err, "cannot parse the template of the SVG")
}
