// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// show prints the resulting objects and the configuration of the hosts.
func (s *stage) show(ctx context.Context) {
	for _, args := range [][]string{
		{"get", "nodeeni", "-o", "wide"},
		{"get", "networkinterfaces", "-A"},
		{"get", "networkinterfaceattachments", "-A"},
		{"get", "hostinterfaces", "-o", "wide"},
		{"get", "clusterproviderconfigs"},
		{"get", "nodeeni", "-o", "custom-columns=NAME:.metadata.name,NODES:.status.attachments[*].nodeID,ENIs:.status.attachments[*].eniID,STATUS:.status.attachments[*].status"},
	} {
		fmt.Printf("\n$ kubectl %s\n", strings.Join(args, " "))
		out, err := s.kubectl(ctx, args...)
		fmt.Print(out)
		if err != nil {
			fmt.Println(err)
		}
	}
	for _, ns := range s.namespaces {
		for _, args := range [][]string{{"-d", "link"}, {"addr"}, {"rule"}} {
			fmt.Printf("\n$ ip netns exec %s ip %s\n", ns, strings.Join(args, " "))
			out, err := exec.CommandContext(ctx, "ip", append([]string{"-n", ns}, args...)...).CombinedOutput()
			fmt.Print(string(out))
			if err != nil {
				fmt.Println(err)
			}
		}
	}
}

func (s *stage) kubectl(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.cp.Assets, "kubectl"), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+filepath.Join(s.dir, "admin.kubeconfig"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// logs returns the last lines of every program's log as an error, for a demo
// that failed.
func (s *stage) logs() error {
	files, _ := filepath.Glob(filepath.Join(s.dir, "*.log"))
	var errs []error
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")
		errs = append(errs, errors.Errorf("%s:\n%s", filepath.Base(f), strings.Join(lines[max(0, len(lines)-20):], "\n")))
	}
	return errors.Join(errs...)
}

func countLines(s string) int { return len(strings.Fields(s)) }
