// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// lockedBuffer is a buffer for a log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestCredentialFailures uses a config with a secret key and a role: STS denies the role,
// EC2 rejects the credentials of the role, and both recover without a restart. No log, event
// or object but the Secret has the key.
func TestCredentialFailures(t *testing.T) {
	const secretKey, role = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLE", "arn:aws:iam::123456789012:role/eni"
	logs := &lockedBuffer{}
	e := newEnv(t, options{noAgents: true, settings: func(s *controller.Settings) {
		s.Log = logging.NewLogrLogger(zap.New(zap.UseDevMode(true), zap.WriteTo(logs)))
	}})
	keys := &corev1.Secret{ObjectMeta: named("keys"), StringData: map[string]string{"credentials": "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " + secretKey + "\n"}}
	keys.Namespace = "default"
	base := &v1alpha1.ClusterProviderConfig{}
	if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, base); err != nil {
		t.Fatal(err)
	}
	config := &v1alpha1.ClusterProviderConfig{ObjectMeta: named("with-role"), Spec: *base.Spec.DeepCopy()}
	config.Spec.Credentials = v1alpha1.ProviderCredentials{Source: v1alpha1.CredentialsSourceSecret, SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: "default", Name: "keys"}, Key: "credentials"}}
	config.Spec.AssumeRoleChain = []v1alpha1.AssumeRoleOptions{{RoleARN: role}}
	denied := e.EC2.Inject(ec2emulator.Fault{Action: "AssumeRole", Code: "AccessDenied", Message: "User: arn:aws:iam::123456789012:user/eni is not authorized to perform: sts:AssumeRole on resource: " + role})
	for _, o := range []client.Object{keys, config} {
		if err := e.kube.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	synced := func(parts ...string) func() error {
		return func() error {
			c := e.eni("one").GetCondition("Synced")
			for _, p := range parts {
				if c.Status != corev1.ConditionFalse || !strings.Contains(c.Message, p) {
					return fmt.Errorf("Synced is %+v, want %q", c, p)
				}
			}
			return nil
		}
	}
	e.apply(interfaceYAML("one", "", "spec:\n  providerConfigRef: {kind: ClusterProviderConfig, name: with-role}\n  forProvider:\n    subnetId: "+dataSubnet+"\n"))
	e.eventually(settledWithin, synced("cannot assume role "+role, "AccessDenied", "trust policy", "(ClusterProviderConfig with-role)"))

	t.Log("the role is allowed, and EC2 rejects its credentials")
	rejected := e.EC2.Inject(ec2emulator.Fault{Action: "CreateNetworkInterface", Code: "AuthFailure"})
	denied.Remove()
	e.eventually(settledWithin, synced("AuthFailure", "correct the credentials of the provider config (ClusterProviderConfig with-role)"))

	t.Log("the credentials are accepted")
	rejected.Remove()
	e.patch(e.eni("one"), `{"metadata":{"annotations":{"crossplane.io/reconcile-requested-at":"now"}}}`)
	e.eventually(settledWithin, e.eniReady("one"))

	t.Log("the key is in no log, event or object")
	if text := logs.String(); text == "" || strings.Contains(text, secretKey) {
		t.Errorf("the log of %d bytes has the key", len(text))
	}
	for _, l := range []client.ObjectList{&corev1.EventList{}, &ec2v1alpha1.NetworkInterfaceList{}, &v1alpha1.ClusterProviderConfigList{}, &v1alpha1.ProviderConfigUsageList{}} {
		if err := e.kube.List(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if raw, err := json.Marshal(l); err != nil || bytes.Contains(raw, []byte(secretKey)) {
			t.Errorf("a list of type %T has the key: %v", l, err)
		}
	}
}
