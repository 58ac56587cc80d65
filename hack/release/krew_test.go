// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// krewProgram is the krew with which TestKrew installs the plugin.
const krewProgram = "sigs.k8s.io/krew/cmd/krew@v0.4.3"

// newPlugin returns a release with a plugin for each platform, which is a script.
func newPlugin(t *testing.T) *release {
	t.Helper()
	r := newRelease(t)
	for _, p := range pluginPlatforms {
		dir := filepath.Join(r.dist, p[0]+"_"+p[1])
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, pluginBinary), []byte("#!/bin/sh\necho eni plugin for "+p[1]+" \"$@\"\n"), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// TestKrew installs the plugin with krew, from its manifest and its archive, and runs it.
func TestKrew(t *testing.T) {
	r := newPlugin(t)
	if err := r.krew("https://example.org/v1.2.3/"); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "run", krewProgram, "install",
		"--manifest="+filepath.Join(r.dist, "eni.yaml"), "--archive="+filepath.Join(r.dist, pluginBinary+"_"+runtime.GOOS+"_"+runtime.GOARCH+".tar.gz"))
	cmd.Env = append(os.Environ(), "KREW_ROOT="+root, "KREW_NO_UPGRADE_CHECK=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(root, "bin", "kubectl-eni"), "status").CombinedOutput()
	if want := "eni plugin for " + runtime.GOARCH + " status\n"; err != nil || string(out) != want {
		t.Errorf("\nThe installed plugin runs.\nkubectl-eni status: %q, %v, want %q", out, err, want)
	}
	manifest, err := os.ReadFile(filepath.Join(r.dist, "eni.yaml"))
	if err != nil || !strings.Contains(string(manifest), "uri: https://example.org/v1.2.3/kubectl-eni_darwin_arm64.tar.gz\n") {
		t.Errorf("\nThe manifest names the archive of each platform.\nkrew(...): %v:\n%s", err, manifest)
	}
}

// TestKrewReproducible builds the archives twice.
func TestKrewReproducible(t *testing.T) {
	var manifests []string
	for range 2 {
		r := newPlugin(t)
		if err := r.krew("https://example.org"); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(r.dist, "eni.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		manifests = append(manifests, string(raw))
	}
	if manifests[0] != manifests[1] {
		t.Errorf("\nThe same commit gives the same digests.\nkrew(...):\n%s\n%s", manifests[0], manifests[1])
	}
}

func TestKrewRejects(t *testing.T) {
	for reason, tc := range map[string]struct{ version, url, want string }{
		"A version that krew rejects is not built.": {version: "0be7cb3-dirty", url: "https://example.org", want: "set VERSION, such as"},
		"A version needs all three numbers.":        {version: "v1.2", url: "https://example.org", want: "set VERSION, such as"},
		"Without a URL krew downloads nothing.":     {version: "v1.2.3", want: "set PLUGIN_URL, such as"},
		"Krew downloads over HTTPS.":                {version: "v1.2.3", url: "http://example.org", want: "set PLUGIN_URL, such as"},
	} {
		r := newPlugin(t)
		r.version = tc.version
		if err := r.krew(tc.url); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("\n%s\nkrew(%q) of %s: error %v, want %q", reason, tc.url, tc.version, err, tc.want)
		}
	}
}
