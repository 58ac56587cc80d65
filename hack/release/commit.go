// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// readCommit reads the id and the time of the commit. Each file of an image gets this time.
func (r *release) readCommit(ctx context.Context) error {
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", r.root}, args...)...)
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("cannot run git %s: %w", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out)), nil
	}
	var err error
	if r.revision, err = git("rev-parse", "HEAD"); err != nil {
		return err
	}
	seconds, err := git("log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return fmt.Errorf("cannot read the time of the commit: %w", err)
	}
	r.created = time.Unix(n, 0).UTC()
	if r.version == "" {
		r.version, err = git("describe", "--tags", "--always", "--dirty")
	}
	return err
}
