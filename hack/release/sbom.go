// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// describe writes, beside an image's layout, the bill of materials of each platform's
// binary as CycloneDX, and where the image was built from as an in-toto statement.
func (r *release) describe(c component, named, digest string) error {
	for _, arch := range platforms {
		at := filepath.Join(r.dist, "linux_"+arch, c.binary)
		info, err := buildinfo.ReadFile(at)
		if err != nil {
			return fmt.Errorf("cannot read the modules of %s: %w", at, err)
		}
		f, err := os.Create(filepath.Join(r.dist, "oci", named+"_linux_"+arch+".cdx.json"))
		if err != nil {
			return err
		}
		err = cdx.NewBOMEncoder(f, cdx.BOMFileFormatJSON).SetPretty(true).Encode(r.bill(c, info))
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return fmt.Errorf("cannot write the bill of materials of %s: %w", at, err)
		}
	}
	raw, err := json.MarshalIndent(r.provenance(named, digest), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.dist, "oci", named+".provenance.json"), append(raw, '\n'), 0o644)
}

// bill returns the modules that a binary was linked from. It has no serial number, which
// would differ from build to build.
func (r *release) bill(c component, info *buildinfo.BuildInfo) *cdx.BOM {
	purl := func(path, version string) string { return "pkg:golang/" + path + "@" + version }
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{
		Timestamp: r.created.Format(time.RFC3339),
		Component: &cdx.Component{
			Type: cdx.ComponentTypeApplication, Name: c.name, Version: r.version, BOMRef: c.name,
			PackageURL: purl(info.Main.Path, r.version),
			Licenses:   &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}},
		},
	}
	components := []cdx.Component{{
		Type: cdx.ComponentTypeLibrary, Name: "std", Version: info.GoVersion, BOMRef: "std",
		PackageURL: purl("std", strings.TrimPrefix(info.GoVersion, "go")),
	}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		components = append(components, cdx.Component{
			Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, BOMRef: purl(m.Path, m.Version), PackageURL: purl(m.Path, m.Version),
			Properties: &[]cdx.Property{{Name: "go.sum", Value: m.Sum}},
		})
	}
	bom.Components = &components
	return bom
}

// A statement is an in-toto statement, https://in-toto.io/Statement/v1.
type statement struct {
	Type          string         `json:"_type"`
	Subject       []subject      `json:"subject"`
	PredicateType string         `json:"predicateType"`
	Predicate     map[string]any `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// provenance returns the SLSA provenance of an image, https://slsa.dev/provenance/v1. It
// is not signed.
func (r *release) provenance(named, digest string) statement {
	source := "https://github.com/nodeeni/provider-aws-eni"
	return statement{
		Type:          "https://in-toto.io/Statement/v1",
		Subject:       []subject{{Name: named, Digest: map[string]string{"sha256": strings.TrimPrefix(digest, "sha256:")}}},
		PredicateType: "https://slsa.dev/provenance/v1",
		Predicate: map[string]any{
			"buildDefinition": map[string]any{
				"buildType":            source + "/blob/main/hack/release",
				"externalParameters":   map[string]any{"version": r.version},
				"resolvedDependencies": []any{map[string]any{"uri": "git+" + source, "digest": map[string]string{"gitCommit": r.revision}}},
			},
			"runDetails": map[string]any{"builder": map[string]string{"id": source + "/blob/main/Makefile"}},
		},
	}
}
