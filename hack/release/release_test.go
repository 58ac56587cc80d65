// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// newRelease returns a release of one commit whose binaries are this test's own, in a
// directory of its own.
func newRelease(t *testing.T) *release {
	t.Helper()
	r := &release{
		root: filepath.Join("..", ".."), dist: t.TempDir(), version: "v1.2.3", revision: "0123456789abcdef",
		created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	for _, arch := range platforms {
		for _, c := range components() {
			at := filepath.Join(r.dist, "linux_"+arch, c.binary)
			if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, binary, 0o755)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return r
}

// pull returns the image for amd64 of a tag in a registry.
func pull(t *testing.T, tag string) v1.Image {
	t.Helper()
	ref, err := name.NewTag(tag, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(ref, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "amd64"}))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestRelease builds and pushes everything twice, in two directories.
func TestRelease(t *testing.T) {
	var digests [2]map[string]string
	for i := range digests {
		server := httptest.NewServer(registry.New())
		defer server.Close()
		r := newRelease(t)
		r.registry, r.insecure = strings.TrimPrefix(server.URL, "http://")+"/team", true
		if err := errors.Join(r.images(t.Context()), r.pack(t.Context()), r.lint(t.Context())); err != nil {
			t.Fatal(err)
		}
		digests[i] = map[string]string{}
		for _, named := range []string{"provider-aws-eni", "provider-aws-eni-agent", packageName} {
			img := pull(t, r.registry+"/"+named+":v1.2.3")
			d, err := img.Digest()
			if err != nil {
				t.Fatal(err)
			}
			digests[i][named] = d.String()
			for _, beside := range []string{"_linux_amd64.cdx.json", "_linux_arm64.cdx.json", ".provenance.json"} {
				if _, err := os.Stat(filepath.Join(r.dist, "oci", named+beside)); err != nil {
					t.Errorf("\nThe bill of materials and the provenance are beside the image.\n%v", err)
				}
			}
			if i == 0 {
				checkImage(t, named, img)
			}
		}
	}
	if diff := cmp.Diff(digests[0], digests[1]); diff != "" {
		t.Errorf("\nOne commit gives the same digests in each directory.\ndigests: -first, +second:\n%s", diff)
	}
}

// checkImage compares the configuration and the files of an image.
func checkImage(t *testing.T, named string, img v1.Image) {
	t.Helper()
	type contents struct {
		User, Entrypoint, Version string
		Files                     []string
		Package                   bool
	}
	cf, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	got := contents{User: cf.Config.User, Entrypoint: strings.Join(cf.Config.Entrypoint, " "), Version: cf.Config.Labels["org.opencontainers.image.version"]}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range layers {
		got.Files = append(got.Files, filesOf(t, l)...)
		got.Package = got.Package || manifest.Layers[i].Annotations["io.crossplane.xpkg"] == "base"
	}
	want := map[string]contents{
		"provider-aws-eni":       {User: "65532:65532", Entrypoint: "/provider", Version: "v1.2.3", Files: []string{"provider", "etc/ssl/certs/ca-certificates.crt"}},
		"provider-aws-eni-agent": {User: "0:0", Entrypoint: "/agent", Version: "v1.2.3", Files: []string{"agent"}},
		packageName: {
			User: "65532:65532", Entrypoint: "/provider", Version: "v1.2.3", Package: true,
			Files: []string{"provider", "etc/ssl/certs/ca-certificates.crt", "package.yaml", ".up/examples.yaml"},
		},
	}[named]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\nImage %s has its binary, and runs as its user.\n-want, +got:\n%s", named, diff)
	}
}

func filesOf(t *testing.T, l v1.Layer) []string {
	t.Helper()
	rc, err := l.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	var out []string
	for r := tar.NewReader(rc); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, h.Name)
	}
}

// TestRoots checks that the certificates of AWS's endpoints are in the image.
func TestRoots(t *testing.T) {
	roots, err := rootCertificates()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(roots, []byte("BEGIN CERTIFICATE")); n < 100 || !bytes.Contains(roots, []byte("# Amazon Root CA 1")) {
		t.Errorf("\nThe bundle has Mozilla's roots, Amazon's among them.\n%d certificates", n)
	}
}

// TestMissingBinary names the command that writes the binaries.
func TestMissingBinary(t *testing.T) {
	r := &release{root: filepath.Join("..", ".."), dist: t.TempDir()}
	if err := r.images(context.WithoutCancel(t.Context())); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("\nThe error names the command to run first.\n%v", err)
	}
}
