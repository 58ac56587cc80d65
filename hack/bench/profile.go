// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// profileCPU takes a CPU profile in the background. The returned function
// waits for it.
func (s *stage) profileCPU(ctx context.Context, p *provider, name string, d time.Duration) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.profile(ctx, p, name+"-cpu", fmt.Sprintf("profile?seconds=%d", int(d.Seconds())), d+10*time.Second)
	}()
	return func() { <-done }
}

// profileHeap takes a heap profile.
func (s *stage) profileHeap(ctx context.Context, p *provider, name string) {
	s.profile(ctx, p, name+"-heap", "heap", 30*time.Second)
}

// profile downloads a profile. An error is logged only: the
// measurements do not depend on it.
func (s *stage) profile(ctx context.Context, p *provider, name, what string, within time.Duration) {
	if s.o.profile == "" {
		return
	}
	if p.pprof == "" {
		s.logf("no profile %s: this provider has no flag %s", name, flagPprof)
		return
	}
	path := filepath.Join(s.o.profile, name+".pprof")
	if err := fetch(ctx, "http://"+p.pprof+"/debug/pprof/"+what, path, within); err != nil {
		s.logf("no profile %s: %s", name, err)
		return
	}
	s.logf("profile: %s", path)
}

// fetch downloads to a file. The server may still be starting.
func fetch(ctx context.Context, url, path string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return errors.Wrap(err, "cannot create a directory")
	}
	for {
		err := fetchOnce(ctx, url, path)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func fetchOnce(ctx context.Context, url, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	if resp.StatusCode != http.StatusOK {
		return errors.Errorf("GET %s: %s", url, resp.Status)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, resp.Body)
	return errors.Join(err, f.Close())
}
