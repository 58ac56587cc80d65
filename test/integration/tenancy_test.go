// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// teamYAML is a namespace with an attached ENI and a ProviderConfig with its own Secret.
const teamYAML = `
apiVersion: v1
kind: Namespace
metadata: {name: team}
---
apiVersion: v1
kind: Secret
metadata: {namespace: team, name: aws}
stringData: {credentials: "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = emulated\n"}
---
apiVersion: networking.k8s.aws/v1alpha1
kind: ProviderConfig
metadata: {namespace: team, name: team}
spec:
  credentials: {source: Secret, secretRef: {namespace: team, name: aws, key: credentials}}
  endpoint: {url: {type: Static, static: ENDPOINT}}
---
apiVersion: ec2.networking.k8s.aws/v1alpha1
kind: NetworkInterface
metadata: {namespace: team, name: one}
spec:
  providerConfigRef: {kind: ProviderConfig, name: team}
  forProvider: {region: us-east-1, subnetId: subnet-0f59b4f14737be9ad, securityGroups: [sg-05da196f3314d4af8]}
---
apiVersion: ec2.networking.k8s.aws/v1alpha1
kind: NetworkInterfaceAttachment
metadata: {namespace: team, name: one}
spec:
  providerConfigRef: {kind: ProviderConfig, name: team}
  forProvider: {region: us-east-1, networkInterfaceRef: {name: one}, instanceId: INSTANCE}
`

// TestNamespaceDeletion deletes all objects of a namespace, like the namespace
// controller, which does not run here. It deletes the objects that are needed last first.
func TestNamespaceDeletion(t *testing.T) {
	e := newEnv(t, options{settings: func(s *controller.Settings) { s.EndpointNamespaces = []string{"team"} }})
	n := e.node("tenant-node")
	e.apply(strings.NewReplacer("ENDPOINT", e.EC2URL, "INSTANCE", instanceID(n)).Replace(teamYAML))
	a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "one"}}
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "aws"}}
	e.eventually(20*time.Second, func() error {
		if err := e.kube.Get(t.Context(), client.ObjectKeyFromObject(a), a); err != nil {
			return err
		}
		if err := readyAndSynced(func(c string) corev1.ConditionStatus { return a.GetCondition(condition(c)).Status }); err != nil {
			return fmt.Errorf("%w: %+v", err, a.Status.Conditions)
		}
		if err := e.kube.Get(t.Context(), client.ObjectKeyFromObject(s), s); err != nil || len(s.GetFinalizers()) != 1 || s.GetFinalizers()[0] != v1alpha1.FinalizerInUse {
			return fmt.Errorf("the Secret has the finalizers %v, %w", s.GetFinalizers(), err)
		}
		return nil
	})

	if err := e.kube.Delete(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team"}}); err != nil {
		t.Fatal(err)
	}
	all := []client.Object{s, &v1alpha1.ProviderConfig{}, &v1alpha1.ProviderConfigUsage{}, &ec2v1alpha1.NetworkInterface{}, &ec2v1alpha1.NetworkInterfaceAttachment{}}
	for _, o := range all {
		if err := e.kube.DeleteAllOf(t.Context(), o, client.InNamespace("team")); err != nil {
			t.Fatal(err)
		}
	}
	e.eventually(60*time.Second, func() error {
		if live := e.live(); len(live) > 0 {
			return fmt.Errorf("%d ENIs exist", len(live))
		}
		for _, l := range []client.ObjectList{&corev1.SecretList{}, &v1alpha1.ProviderConfigList{}, &v1alpha1.ProviderConfigUsageList{}, &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}} {
			if err := e.kube.List(t.Context(), l, client.InNamespace("team")); err != nil {
				return err
			}
			if err := emptyList(l); err != nil {
				return err
			}
		}
		return nil
	})
}

func emptyList(l client.ObjectList) error {
	u := map[string]int{}
	switch l := l.(type) {
	case *corev1.SecretList:
		u["Secrets"] = len(l.Items)
	case *v1alpha1.ProviderConfigList:
		u["ProviderConfigs"] = len(l.Items)
	case *v1alpha1.ProviderConfigUsageList:
		u["ProviderConfigUsages"] = len(l.Items)
	case *ec2v1alpha1.NetworkInterfaceList:
		u["NetworkInterfaces"] = len(l.Items)
	case *ec2v1alpha1.NetworkInterfaceAttachmentList:
		u["NetworkInterfaceAttachments"] = len(l.Items)
	}
	for what, n := range u {
		if n > 0 {
			return fmt.Errorf("%d %s exist", n, what)
		}
	}
	return nil
}

// TestHostNamespaces addresses a node from a namespace before, while and after
// spec.hostNamespaces selects the namespace. An existing attachment is kept until it is
// deleted.
func TestHostNamespaces(t *testing.T) {
	e := newEnv(t, options{})
	n := e.node("host-node")
	config := func(fn func(*v1alpha1.ClusterProviderConfig)) {
		t.Helper()
		e.eventually(10*time.Second, func() error {
			c := &v1alpha1.ClusterProviderConfig{}
			if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, c); err != nil {
				return err
			}
			fn(c)
			return e.kube.Update(t.Context(), c)
		})
	}
	closed := func(c *v1alpha1.ClusterProviderConfig) {
		c.Spec.HostNamespaces = &v1alpha1.NamespaceSelector{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"enis": "host"}}}
	}
	config(closed)
	e.apply(interfaceYAML("tenant", "", "spec:\n  forProvider:\n    region: us-east-1\n    subnetId: subnet-0f59b4f14737be9ad\n    securityGroups: [sg-05da196f3314d4af8]\n"))
	e.apply(attachmentYAML("tenant", "", "spec:\n  host: {}\n  forProvider:\n    region: us-east-1\n    networkInterfaceRef: {name: tenant}\n    nodeName: "+n.GetName()+"\n"))
	denied := func() error {
		c := e.enia("tenant").GetCondition(condition("Synced"))
		if c.Status != corev1.ConditionFalse || !strings.Contains(c.Message, `namespace "default" may not address nodes with ClusterProviderConfig "default": add it to spec.hostNamespaces`) {
			return fmt.Errorf("Synced is %+v", c)
		}
		return nil
	}
	e.eventually(20*time.Second, denied)
	e.eventually(20*time.Second, e.eniReady("tenant"))
	if got := e.attachedTo(n); len(got) != 0 {
		t.Errorf("\nAn attachment in a namespace that may not address nodes is not attached.\n%v", got)
	}

	ns := &corev1.Namespace{}
	if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, ns); err != nil {
		t.Fatal(err)
	}
	ns.SetLabels(map[string]string{"enis": "host"})
	if err := e.kube.Update(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	e.eventually(90*time.Second, e.eniaReady("tenant"))

	config(func(c *v1alpha1.ClusterProviderConfig) { c.Spec.HostNamespaces = nil })
	e.eventually(30*time.Second, denied)
	if got := e.attachedTo(n); len(got) != 1 {
		t.Errorf("\nAn existing attachment is kept.\n%v", got)
	}
	a, eni := e.enia("tenant"), e.eni("tenant")
	for _, o := range []client.Object{a, eni} {
		if err := e.kube.Delete(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	e.eventually(60*time.Second, e.isDeleted(a))
	e.eventually(60*time.Second, e.isDeleted(eni))
	if got := e.EC2.ENIs(ec2emulator.Exists, managedByUs); len(got) != 0 {
		t.Errorf("\nA deleted attachment is released in any namespace.\n%v", got)
	}
}
