package integration

import (
	"context"
	"flag"
	"os"
	"strconv"
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

// longTests say so in their options: they take minutes, and would be the last to end
// if they had to wait for a place among all others.
const longTests = 2

// places are those of the other tests with an environment of their own.
var places chan struct{}

// takeTurns keeps to -parallel, but lets long tests begin at once: all tests are
// let go by testing, in no order, and all but the long ones then wait for a place.
func takeTurns() error {
	parallel := flag.Lookup("test.parallel")
	n, err := strconv.Atoi(parallel.Value.String())
	if err != nil {
		return err
	}
	places = make(chan struct{}, max(1, n-longTests))
	return parallel.Value.Set("1000")
}

// takePlace waits until a test may begin, and gives its place back when it ends.
func takePlace(t *testing.T, long bool) {
	t.Helper()
	t.Parallel()
	if !long {
		places <- struct{}{}
		t.Cleanup(func() { <-places })
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard())
	if *debug {
		log.SetLogger(zap.New(zap.UseDevMode(true), zap.WriteTo(os.Stderr)))
	}
	if err := takeTurns(); err != nil {
		log.Log.Error(err, "cannot say how many tests run at once")
		os.Exit(1)
	}
	code := m.Run()
	if shared.cp != nil {
		if err := shared.cp.Stop(); err != nil && code == 0 {
			code = 1
		}
	}
	os.Exit(code)
}
