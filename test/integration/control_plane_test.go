// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"flag"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

var shared struct {
	once sync.Once
	cp   *testbed.ControlPlane
	err  error
}

// controlPlane returns a control plane with the CRDs and no controllers, shared by the
// tests of validation and authorization.
func controlPlane(t *testing.T) *testbed.ControlPlane {
	t.Helper()
	shared.once.Do(func() {
		// Not stopped with the first test.
		shared.cp, shared.err = testbed.StartControlPlane(context.WithoutCancel(t.Context()))
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cp
}

// idle are reset control planes for reuse: a reset is much faster than a start.
var idle struct {
	sync.Mutex
	planes []*plane
}

// A plane is a control plane with the objects that exist before a test uses it.
type plane struct {
	*testbed.ControlPlane
	baseline *testbed.Baseline
}

// ownControlPlane returns a control plane for the exclusive use of the test.
func ownControlPlane(t *testing.T) *testbed.ControlPlane {
	t.Helper()
	p, err := takePlane(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.putBack(context.WithoutCancel(t.Context()), t.Failed()); err != nil {
			t.Error(err)
		}
	})
	// A test may change its configuration.
	mine := *p.ControlPlane
	mine.Config = rest.CopyConfig(p.Config)
	return &mine
}

// discardedControlPlane returns a control plane that no other test uses, for a test whose
// changes a reset does not revert.
func discardedControlPlane(t *testing.T) *testbed.ControlPlane {
	t.Helper()
	cp, err := testbed.StartControlPlane(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cp
}

func takePlane(ctx context.Context) (*plane, error) {
	idle.Lock()
	if n := len(idle.planes); n > 0 {
		defer idle.Unlock()
		p := idle.planes[n-1]
		idle.planes = idle.planes[:n-1]
		return p, nil
	}
	idle.Unlock()
	cp, err := testbed.StartControlPlane(ctx)
	if err != nil {
		return nil, err
	}
	baseline, err := cp.Baseline(ctx)
	return &plane{cp, baseline}, err
}

// putBack resets the control plane for the next test, or stops it after a failed test.
func (p *plane) putBack(ctx context.Context, failed bool) error {
	if failed {
		return p.Stop()
	}
	if err := p.Reset(ctx, p.baseline); err != nil {
		return errors.Join(err, p.Stop())
	}
	idle.Lock()
	defer idle.Unlock()
	idle.planes = append(idle.planes, p)
	return nil
}

// stopIdle stops all idle control planes.
func stopIdle() error {
	errs := make([]error, len(idle.planes))
	var wg sync.WaitGroup
	for i, p := range idle.planes {
		wg.Go(func() { errs[i] = p.Stop() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// planes limits the number of concurrent tests with a control plane.
var planes *slots

// limitParallel applies -parallel to tests with a control plane: package testing starts all parallel
// tests in arbitrary order, and each waits for a slot.
func limitParallel() error {
	parallel := flag.Lookup("test.parallel")
	n, err := strconv.Atoi(parallel.Value.String())
	if err != nil {
		return err
	}
	planes = &slots{free: n}
	return parallel.Value.Set("1000")
}

// acquireSlot waits until a test may start, and releases its slot at the end of the test. Long tests
// start first, because they would otherwise finish last.
func acquireSlot(t *testing.T, long bool) {
	t.Helper()
	t.Parallel()
	planes.acquire(long)
	t.Cleanup(planes.release)
}

// slots are a semaphore with two priorities.
type slots struct {
	mu          sync.Mutex
	free        int
	long, short []chan struct{} // that wait
}

// acquire waits for a slot.
func (s *slots) acquire(long bool) {
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return
	}
	granted := make(chan struct{})
	if long {
		s.long = append(s.long, granted)
	} else {
		s.short = append(s.short, granted)
	}
	s.mu.Unlock()
	<-granted
}

// release passes a slot on.
func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, waiting := range []*[]chan struct{}{&s.long, &s.short} {
		if len(*waiting) > 0 {
			close((*waiting)[0])
			*waiting = (*waiting)[1:]
			return
		}
	}
	s.free++
}

// withoutAWS clears the AWS configuration of the environment, which could set a region.
func withoutAWS() error {
	return errors.Join(os.Unsetenv("AWS_REGION"), os.Unsetenv("AWS_DEFAULT_REGION"), os.Unsetenv("AWS_PROFILE"), os.Setenv("AWS_CONFIG_FILE", os.DevNull),
		os.Setenv("AWS_EC2_METADATA_DISABLED", "true"))
}

func TestMain(m *testing.M) {
	flag.Parse()
	if err := withoutAWS(); err != nil {
		log.Log.Error(err, "cannot clear the AWS configuration")
		os.Exit(1)
	}
	log.SetLogger(logr.Discard())
	if *debug {
		log.SetLogger(zap.New(zap.UseDevMode(true), zap.WriteTo(os.Stderr)))
	}
	if err := limitParallel(); err != nil {
		log.Log.Error(err, "cannot read -parallel")
		os.Exit(1)
	}
	code := m.Run()
	if err := stopIdle(); err != nil {
		log.Log.Error(err, "cannot stop the control planes")
		code = max(code, 1)
	}
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	if shared.cp != nil {
		if err := shared.cp.Stop(); err != nil && code == 0 {
			code = 1
		}
	}
	os.Exit(code)
}
