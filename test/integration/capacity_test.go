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

// TestCapacity has an account that may have five network interfaces, of which other programs use three,
// and reads the quota from Service Quotas: the provider reports that it is nearly used before EC2
// rejects an ENI.
func TestCapacity(t *testing.T) {
	o := emulatorOptions()
	o.NetworkInterfacesPerRegion = 5
	e := newEnv(t, options{long: true, ec2: o})
	e.node("node-a")
	other := e.node("node-b", "ng", "other")
	if _, err := e.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: dataSubnet, Description: "a load balancer"}); err != nil {
		t.Fatal(err)
	}
	e.apply(head("data") + fmt.Sprintf("  subnetIDs: [%s]\n  count: 2\n", dataSubnet))
	e.eventually(settledWithin, e.ready("data", 2))
	pc := &v1alpha1.ClusterProviderConfig{}
	e.eventually(firstCapacity, func() error {
		if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, pc); err != nil {
			return err
		}
		c := pc.GetCondition(v1alpha1.TypeCapacityAvailable)
		if c.Status != corev1.ConditionFalse || c.Reason != v1alpha1.ReasonQuotaNearlyUsed || !strings.Contains(c.Message, "the account has 5 network interfaces in us-east-1, of 5 that its quota L-DF5E4CA3 permits") {
			return fmt.Errorf("the condition is %+v", c)
		}
		return nil
	})
	if s := pc.Status.Subnets; len(s) != 1 || s[0].SubnetID != dataSubnet || s[0].FreeAddresses >= s[0].Addresses || s[0].Addresses == 0 {
		t.Errorf("subnets: %+v", s)
	}
	out, problem, err := e.plugin("", "explain", "node/node-a")
	if err != nil || !strings.Contains(out, "5 of 5 network interfaces of the account in us-east-1 are used") {
		t.Errorf("kubectl eni explain: %v\n%s%s", err, out, problem)
	}

	t.Log("EC2 rejects another ENI, and the reason names the quota")
	e.patchMeta(other, `{"labels":{"ng":"multi-eni"}}`)
	e.eventually(settledWithin, func() error {
		if c := e.nodeENI("data").GetCondition(xpv2.TypeReady); !strings.Contains(c.Message, "quota") {
			return fmt.Errorf("Ready is %+v", c)
		}
		return nil
	})
}

// firstCapacity is when the condition CapacityAvailable exists: the search for the first ENI is made
// every minute.
const firstCapacity = time.Minute + 10*time.Second
