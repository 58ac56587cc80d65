// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
)

var debug = flag.Bool("debug", false, "print the provider's debug log, and the agent's at the end")

// shared is the state of all machines of this run.
var shared struct {
	once  sync.Once
	kit   *kernelvm.Kit
	dir   string
	agent string // the program
	err   error
}

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard())
	if *debug {
		log.SetLogger(zap.New(zap.UseDevMode(true), zap.WriteTo(os.Stderr)))
	}
	code := m.Run()
	if shared.kit != nil {
		_ = shared.kit.Close()
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// kit returns the parts of a machine and the agent's program, or skips the
// test without KERNELVM.
func kit(t *testing.T) (*kernelvm.Kit, string) {
	t.Helper()
	folder := os.Getenv("KERNELVM")
	if folder == "" {
		t.Skip("this test boots a virtual machine: run make e2e-kernel, or set KERNELVM to the directory that test/kernelvm/ensure.sh prints")
	}
	shared.once.Do(func() {
		shared.err = build(context.WithoutCancel(t.Context()), folder)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.kit, shared.agent
}

func build(ctx context.Context, folder string) (err error) {
	if shared.dir, err = os.MkdirTemp("", "provider-aws-eni-kernel-"); err != nil {
		return err
	}
	shared.agent = filepath.Join(shared.dir, "agent")
	if err := kernelvm.Build(ctx, "cmd/agent", shared.agent); err != nil {
		return err
	}
	shared.kit, err = kernelvm.Prepare(ctx, folder)
	return err
}
