package integration

import (
	"context"
	"flag"
	"os"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/nodeeni/provider-aws-eni/hack/testbed"
)

var shared struct {
	once sync.Once
	cp   *testbed.ControlPlane
	err  error
}

// controlPlane returns a control plane with the CRDs and no controllers, shared
// by the tests that only ask what the API server admits.
func controlPlane(t *testing.T) *testbed.ControlPlane {
	t.Helper()
	shared.once.Do(func() {
		// It outlives the test that happens to start it.
		shared.cp, shared.err = testbed.StartControlPlane(context.WithoutCancel(t.Context()))
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cp
}

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard())
	if *debug {
		log.SetLogger(zap.New(zap.UseDevMode(true), zap.WriteTo(os.Stderr)))
	}
	code := m.Run()
	if shared.cp != nil {
		if err := shared.cp.Stop(); err != nil && code == 0 {
			code = 1
		}
	}
	os.Exit(code)
}
