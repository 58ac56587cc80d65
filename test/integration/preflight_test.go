// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestPreflight verifies the permissions of the default provider config: the describe actions at
// the start, and the others within samplePoll after an ENI exists. The policy lacks two actions.
func TestPreflight(t *testing.T) {
	e := newEnv(t, options{long: true, noProvider: true})
	for _, action := range []string{"DetachNetworkInterface", "DeleteTags"} {
		e.EC2.Inject(ec2emulator.Fault{Action: action, Code: "UnauthorizedOperation"})
	}
	e.startProvider(nil)
	condition := func(status corev1.ConditionStatus, reason xpv2.ConditionReason, parts ...string) func() error {
		return func() error {
			pc := &v1alpha1.ClusterProviderConfig{}
			if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, pc); err != nil {
				return err
			}
			c := pc.GetCondition(v1alpha1.TypePreflight)
			for _, p := range parts {
				if !strings.Contains(c.Message, p) {
					return fmt.Errorf("the message %q lacks %q", c.Message, p)
				}
			}
			if c.Status != status || c.Reason != reason {
				return fmt.Errorf("the condition is %+v", c)
			}
			return nil
		}
	}
	e.eventually(30*time.Second, condition(corev1.ConditionTrue, v1alpha1.ReasonPreflightPassed, "EC2 permits 6 actions", "ec2:DetachNetworkInterface"))

	e.node("node-a")
	e.apply(head("data") + fmt.Sprintf("  subnetIDs: [%s]\n", dataSubnet))
	e.eventually(settledWithin, e.ready("data", 1))
	mark := e.EC2.Mark()
	e.eventually(2*time.Minute, condition(corev1.ConditionFalse, v1alpha1.ReasonMissingPermission,
		"EC2 does not permit ec2:DeleteTags, ec2:DetachNetworkInterface: add", "EC2 permits 11 actions", "not verified without a network interface with an Elastic IP"))
	for _, c := range e.EC2.Since(mark) {
		if c.Committed {
			t.Errorf("a dry run changed EC2: %+v", c)
		}
	}
}
