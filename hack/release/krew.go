// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/Masterminds/semver/v3"
	"sigs.k8s.io/yaml"
)

const pluginBinary = "kubectl-eni"

// pluginPlatforms are the operating systems and architectures of the kubectl plugin.
var pluginPlatforms = [][2]string{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}}

const pluginDescription = `Shows which ENIs provider-aws-eni gives to the nodes of a cluster, why one is
missing, and what a change of a NodeENI, its deletion or a new node label would
create and release. Moves NodeENIs from aws-multi-eni-controller. It uses the API
server with your permissions, and needs no credentials of AWS.
`

// A krewPlugin is krew's manifest of a plugin.
type krewPlugin struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       krewSpec          `json:"spec"`
}

type krewSpec struct {
	Version          string         `json:"version"`
	Homepage         string         `json:"homepage"`
	ShortDescription string         `json:"shortDescription"`
	Description      string         `json:"description"`
	Platforms        []krewPlatform `json:"platforms"`
}

type krewPlatform struct {
	Selector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	} `json:"selector"`
	URI    string `json:"uri"`
	SHA256 string `json:"sha256"`
	Bin    string `json:"bin"`
}

// krew writes an archive of the kubectl plugin for each platform, and krew's manifest eni.yaml
// with their digests. url is where the archives are published, without the name of the file.
func (r *release) krew(url string) error {
	if v, err := semver.StrictNewVersion(strings.TrimPrefix(r.version, "v")); err != nil || "v"+v.String() != r.version {
		return fmt.Errorf("krew requires a semantic version, not %q: set VERSION, such as VERSION=v1.2.3", r.version)
	}
	if !strings.HasPrefix(url, "https://") {
		return fmt.Errorf("krew downloads over HTTPS, not from %q: set PLUGIN_URL, such as https://example.org/releases/v1.2.3", url)
	}
	p := krewPlugin{
		APIVersion: "krew.googlecontainertools.github.com/v1alpha2", Kind: "Plugin", Metadata: map[string]string{"name": "eni"},
		Spec: krewSpec{
			Version: r.version, Homepage: "https://github.com/nodeeni/provider-aws-eni", Description: pluginDescription,
			ShortDescription: "Explain and plan the ENIs of nodes",
		},
	}
	for _, platform := range pluginPlatforms {
		name := fmt.Sprintf("%s_%s_%s.tar.gz", pluginBinary, platform[0], platform[1])
		archive, err := r.pluginArchive(platform)
		if err == nil {
			err = os.WriteFile(filepath.Join(r.dist, name), archive, 0o644) //nolint:gosec // it is published
		}
		if err != nil {
			return fmt.Errorf("cannot write %s: %w", name, err)
		}
		sum := sha256.Sum256(archive)
		k := krewPlatform{URI: strings.TrimSuffix(url, "/") + "/" + name, SHA256: hex.EncodeToString(sum[:]), Bin: pluginBinary}
		k.Selector.MatchLabels = map[string]string{"os": platform[0], "arch": platform[1]}
		p.Spec.Platforms = append(p.Spec.Platforms, k)
	}
	raw, err := yaml.Marshal(p)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.dist, "eni.yaml"), raw, 0o644) //nolint:gosec // it is published
}

// pluginArchive returns the archive of a platform: the binary and the license. The same commit
// gives the same archive.
func (r *release) pluginArchive(platform [2]string) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for _, f := range []struct {
		path string
		mode int64
	}{{filepath.Join(r.dist, platform[0]+"_"+platform[1], pluginBinary), 0o755}, {filepath.Join(r.root, "LICENSE"), 0o644}} {
		raw, err := os.ReadFile(f.path)
		if err != nil {
			return nil, err
		}
		err = w.WriteHeader(&tar.Header{Name: filepath.Base(f.path), Mode: f.mode, Size: int64(len(raw)), ModTime: r.created, Format: tar.FormatPAX})
		if err == nil {
			_, err = w.Write(raw)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
