package integration

import (
	"testing"

	"github.com/nodeeni/provider-aws-eni/hack/testbed"
)

func TestCRDs(t *testing.T) {
	cp, err := testbed.StartControlPlane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer cp.Stop()
}
