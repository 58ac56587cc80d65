// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

// TestExample builds the program, and runs it against the emulator.
func TestExample(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "library")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %s\n%s", err, out)
	}
	s, err := enitest.NewServer(t.Context(), enitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := s.NetworkInterfaces()
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), binary, append([]string{"-endpoint", s.URL(), "-region", enitest.Region, "-instance", enitest.InstanceID}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_EC2_METADATA_DISABLED=true")
		out, err := cmd.CombinedOutput()
		return regexp.MustCompile(`eni-(attach-)?[0-9a-f]+`).ReplaceAllString(string(out), "eni-${1}*"), err
	}
	out, err := run("-subnet", enitest.SubnetName)
	want := "created eni-* in subnet subnet-tenant-a (10.0.10.0/24)\n" +
		"attached eni-* at device index 1 (eni-attach-*)\n" +
		"  0: eni-* subnet-nodes-a [10.0.0.4]\n" +
		"  1: eni-* subnet-tenant-a [10.0.10.4]\n" +
		"deleted eni-*\n"
	if diff := cmp.Diff(want, out); err != nil || diff != "" {
		t.Errorf("library: %v; -want, +got:\n%s", err, diff)
	}
	if out, err := run("-subnet", "none"); err == nil || s.Calls("CreateNetworkInterface") != 1 {
		t.Errorf("library with a subnet that does not exist: %v\n%s", err, out)
	}
	if diff := cmp.Diff(ids(before), ids(s.NetworkInterfaces())); diff != "" {
		t.Errorf("Network interfaces before and after: -want, +got:\n%s", diff)
	}
}

func ids(all []eni.NetworkInterface) []string {
	out := make([]string, len(all))
	for i, n := range all {
		out[i] = n.ID
	}
	return out
}
