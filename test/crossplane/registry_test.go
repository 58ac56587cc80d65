// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/spf13/afero"

	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg"
	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg/parser"
	"github.com/crossplane/crossplane-runtime/v2/pkg/xpkg/parser/examples"
)

// startRegistry starts a registry that stores images in memory, and returns its host.
func startRegistry(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go http.Serve(l, registry.New(registry.Logger(log.New(io.Discard, "", 0)))) //nolint:errcheck,gosec // until the test ends
	return l.Addr().String(), nil
}

// pushFunction pushes a package of a function: its program as an image, with the metadata in
// its module.
func pushFunction(ctx context.Context, host, program, module string) (string, error) {
	dir, err := moduleDir(ctx, program, module)
	if err != nil {
		return "", err
	}
	meta, merr := xpkg.BuildMetaScheme()
	object, oerr := xpkg.BuildObjectScheme()
	if err := errors.Join(merr, oerr); err != nil {
		return "", err
	}
	source := parser.NewFsBackend(afero.NewOsFs(), parser.FsDir(filepath.Join(dir, "package")), parser.FsFilters(parser.SkipDirs(), parser.SkipNotYAML()))
	none := parser.NewFsBackend(afero.NewMemMapFs(), parser.FsDir("/"), parser.FsFilters(parser.SkipDirs(), parser.SkipNotYAML()))
	base, err := imageOf(filepath.Join(os.Getenv("CROSSPLANE_PROGRAMS"), program), "/function")
	if err != nil {
		return "", err
	}
	img, _, err := xpkg.New(source, none, parser.New(meta, object), examples.New()).Build(ctx, xpkg.WithBase(base))
	if err != nil {
		return "", err
	}
	if img, err = xpkg.AnnotateLayers(img); err != nil {
		return "", err
	}
	ref, err := name.ParseReference(host + "/" + program + ":v1")
	if err != nil {
		return "", err
	}
	return ref.Name(), remote.Write(ref, img, remote.WithContext(ctx))
}

// moduleDir returns the directory of the module of a program in servers.
func moduleDir(ctx context.Context, program, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	cmd.Dir = filepath.Join("servers", program)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot find module %s: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// imageOf returns an image with one program.
func imageOf(program, path string) (v1.Image, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: path, Mode: 0o755, Size: int64(len(content))}); err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	cf = cf.DeepCopy()
	cf.OS, cf.Architecture, cf.Config.Entrypoint = "linux", "amd64", []string{path}
	return mutate.ConfigFile(img, cf)
}

// release builds the images and the package of this provider with a version, and pushes
// them.
func release(ctx context.Context, host, version string) error {
	cmd := exec.CommandContext(ctx, "make", "images", "package", "VERSION="+version, "IMAGE_REGISTRY="+host)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make images package: %w: %s", err, out)
	}
	return nil
}

// unpack writes the program of an image to a file, and returns the file's path and the
// user that runs it.
func unpack(ctx context.Context, image, dir string) (program, user string, _ error) {
	ref, err := name.ParseReference(image)
	if err != nil {
		return "", "", err
	}
	img, err := remote.Image(ref, remote.WithContext(ctx))
	if err != nil {
		return "", "", err
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return "", "", err
	}
	digest, err := img.Digest()
	if err != nil {
		return "", "", err
	}
	entrypoint := cf.Config.Entrypoint[0]
	path := filepath.Join(dir, digest.Hex[:12], filepath.Base(entrypoint))
	if _, err := os.Stat(path); err == nil {
		return path, cf.Config.User, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // the provider runs as another user
		return "", "", err
	}
	files := mutate.Extract(img)
	defer files.Close() //nolint:errcheck // read only
	for r := tar.NewReader(files); ; {
		h, err := r.Next()
		if err != nil {
			return "", "", fmt.Errorf("cannot find %s in the image %s: %w", entrypoint, image, err)
		}
		if "/"+strings.TrimPrefix(h.Name, "/") != entrypoint {
			continue
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
		if err != nil {
			return "", "", err
		}
		_, err = io.Copy(f, r) //nolint:gosec // an image of this test
		return path, cf.Config.User, errors.Join(err, f.Close())
	}
}
