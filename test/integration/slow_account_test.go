// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestSlowAccount creates many ENIs in an account whose calls take seconds, and then ENIs in another.
func TestSlowAccount(t *testing.T) {
	e := newEnv(t, options{})
	slow := ec2emulator.New(ec2emulator.Options{AccountID: "222222222222", Latency: 8 * time.Second})
	url, err := slow.Start(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(slow.Close)
	if err := slow.Seed(testbed.Seed()); err != nil {
		t.Fatal(err)
	}
	config := &v1alpha1.ClusterProviderConfig{}
	if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, config); err != nil {
		t.Fatal(err)
	}
	config.ObjectMeta = metav1.ObjectMeta{Name: "slow"}
	config.Spec.Endpoint.URL.Static = url
	if err := e.kube.Create(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	create := func(config string, n int) {
		for i := range n {
			o := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("%s-%d", config, i)}}
			o.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID("subnet-0f59b4f14737be9ad"))
			o.Spec.ProviderConfigReference = &xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: config}
			if err := e.kube.Create(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	const many, few = 40, 5
	create("slow", many)
	e.eventually(60*time.Second, func() error {
		if n := len(slow.Calls(func(c callRecord) bool { return c.Action == "CreateNetworkInterface" })); n == 0 {
			return fmt.Errorf("no ENI of the slow account is being created")
		}
		return nil
	})
	mark := slow.Mark()
	create("default", few)
	for i := range few {
		e.eventually(60*time.Second, e.eniReady(fmt.Sprintf("default-%d", i)))
	}
	n := len(slow.Since(mark))
	t.Logf("the ENIs of one account are Ready after %d calls of the other", n)
	// Ten workers that each wait for the end of a call would make nine or ten.
	if n > 4 {
		t.Error("the ENIs of one account wait for calls of the other")
	}
}
