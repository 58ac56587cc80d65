// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl"
)

// TestAdopt takes over an attached ENI with the manifests of kubectl eni adopt: first it is
// observed, then managed. Only its tags change.
func TestAdopt(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	node := e.node("node-a")
	if _, err := e.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{
		ID: exampleID, SubnetID: dataSubnet, Description: "made elsewhere",
		Attachment: &ec2emulator.Attachment{InstanceID: instanceID(node), DeviceIndex: 2},
	}); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(config, e.cp.KubeconfigData, 0o600); err != nil {
		t.Fatal(err)
	}
	adopt := func(args ...string) {
		t.Helper()
		var out, problem bytes.Buffer
		cmd := kubectl.NewCommand(genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &problem})
		cmd.SetArgs(append(args, "adopt", exampleID, "--attachment", "--kubeconfig", config))
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, problem.String())
		}
		apply := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), "--kubeconfig", config, "apply", "-f", "-")
		apply.Stdin = &out
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
