// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// text is an error as a user reads it.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestParseSecret(t *testing.T) {
	type creds struct{ ID, Secret, Token string }
	type want struct {
		Credentials creds
		Error       string
	}
	const lacks = "the credentials Secret lacks aws_access_key_id or aws_secret_access_key in its [default] profile"

	cases := map[string]struct {
		reason string
		args   string
		want   want
	}{
		"File": {
			reason: "An AWS shared credentials file is read, as Crossplane's AWS providers take it.",
			args:   "[default]\naws_access_key_id = AKIA\naws_secret_access_key = a+b/c=\n",
			want:   want{Credentials: creds{"AKIA", "a+b/c=", ""}},
		},
		"FileWithToken": {
			reason: "Temporary credentials have a session token.",
			args:   "[other]\naws_access_key_id=X\n[default]\naws_access_key_id=AKIA\naws_secret_access_key=s\naws_session_token=t==\n",
			want:   want{Credentials: creds{"AKIA", "s", "t=="}},
		},
		"JSON": {
			reason: "A JSON object is read too.",
			args:   ` {"aws_access_key_id": "AKIA", "aws_secret_access_key": "s", "aws_session_token": "t"}`,
			want:   want{Credentials: creds{"AKIA", "s", "t"}},
		},
		"OtherProfile": {
			reason: "The profile must be the default one.",
			args:   "[prod]\naws_access_key_id = AKIA\naws_secret_access_key = s\n",
			want:   want{Error: lacks},
		},
		"HalfAKey": {
			reason: "A key id needs its secret.",
			args:   `{"aws_access_key_id": "AKIA"}`,
			want:   want{Error: lacks},
		},
		"BrokenJSON": {
			reason: "The error for invalid JSON does not quote the Secret.",
			args:   `{"aws_secret_access_key": "hunter2"`,
			want:   want{Error: `the credentials Secret is not valid JSON: write {"aws_access_key_id": …, "aws_secret_access_key": …}`},
		},
		"Words": {
			reason: "The error for another format does not quote the Secret.",
			args:   "hunter2",
			want:   want{Error: "the credentials Secret is neither JSON nor an AWS shared credentials file: write [default] and below it aws_access_key_id = … and aws_secret_access_key = …"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p, err := parseSecret([]byte(tc.args))
			got := want{Error: text(err)}
			if p != nil {
				c, err := p.Retrieve(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				got.Credentials = creds{c.AccessKeyID, c.SecretAccessKey, c.SessionToken}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nparseSecret(...): -want, +got:\n%s", tc.reason, diff)
			}
			if strings.Contains(got.Error, "hunter2") {
				t.Errorf("\n%s\nparseSecret(...): error quotes the Secret: %s", tc.reason, got.Error)
			}
		})
	}
}

func TestEndpoint(t *testing.T) {
	of := func(services ...string) *networkingv1alpha1.EndpointConfig {
		return &networkingv1alpha1.EndpointConfig{URL: networkingv1alpha1.EndpointURL{Static: "http://here"}, Services: services}
	}
	cases := map[string]struct {
		reason string
		args   *networkingv1alpha1.EndpointConfig
		want   map[string]string
	}{
		"None": {reason: "AWS's own endpoints are the default.", want: map[string]string{"ec2": "", "sts": ""}},
		"All":  {reason: "An endpoint without services applies to all services.", args: of(), want: map[string]string{"ec2": "http://here", "sts": "http://here"}},
		"Some": {reason: "An endpoint with services is theirs alone.", args: of("ec2"), want: map[string]string{"ec2": "http://here", "sts": ""}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for service, want := range tc.want {
				if diff := cmp.Diff(want, endpoint(&networkingv1alpha1.ProviderConfigSpec{Endpoint: tc.args}, service)); diff != "" {
					t.Errorf("\n%s\nendpoint(%q): -want, +got:\n%s", tc.reason, service, diff)
				}
			}
		})
	}
}

func secretConfig(namespace, url string) networkingv1alpha1.ProviderConfigSpec {
	return networkingv1alpha1.ProviderConfigSpec{
		Credentials: networkingv1alpha1.ProviderCredentials{
			Source:    networkingv1alpha1.CredentialsSourceSecret,
			SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: namespace, Name: "aws"}, Key: "credentials"},
		},
		Endpoint: &networkingv1alpha1.EndpointConfig{URL: networkingv1alpha1.EndpointURL{Type: "Static", Static: url}},
	}
}

func credentialsSecret(key, value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "aws"}, Data: map[string][]byte{key: []byte(value)}}
}

func kube(t *testing.T, objects ...client.Object) client.Client {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, networkingv1alpha1.SchemeBuilder.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).Build()
}

const credentialsFile = "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n"

func TestClientsGet(t *testing.T) {
	cluster := func(spec networkingv1alpha1.ProviderConfigSpec) *networkingv1alpha1.ClusterProviderConfig {
		return &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: spec}}
	}
	ref := ConfigReference{Kind: "ClusterProviderConfig", Name: "default"}

	type args struct {
		objects []client.Object
		ref     ConfigReference
		region  string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   string
	}{
		"Good": {
			reason: "A config with a Secret makes a client; its credentials are not tried.",
			args:   args{objects: []client.Object{cluster(secretConfig("system", "http://here")), credentialsSecret("credentials", credentialsFile)}, ref: ref, region: "us-east-1"},
		},
		"NoRegion": {
			reason: "The error for a missing region names the ways to set it.",
			args:   args{ref: ref},
			want:   "no region: set spec.forProvider.region, or start the provider with --region or AWS_REGION",
		},
		"NoConfig": {
			reason: "A config that does not exist is named.",
			args:   args{ref: ref, region: "us-east-1"},
			want:   `cannot get ClusterProviderConfig "default"`,
		},
		"UnknownKind": {
			reason: "There are two kinds of config.",
			args:   args{ref: ConfigReference{Kind: "Secret", Name: "default"}, region: "us-east-1"},
			want:   `providerConfigRef.kind is "Secret": use ClusterProviderConfig or ProviderConfig`,
		},
		"NoSecret": {
			reason: "A Secret that does not exist is named.",
			args:   args{objects: []client.Object{cluster(secretConfig("system", "http://here"))}, ref: ref, region: "us-east-1"},
			want:   `cannot use ClusterProviderConfig "default": cannot get credentials Secret "aws" in namespace "system"`,
		},
		"NoKey": {
			reason: "A key that the Secret lacks is named.",
			args:   args{objects: []client.Object{cluster(secretConfig("system", "http://here")), credentialsSecret("other", "x")}, ref: ref, region: "us-east-1"},
			want:   `cannot use ClusterProviderConfig "default": credentials Secret "aws" in namespace "system" has no key "credentials"`,
		},
		"BadSecret": {
			reason: "The error for an invalid Secret names the config.",
			args:   args{objects: []client.Object{cluster(secretConfig("system", "http://here")), credentialsSecret("credentials", "x")}, ref: ref, region: "us-east-1"},
			want:   `cannot use ClusterProviderConfig "default": the credentials Secret is neither JSON nor an AWS shared credentials file`,
		},
		"OtherNamespace": {
			reason: "A namespaced config cannot read other namespaces' Secrets.",
			args: args{
				objects: []client.Object{
					&networkingv1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "tenant", Name: "default"}, Spec: secretConfig("system", "http://here")},
					credentialsSecret("credentials", credentialsFile),
				},
				ref: ConfigReference{Kind: "ProviderConfig", Name: "default", Namespace: "tenant"}, region: "us-east-1",
			},
			want: `ProviderConfig "default" may only use a Secret of its own namespace "tenant", not of "system"`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			withoutRegion(t)
			_, err := NewClients(kube(t, tc.args.objects...), "").Get(t.Context(), tc.args.ref, tc.args.region)
			if (tc.want == "") != (err == nil) || !strings.Contains(text(err), tc.want) {
				t.Errorf("\n%s\nGet(...): want error %q, got %q", tc.reason, tc.want, text(err))
			}
		})
	}
}

func TestClientsAreShared(t *testing.T) {
	secret := credentialsSecret("credentials", credentialsFile)
	config := &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: secretConfig("system", "http://here")}}
	k := kube(t, secret, config)
	cs := NewClients(k, "us-east-1")
	get := func(region string) *Client {
		t.Helper()
		c, err := cs.Get(t.Context(), ConfigReference{Kind: "ClusterProviderConfig", Name: "default"}, region)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := get("")
	if get("us-east-1") != first {
		t.Error("\nObjects with the same config and region share a client.\nGet(...): created another")
	}
	for _, namespace := range []string{"one", "other"} {
		c, err := cs.Get(t.Context(), ConfigReference{Kind: "ClusterProviderConfig", Name: "default", Namespace: namespace}, "ap-south-1")
		if err != nil || c != get("ap-south-1") {
			t.Errorf("\nObjects of all namespaces share the client of a ClusterProviderConfig.\nGet(...): made another in namespace %s: %v", namespace, err)
		}
	}
	reached, err := cs.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var regions []string
	for _, r := range reached {
		regions = append(regions, r.Client.Region)
	}
	slices.Sort(regions)
	if diff := cmp.Diff([]string{"ap-south-1", "us-east-1"}, regions); diff != "" {
		t.Errorf("\nA ClusterProviderConfig is known to reach the regions in which objects have used it.\nEach(...): regions: -want, +got:\n%s", diff)
	}
	if get("eu-west-1") == first {
		t.Error("\nEach region has its own client.\nGet(...): shared one")
	}
	if err := k.Get(t.Context(), client.ObjectKeyFromObject(secret), secret); err != nil {
		t.Fatal(err)
	}
	secret.Annotations = map[string]string{"refreshed": "now"}
	secret.Data["other"] = []byte("key")
	if err := k.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if get("") != first {
		t.Error("\nA Secret with unchanged credentials keeps its client and the client's caches.\nGet(...): created another")
	}
	secret.Data["credentials"] = []byte(strings.Replace(credentialsFile, "AKIA", "AKIB", 1))
	if err := k.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	second := get("")
	if second == first {
		t.Error("\nA changed Secret creates another client.\nGet(...): kept the old one")
	}
	if get("") != second {
		t.Error("\nThe new client is shared.\nGet(...): created another")
	}
}

// TestClientsOfDeletedConfigs deletes a namespaced config and then uses another config, or
// runs a pass of the garbage collector.
func TestClientsOfDeletedConfigs(t *testing.T) {
	cases := map[string]struct {
		reason string
		then   func(ctx context.Context, cs *Clients) error
	}{
		"Get": {
			reason: "A client that is made makes room for itself.",
			then: func(ctx context.Context, cs *Clients) error {
				_, err := cs.Get(ctx, ConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "default"}, "eu-west-1")
				return err
			},
		},
		"Each": {
			reason: "A pass over all configs drops deleted configs.",
			then: func(ctx context.Context, cs *Clients) error {
				_, err := cs.All(ctx)
				return err
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			gone := &networkingv1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "default"}, Spec: secretConfig("system", "http://here")}
			gone.Spec.Endpoint = nil
			k := kube(t, credentialsSecret("credentials", credentialsFile), gone,
				&networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: secretConfig("system", "http://here")}})
			cs := NewClients(k, "us-east-1")
			for _, ref := range []ConfigReference{
				{Kind: networkingv1alpha1.ProviderConfigKind, Name: "default", Namespace: "system"},
				{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "default"},
			} {
				if _, err := cs.Get(t.Context(), ref, ""); err != nil {
					t.Fatal(err)
				}
			}
			if err := k.Delete(t.Context(), gone); err != nil {
				t.Fatal(err)
			}
			if err := tc.then(t.Context(), cs); err != nil {
				t.Fatal(err)
			}
			got := map[string]bool{}
			for _, m := range cs.cachedClients() {
				got[m.config.String()] = true
			}
			if diff := cmp.Diff(map[string]bool{"ClusterProviderConfig/default": true}, got); diff != "" {
				t.Errorf("\n%s\nclients: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestClientsReachEC2 makes a call with a config, its Secret and its endpoint.
func TestClientsReachEC2(t *testing.T) {
	s := ec2emulator.New(ec2emulator.Options{})
	t.Cleanup(s.Close)
	if err := s.Seed(ec2emulator.DefaultSeed("us-east-1")); err != nil {
		t.Fatal(err)
	}
	url, err := s.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	k := kube(t, credentialsSecret("credentials", credentialsFile),
		&networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: secretConfig("system", url)}})
	c, err := NewClients(k, "us-east-1").Get(t.Context(), ConfigReference{Kind: "ClusterProviderConfig", Name: "default"}, "")
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Subnet(t.Context(), "subnet-nodes-a")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("us-east-1a", out.AvailabilityZone); diff != "" {
		t.Errorf("\nA config, its Secret and its endpoint lead to an answer.\nSubnet(...): -want, +got:\n%s", diff)
	}
}
