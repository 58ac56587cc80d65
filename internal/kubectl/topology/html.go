// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package topology

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	_ "embed" // the template, the style and the script
)

var (
	//go:embed page.gotmpl
	pageTemplate string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)

// A page is what the template of the page shows.
type page struct {
	Policy  template.HTMLAttr
	Style   template.CSS
	Script  template.JS
	Drawing *drawing
}

// HTML writes the map as a page that can be searched. The page loads nothing.
func (m *Map) HTML(w io.Writer) error {
	t, err := templates()
	if err != nil {
		return err
	}
	if t, err = t.Parse(pageTemplate); err != nil {
		return errors.Wrap(err, "cannot parse the template of the page")
	}
	p := page{
		Policy: template.HTMLAttr(`content="` + policy() + `"`), //nolint:gosec // hashes of files of this package
		Style:  template.CSS(pageStyle),                         //nolint:gosec // a file of this package
		Script: template.JS(pageScript),                         //nolint:gosec // a file of this package
		// A script of a name would not have the hash of pageScript.
		Drawing: m.draw(true),
	}
	return errors.Wrap(t.ExecuteTemplate(w, "page", p), "cannot write the page")
}

// policy returns the Content-Security-Policy: only the styles and the script of this package.
func policy() string {
	return "default-src 'none'; style-src " + hash(pageStyle) + " " + hash(svgStyle) + "; script-src " + hash(pageScript) + "; base-uri 'none'; form-action 'none'"
}

// hash returns the source expression of an inline style or script.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
