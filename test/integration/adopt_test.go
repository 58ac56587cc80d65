// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestAdopt takes over an attached ENI with the manifests of kubectl eni adopt: first it is
// observed, then managed. Only its tags change.
func TestAdopt(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	node := e.node("node-a")
	e.addExampleENI(node)
	adopt := func(args ...string) {
		t.Helper()
		manifests, problem, err := e.plugin("", append(args, "adopt", exampleID, "--attachment")...)
		if err != nil {
			t.Fatalf("%v\n%s", err, problem)
		}
		apply := e.kubectl(t.Context(), "apply", "-f", "-")
		apply.Stdin = strings.NewReader(manifests)
		if result, err := apply.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, result)
		}
	}
	mark := e.EC2.Mark()
	adopt()
	e.eventually(settledWithin, e.eniReady(exampleID))
	e.eventually(settledWithin, e.eniaReady(exampleID))
	for _, c := range e.EC2.Since(mark, ec2emulator.Mutating) {
		t.Errorf("%s was called while the objects only observe", c.Action)
	}

	adopt("--manage", "--subnet="+dataSubnet)
	e.eventually(settledWithin, func() error {
		if a := e.enia(exampleID).Spec.ForProvider; a.InstanceID == nil || *a.InstanceID != instanceID(node) || a.DeviceIndex == nil || *a.DeviceIndex != 2 {
			return fmt.Errorf("the attachment is not complete: %+v", a)
		}
		if e.EC2.Count(ec2emulator.ByAction("CreateTags")) == 0 {
			return fmt.Errorf("the ENI has no ownership tags yet")
		}
		return nil
	})
	e.eventually(settledWithin, e.eniReady(exampleID))
	for _, c := range e.EC2.Since(mark, ec2emulator.Mutating) {
		if c.Action != "CreateTags" {
			t.Errorf("%s was called: only tags differ", c.Action)
		}
	}
}
