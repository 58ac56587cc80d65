// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

const (
	// quietFor is the time without an EC2 call or a write after which a provider is quiet:
	// longer than the delays between the steps of an object.
	quietFor = 10 * time.Second

	flagShare = "--ec2-share"
	flagPprof = "--pprof-bind-address"
)

// A provider is the provider's process.
type provider struct {
	*process

	started time.Time
	pprof   string // address, empty if it has none
}

// startProvider starts the provider with the manifests' RBAC rules. It does not wait
// for it.
func (s *stage) startProvider(ctx context.Context, extra ...string) (*provider, error) {
	args := []string{
		"--region=" + testbed.Region, "--namespace=" + testbed.Namespace, "--no-leader-election",
		"--metrics-bind-address=0", "--health-probe-bind-address=0",
	}
	if s.o.share > 0 {
		args = override(args, flagShare+"="+formatShare(s.o.share))
	}
	p := &provider{}
	if s.o.profile != "" && s.has(flagPprof) {
		var err error
		if p.pprof, err = freeAddress(ctx); err != nil {
			return nil, err
		}
		args = override(args, flagPprof+"="+p.pprof)
	}
	args = override(override(args, s.o.providerFlags...), extra...)
	p.started = time.Now()
	var err error
	p.process, err = s.run(ctx, "provider", []string{"KUBECONFIG=" + s.kubeconfig}, s.binary, args...)
	return p, err
}

// override adds flags and replaces existing ones, as most flags may be
// set only once.
func override(args []string, with ...string) []string {
	out := make([]string, 0, len(args)+len(with))
	for _, a := range args {
		name, _, _ := strings.Cut(a, "=")
		replaced := false
		for _, w := range with {
			n, _, _ := strings.Cut(w, "=")
			replaced = replaced || n == name
		}
		if !replaced {
			out = append(out, a)
		}
	}
	return append(out, with...)
}

// startFillProvider starts a provider without throttling, with the largest share that
// it accepts.
func (s *stage) startFillProvider(ctx context.Context) (*provider, error) {
	flags := []string{"--max-reconcile-rate=100"}
	if s.has("--kube-api-qps") {
		flags = append(flags, "--kube-api-qps=1000")
	}
	shares := []string{""}
	if s.has(flagShare) {
		shares = []string{flagShare + "=100", flagShare + "=1"}
	}
	var err error
	for _, share := range shares {
		with := flags
		if share != "" {
			with = append(with, share)
		}
		var p *provider
		if p, err = s.startProvider(ctx, with...); err != nil {
			return nil, err
		}
		if err = s.waitForWorkers(ctx, p); err == nil || p.alive() == nil {
			return p, err
		}
		s.logf("the provider does not accept %s: %s", share, p.lastLines(1))
	}
	return nil, err
}

// waitForWorkers waits until the controllers have started, so that a measurement excludes
// the start of the process.
func (s *stage) waitForWorkers(ctx context.Context, p *provider) error {
	return s.wait(ctx, "the provider to start its controllers", 2*time.Minute, func() (bool, string, error) {
		return p.logged("Starting workers", `"nodeeni"`), "not yet", p.alive()
	})
}

// quiet waits until the provider has neither called EC2 nor written for quietFor,
// and returns the time of its last activity. ok is false on a timeout.
func (s *stage) quiet(ctx context.Context, p *provider, within time.Duration) (last time.Time, ok bool, err error) {
	begun := time.Now()
	look := func() (bool, string, error) {
		last = p.started
		for _, t := range []time.Time{s.meter.lastCall(), s.audit.lastBy(whoProvider)} {
			if t.After(last) {
				last = t
			}
		}
		// The time before the start of the controllers does not count.
		ok = time.Since(last) >= quietFor && time.Since(begun) >= quietFor
		c, w := s.meter.snapshot().sum(false), s.audit.snapshot().by(whoProvider)
		return ok || time.Since(begun) >= within, "" + plural(c.Total, "call") + " to EC2 and " + plural(w, "write") + " so far", p.alive()
	}
	err = s.wait(ctx, "the provider to be quiet for "+quietFor.String(), within+time.Minute, look)
	return last, ok, err
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", errors.Wrap(err, "cannot find a free port")
	}
	return l.Addr().String(), l.Close()
}
