// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// ledgerLimit is well above the number of calls between two reads of the meter.
const ledgerLimit = 200_000

// A stage is the test environment of the bench.
type stage struct {
	progress

	o   options
	dir string

	cp         *testbed.ControlPlane
	audit      *auditLog
	kube       client.WithWatch
	world      *testbed.World
	meter      *meter
	attached   *attachments
	kubeconfig string
	binary     string
	help       string

	processes []*process
	cleanups  []func(context.Context) error
}

func newStage(o options) (*stage, error) {
	dir, err := os.MkdirTemp("", "provider-aws-eni-bench-")
	if err != nil {
		return nil, errors.Wrap(err, "cannot create a directory")
	}
	s := &stage{o: o, dir: dir, progress: progress{started: time.Now()}, audit: newAuditLog()}
	s.cleanup(func(context.Context) error { return os.RemoveAll(dir) })
	return s, nil
}

// cleanup registers fn to be called at the end, in reverse order.
func (s *stage) cleanup(fn func(context.Context) error) { s.cleanups = append(s.cleanups, fn) }

// close stops all processes and removes all files.
func (s *stage) close(ctx context.Context) error {
	s.logf("cleaning up")
	var errs []error
	for _, fn := range slices.Backward(s.cleanups) {
		errs = append(errs, fn(ctx))
	}
	return errors.Join(errs...)
}

// background runs fn in the background until close, which waits for it.
func (s *stage) background(ctx context.Context, fn func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { fn(ctx) })
	s.cleanup(func(context.Context) error { cancel(); wg.Wait(); return nil })
}

// start starts the control plane and the emulator.
func (s *stage) start(ctx context.Context) error {
	if err := s.findProvider(ctx); err != nil {
		return err
	}
	cp, stop, err := s.startAPI(ctx)
	if err != nil {
		return err
	}
	s.cp = cp
	s.cleanup(func(context.Context) error { return stop() })

	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), apis.AddToScheme(scheme)); err != nil {
		return errors.Wrap(err, "cannot build scheme")
	}
	if s.kube, err = s.clientAs(scheme, "bench"); err != nil {
		return err
	}
	if s.world, err = testbed.NewWorld(ctx, s.kube, ec2emulator.Options{Throttle: !s.o.fill, LedgerLimit: ledgerLimit}); err != nil {
		return err
	}
	s.cleanup(func(context.Context) error { s.world.Close(); return nil })
	if err := testbed.ApplyRBAC(ctx, s.kube); err != nil {
		return err
	}
	if err := seedWorld(s.world.EC2, s.o.dataSubnets()); err != nil {
		return err
	}
	s.meter = newMeter(s.world.EC2)
	s.background(ctx, s.meter.run)
	if s.kubeconfig, err = s.cp.Kubeconfig(ctx, s.kube, testbed.ProviderServiceAccount, s.dir); err != nil {
		return err
	}
	return nil
}

// startAPI starts the API server, or its emulator.
func (s *stage) startAPI(ctx context.Context) (*testbed.ControlPlane, func() error, error) {
	if s.o.emulatedAPI {
		s.logf("starting an emulator of the API server")
		return startEmulatedAPI(s.audit)
	}
	s.logf("starting etcd and kube-apiserver")
	return startControlPlane(ctx, s.dir, s.audit)
}

func (s *stage) clientAs(scheme *runtime.Scheme, userAgent string) (client.WithWatch, error) {
	cfg := rest.CopyConfig(s.cp.Config)
	cfg.UserAgent = userAgent
	c, err := client.NewWithWatch(cfg, client.Options{Scheme: scheme})
	return c, errors.Wrap(err, "cannot reach the API server")
}

// runAgents runs simulated agents for all nodes.
func (s *stage) runAgents(ctx context.Context) error {
	c, err := s.clientAs(s.kube.Scheme(), userAgentAgents)
	if err != nil {
		return err
	}
	s.background(ctx, func(ctx context.Context) {
		for ctx.Err() == nil {
			if err := (testbed.FakeAgent{}).Run(ctx, c); err != nil && ctx.Err() == nil {
				s.logf("restarting the simulated agents: %s", err)
			}
		}
	})
	return nil
}

// findProvider builds the provider, unless a binary is given, and reads its flags.
func (s *stage) findProvider(ctx context.Context) error {
	s.binary = s.o.provider
	if s.binary == "" {
		s.logf("building the provider")
		var err error
		if s.binary, err = s.goBuild(ctx, "provider"); err != nil {
			return err
		}
	}
	out, err := exec.CommandContext(ctx, s.binary, "--help").CombinedOutput()
	if err != nil {
		return errors.Wrapf(err, "cannot run %s --help: %s", s.binary, out)
	}
	s.help = string(out)
	if s.o.share > 0 && !s.has(flagShare) {
		return errors.New("cannot use --share: this provider has no flag --ec2-share")
	}
	return nil
}

// has reports whether the provider has a flag.
func (s *stage) has(flag string) bool {
	return strings.Contains(s.help, flag+"=") || strings.Contains(s.help, flag+" ")
}

// goBuild builds a program of cmd and returns the binary's path.
func (s *stage) goBuild(ctx context.Context, name string) (string, error) {
	out := filepath.Join(s.dir, name)
	// As in the Makefile: symbols and cgo use memory.
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, "./cmd/"+name)
	cmd.Dir = testbed.RepositoryRoot()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", errors.Wrapf(err, "cannot build cmd/%s: %s", name, text)
	}
	return out, nil
}

// run starts a process that is stopped at the end at the latest.
func (s *stage) run(ctx context.Context, name string, env []string, program string, args ...string) (*process, error) {
	p, err := startProcess(ctx, s.dir, fmt.Sprintf("%02d-%s", len(s.processes)+1, name), env, program, args...)
	if err != nil {
		return nil, err
	}
	s.processes = append(s.processes, p)
	s.cleanup(func(context.Context) error { p.stop(); return nil })
	return p, nil
}

// logs returns the last lines of every process as an error, for a run that
// failed.
func (s *stage) logs() error {
	var errs []error
	for _, p := range s.processes {
		errs = append(errs, errors.Errorf("%s:\n%s", p.name, p.lastLines(20)))
	}
	return errors.Join(errs...)
}
