// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/afero"

	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg"
	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg/parser"
	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg/parser/examples"
)

const packageName = "provider-aws-eni-package"

// pack builds the Crossplane package: the provider's image with the metadata, the CRDs
// and the examples as further layers.
func (r *release) pack(ctx context.Context) error {
	provider := components()[0]
	builder, err := r.builder()
	if err != nil {
		return err
	}
	packaged := provider
	packaged.name = packageName
	index, err := r.index(packaged, func(arch string) (v1.Image, error) {
		img, err := r.image(provider, arch)
		if err != nil {
			return nil, err
		}
		img, _, err = builder.Build(ctx, xpkg.WithBase(img))
		if err != nil {
			return nil, fmt.Errorf("cannot build the package: %w", err)
		}
		return xpkg.AnnotateLayers(img)
	})
	if err != nil {
		return err
	}
	return r.publish(ctx, packaged, index)
}

func (r *release) parser() (*parser.PackageParser, error) {
	meta, merr := xpkg.BuildMetaScheme()
	object, oerr := xpkg.BuildObjectScheme()
	if err := errors.Join(merr, oerr); err != nil {
		return nil, err
	}
	return parser.New(meta, object), nil
}

func (r *release) source() parser.Backend {
	return parser.NewFsBackend(afero.NewOsFs(), parser.FsDir(filepath.Join(r.root, "package")), parser.FsFilters(parser.SkipDirs(), parser.SkipNotYAML()))
}

func (r *release) builder() (*xpkg.Builder, error) {
	p, err := r.parser()
	if err != nil {
		return nil, err
	}
	written := parser.NewFsBackend(afero.NewOsFs(), parser.FsDir(filepath.Join(r.root, "examples")), parser.FsFilters(parser.SkipDirs(), parser.SkipNotYAML()))
	return xpkg.New(r.source(), written, p, examples.New()), nil
}

// lint checks the package with Crossplane's linter.
func (r *release) lint(ctx context.Context) error {
	p, err := r.parser()
	if err != nil {
		return err
	}
	source, err := r.source().Init(ctx)
	if err != nil {
		return err
	}
	pkg, err := p.Parse(ctx, source)
	if err = errors.Join(err, source.Close()); err != nil {
		return fmt.Errorf("cannot read the package: %w", err)
	}
	if err := xpkg.NewProviderLinter().Lint(pkg); err != nil {
		return fmt.Errorf("the package is not valid: %w", err)
	}
	fmt.Printf("the package is valid: %d CRDs\n", len(pkg.GetObjects()))
	return nil
}
