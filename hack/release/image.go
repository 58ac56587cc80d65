// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxSize is how large the image of one platform may be, compressed.
const maxSize = 25 << 20

// A component is a program that has an image.
type component struct {
	name, binary, title, user string
	// roots is true if the image holds the certificates of public authorities.
	roots bool
}

func components() []component {
	return []component{
		{name: "provider-aws-eni", binary: "provider", title: "The provider of provider-aws-eni", user: "65532:65532", roots: true},
		// Root, with the capabilities that the manifests add and no others: files below
		// /proc/sys/net belong to root, and another user is given no capability to use.
		{name: "provider-aws-eni-agent", binary: "agent", title: "The node agent of provider-aws-eni", user: "0:0"},
	}
}

// images builds and writes the image of each component, and pushes it.
func (r *release) images(ctx context.Context) error {
	for _, c := range components() {
		index, err := r.index(c, func(arch string) (v1.Image, error) { return r.image(c, arch) })
		if err != nil {
			return err
		}
		if err := r.publish(ctx, c, index); err != nil {
			return err
		}
	}
	return nil
}

// index returns the image of each platform in one index.
func (r *release) index(c component, image func(arch string) (v1.Image, error)) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range platforms {
		img, err := image(arch)
		if err != nil {
			return nil, err
		}
		size, err := compressed(img)
		if err != nil {
			return nil, err
		}
		digest, err := img.Digest()
		if err != nil {
			return nil, err
		}
		fmt.Printf("%-24s linux/%-6s %5.1f MB (at most %d)  %s\n", c.name, arch, float64(size)/(1<<20), maxSize>>20, digest)
		if size > maxSize {
			return nil, fmt.Errorf("the image %s for linux/%s has %d bytes, more than %d", c.name, arch, size, maxSize)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        img,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	return index, nil
}

// image returns the image of a component for an architecture.
func (r *release) image(c component, arch string) (v1.Image, error) {
	binary, err := os.ReadFile(filepath.Join(r.dist, "linux_"+arch, c.binary))
	if err != nil {
		return nil, fmt.Errorf("cannot read the binary, which make build writes: %w", err)
	}
	files := []file{{"/" + c.binary, 0o755, binary}}
	if c.roots {
		roots, err := rootCertificates()
		if err != nil {
			return nil, err
		}
		files = append(files, file{"/etc/ssl/certs/ca-certificates.crt", 0o644, roots})
	}
	img := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	for _, f := range files {
		layer, err := r.layer(f)
		if err != nil {
			return nil, err
		}
		if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{
			Created: v1.Time{Time: r.created}, CreatedBy: "make images: " + f.path,
		}}); err != nil {
			return nil, err
		}
	}
	return mutate.ConfigFile(img, r.config(img, c, arch))
}

// config returns the configuration of an image.
func (r *release) config(img v1.Image, c component, arch string) *v1.ConfigFile {
	cf, err := img.ConfigFile()
	if err != nil {
		cf = &v1.ConfigFile{}
	}
	cf = cf.DeepCopy()
	cf.OS, cf.Architecture = "linux", arch
	cf.Created = v1.Time{Time: r.created}
	cf.Config = v1.Config{
		Entrypoint: []string{"/" + c.binary},
		User:       c.user,
		Labels: map[string]string{
			"org.opencontainers.image.title":    c.title,
			"org.opencontainers.image.source":   "https://github.com/nodeeni/provider-aws-eni",
			"org.opencontainers.image.revision": r.revision,
			"org.opencontainers.image.version":  r.version,
			"org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
	return cf
}

// A file is one file of an image.
type file struct {
	path     string
	mode     int64
	contents []byte
}

// layer returns a layer with one file, which has the time of the commit and belongs to
// root.
func (r *release) layer(f file) (v1.Layer, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	err := w.WriteHeader(&tar.Header{Name: f.path[1:], Mode: f.mode, Size: int64(len(f.contents)), ModTime: r.created, Format: tar.FormatPAX})
	if err == nil {
		_, err = w.Write(f.contents)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("cannot write the layer of %s: %w", f.path, err)
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.DefaultCompression), tarball.WithCompressedCaching)
}

// compressed returns the size of an image's layers as they are pulled.
func compressed(img v1.Image) (int64, error) {
	layers, err := img.Layers()
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, l := range layers {
		n, err := l.Size()
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// publish writes an index as an OCI image layout, and pushes it if a registry is given.
func (r *release) publish(ctx context.Context, c component, index v1.ImageIndex) error {
	named := c.name
	dir := filepath.Join(r.dist, "oci", named)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if _, err := layout.Write(dir, mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: index})); err != nil {
		return fmt.Errorf("cannot write %s: %w", dir, err)
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	fmt.Printf("%-24s index %s\n", named, digest)
	if err := r.describe(c, named, digest.String()); err != nil {
		return err
	}
	if r.registry == "" {
		return nil
	}
	opts := []name.Option{name.StrictValidation}
	if r.insecure {
		opts = append(opts, name.Insecure)
	}
	ref, err := name.NewTag(r.registry+"/"+named+":"+r.version, opts...)
	if err != nil {
		return fmt.Errorf("cannot push to %s: %w", r.registry, err)
	}
	if err := remote.WriteIndex(ref, index, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("cannot push %s: %w", ref, err)
	}
	fmt.Println("pushed", ref)
	return nil
}
