// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubelet

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// pauseImage is the image of pod sandboxes and of Pod. It is in no registry: its host name
// is reserved.
const pauseImage = "pause.invalid/pause:1"

// An Image is a container image of a kubelet.
type Image struct {
	// Name with registry and tag.
	Name string
	// Entrypoint of its containers.
	Entrypoint []string
	// Env of its containers.
	Env []string
	// Programs by their path in the image, as files.
	Programs map[string]string
	// Files by their path in the image, with their content.
	Files map[string]string
	// Links by their path in the image, with their target.
	Links map[string]string
}

// ProgramImage returns an image of one static program.
func ProgramImage(name, program string) Image {
	path := "/" + filepath.Base(program)
	return Image{Name: name, Entrypoint: []string{path}, Programs: map[string]string{path: program}}
}

// WriteImages writes images as a docker save archive.
func WriteImages(to string, images ...Image) error {
	all, manifest := archive{}, []map[string]any{}
	for i, image := range images {
		layer, err := image.layer()
		if err != nil {
			return errors.Wrapf(err, "cannot write image %s", image.Name)
		}
		sum := sha256.Sum256(layer)
		config, err := json.Marshal(map[string]any{
			"architecture": "amd64", "os": "linux",
			"config": map[string]any{"Entrypoint": image.Entrypoint, "Env": image.Env},
			"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
		})
		if err != nil {
			return err
		}
		name := fmt.Sprint(i)
		all.file(name+".tar", layer, 0o644)
		all.file(name+".json", config, 0o644)
		manifest = append(manifest, map[string]any{"Config": name + ".json", "RepoTags": []string{image.Name}, "Layers": []string{name + ".tar"}})
	}
	raw, err := json.Marshal(manifest)
	if err != nil {
		return err
	}
	all.file("manifest.json", raw, 0o644)
	raw, err = all.bytes()
	if err != nil {
		return err
	}
	return os.WriteFile(to, raw, 0o600)
}

func (i Image) layer() ([]byte, error) {
	a := archive{}
	for _, path := range slices.Sorted(maps.Keys(i.Programs)) {
		raw, err := os.ReadFile(i.Programs[path])
		if err != nil {
			return nil, err
		}
		a.file(path, raw, 0o755)
	}
	for _, path := range slices.Sorted(maps.Keys(i.Files)) {
		a.file(path, []byte(i.Files[path]), 0o644)
	}
	for _, path := range slices.Sorted(maps.Keys(i.Links)) {
		a.add(&tar.Header{Typeflag: tar.TypeSymlink, Name: path, Linkname: i.Links[path], Mode: 0o777}, nil)
	}
	return a.bytes()
}

// An archive is a tar archive. Its error is returned at the end.
type archive struct {
	buffer bytes.Buffer
	writer *tar.Writer
	err    error
}

func (a *archive) file(path string, raw []byte, mode int64) {
	a.add(&tar.Header{Name: path, Mode: mode, Size: int64(len(raw))}, raw)
}

func (a *archive) add(h *tar.Header, raw []byte) {
	if a.writer == nil {
		a.writer = tar.NewWriter(&a.buffer)
	}
	h.Name = filepath.Clean("/" + h.Name)[1:]
	err := a.writer.WriteHeader(h)
	if err == nil {
		_, err = a.writer.Write(raw)
	}
	a.err = errors.Join(a.err, err)
}

func (a *archive) bytes() ([]byte, error) {
	if a.writer == nil {
		a.writer = tar.NewWriter(&a.buffer)
	}
	err := errors.Join(a.err, a.writer.Close())
	return a.buffer.Bytes(), err
}
