// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestNamespacedConfigs checks that forbidden fields of a namespaced config are rejected
// before any call: the object may predate the rules of the CRD.
func TestNamespacedConfigs(t *testing.T) {
	secret := secretConfig("system", "").Credentials
	endpoint := &networkingv1alpha1.EndpointConfig{URL: networkingv1alpha1.EndpointURL{Static: "http://tenant.example"}}
	chain := []networkingv1alpha1.AssumeRoleOptions{{RoleARN: "arn:aws:iam::123456789012:role/x"}}
	of := func(s networkingv1alpha1.CredentialsSource) networkingv1alpha1.ProviderCredentials {
		return networkingv1alpha1.ProviderCredentials{Source: s, WebIdentity: &networkingv1alpha1.WebIdentity{
			RoleARN: "arn:aws:iam::123456789012:role/x", TokenFile: new("/var/run/secrets/kubernetes.io/serviceaccount/token"),
		}}
	}
	type args struct {
		spec    networkingv1alpha1.ProviderConfigSpec
		tenancy Tenancy
	}
	granted := Tenancy{EndpointNamespaces: []string{"system"}}
	cases := map[string]struct {
		reason string
		args   args
		want   string
	}{
		"Secret":          {reason: "A Secret of the namespace is a source.", args: args{spec: networkingv1alpha1.ProviderConfigSpec{Credentials: secret}}},
		"None":            {reason: "The provider's own identity is not a tenant's.", args: args{networkingv1alpha1.ProviderConfigSpec{Credentials: of("None")}, granted}, want: "has credentials.source None, which is the provider's own identity"},
		"IRSA":            {reason: "The provider's own identity is not a tenant's.", args: args{networkingv1alpha1.ProviderConfigSpec{Credentials: of("IRSA")}, granted}, want: "has credentials.source IRSA, which is the provider's own identity"},
		"PodIdentity":     {reason: "The provider's own identity is not a tenant's.", args: args{networkingv1alpha1.ProviderConfigSpec{Credentials: of("PodIdentity")}, granted}, want: "has credentials.source PodIdentity, which is the provider's own identity"},
		"WebIdentity":     {reason: "The provider's files are not a tenant's.", args: args{networkingv1alpha1.ProviderConfigSpec{Credentials: of("WebIdentity"), Endpoint: endpoint}, granted}, want: "has credentials.source WebIdentity, which is the provider's own identity"},
		"Endpoint":        {reason: "An endpoint is the administrator's.", args: args{spec: networkingv1alpha1.ProviderConfigSpec{Credentials: secret, Endpoint: endpoint}}, want: "start the provider with --providerconfig-endpoint-namespaces=system"},
		"Chain":           {reason: "A role chain is the administrator's.", args: args{spec: networkingv1alpha1.ProviderConfigSpec{Credentials: secret, AssumeRoleChain: chain}}, want: "start the provider with --providerconfig-endpoint-namespaces=system"},
		"OtherGranted":    {reason: "A grant is of one namespace.", args: args{networkingv1alpha1.ProviderConfigSpec{Credentials: secret, Endpoint: endpoint}, Tenancy{EndpointNamespaces: []string{"other"}}}, want: "must not set spec.endpoint"},
		"EndpointGranted": {reason: "The administrator may grant an endpoint.", args: args{networkingv1alpha1.ProviderConfigSpec{Credentials: secret, Endpoint: endpoint, AssumeRoleChain: chain}, granted}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sent := 0
			k := kube(t, credentialsSecret("credentials", credentialsFile), &networkingv1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "team"}, Spec: tc.args.spec})
			cs := NewClients(k, "us-east-1", WithTenancy(tc.args.tenancy), WithTransport(func(http.RoundTripper) http.RoundTripper {
				return roundTripFunc(func(*http.Request) *http.Response { sent++; return ec2Error("AuthFailure") })
			}))
			_, err := cs.Get(t.Context(), ConfigReference{Kind: networkingv1alpha1.ProviderConfigKind, Name: "team", Namespace: "system"}, "")
			if (tc.want == "") != (err == nil) || !strings.Contains(text(err), tc.want) || (err != nil) != IsNotAllowed(err) {
				t.Errorf("\n%s\nGet(...): want error %q, got %q", tc.reason, tc.want, text(err))
			}
			// The garbage collector visits configs that no object uses.
			if _, err := cs.All(t.Context()); (tc.want == "") != (err == nil) || sent != 0 {
				t.Errorf("\n%s\nEach(...): %v, %d requests", tc.reason, err, sent)
			}
		})
	}
}

func TestAuthorize(t *testing.T) {
	type args struct {
		kind      string
		namespace string
		allowed   *networkingv1alpha1.NamespaceSelector
		host      *networkingv1alpha1.NamespaceSelector
	}
	type want struct{ use, host string }
	const (
		noUse         = `namespace "team" may not use ClusterProviderConfig "default": add it to spec.allowedNamespaces of that config`
		noHost        = `namespace "team" may not address nodes with ClusterProviderConfig "default": add it to spec.hostNamespaces of that config`
		noHostOfTheir = `namespace "team" may not address nodes with ProviderConfig "default"`
	)
	names := func(n ...string) *networkingv1alpha1.NamespaceSelector {
		return &networkingv1alpha1.NamespaceSelector{Names: n}
	}
	labelled := func(value string) *networkingv1alpha1.NamespaceSelector {
		return &networkingv1alpha1.NamespaceSelector{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": value}}}
	}
	everything := &networkingv1alpha1.NamespaceSelector{Selector: &metav1.LabelSelector{}}
	const cluster, namespaced = networkingv1alpha1.ClusterProviderConfigKind, networkingv1alpha1.ProviderConfigKind

	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"Defaults":        {reason: "A config is for every namespace, and addresses nodes for none.", args: args{cluster, "team", nil, nil}, want: want{host: noHost}},
		"Provider":        {reason: "The provider's own namespace may do both.", args: args{cluster, "provider", names("other"), names("other")}},
		"Named":           {reason: "Namespaces are selected by name.", args: args{cluster, "team", names("team"), names("other", "team")}},
		"Labelled":        {reason: "Namespaces are selected by label.", args: args{cluster, "team", labelled("gold"), labelled("gold")}},
		"OtherLabel":      {reason: "A namespace with another label is not selected.", args: args{cluster, "team", labelled("iron"), labelled("gold")}, want: want{use: noUse, host: noUse}},
		"Everything":      {reason: "An empty selector selects every namespace.", args: args{cluster, "team", everything, everything}},
		"Nothing":         {reason: "Neither names nor a selector select no namespace.", args: args{cluster, "team", names(), names()}, want: want{use: noUse, host: noUse}},
		"OnlyUse":         {reason: "To use a config is not to address nodes.", args: args{cluster, "team", names("team"), names("other")}, want: want{host: noHost}},
		"OnlyHost":        {reason: "To address nodes, a namespace also has to be allowed to use the config.", args: args{cluster, "team", names("other"), names("team")}, want: want{use: noUse, host: noUse}},
		"UnknownSpace":    {reason: "A namespace that cannot be read is not allowed.", args: args{cluster, "gone", labelled("gold"), nil}, want: want{use: `cannot get namespace "gone"`, host: `cannot get namespace "gone"`}},
		"BadSelector":     {reason: "A selector that cannot be evaluated allows nothing.", args: args{cluster, "team", &networkingv1alpha1.NamespaceSelector{Selector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}}, nil}, want: want{use: "selector is invalid", host: "selector is invalid"}},
		"Namespaced":      {reason: "A ProviderConfig is for its namespace, and addresses no nodes.", args: args{namespaced, "team", nil, nil}, want: want{host: noHostOfTheir}},
		"NamespacedFlag":  {reason: "The provider's flag lets a ProviderConfig address nodes.", args: args{namespaced, "granted", nil, nil}},
		"NamespacedOwn":   {reason: "A ProviderConfig of the provider's own namespace addresses nodes.", args: args{namespaced, "provider", nil, nil}},
		"NoNamespace":     {reason: "An empty namespace has no permission.", args: args{cluster, "", names("team"), nil}, want: want{use: "may not use", host: "may not use"}},
		"UnknownKind":     {reason: "There are two kinds of config.", args: args{"Secret", "team", nil, nil}, want: want{use: "use ClusterProviderConfig or ProviderConfig", host: "use ClusterProviderConfig or ProviderConfig"}},
		"NamespacedOther": {reason: "The flag names namespaces.", args: args{namespaced, "team", nil, everything}, want: want{host: noHostOfTheir}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			k := kube(t,
				&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team", Labels: map[string]string{"tier": "gold"}}},
				&networkingv1alpha1.ClusterProviderConfig{
					ObjectMeta: metav1.ObjectMeta{Name: "default"},
					Spec:       networkingv1alpha1.ClusterProviderConfigSpec{AllowedNamespaces: tc.args.allowed, HostNamespaces: tc.args.host},
				})
			cs := NewClients(k, "us-east-1", WithTenancy(Tenancy{Namespace: "provider", HostNamespaces: []string{"granted"}}))
			ref := ConfigReference{Kind: tc.args.kind, Name: "default", Namespace: tc.args.namespace}
			for call, got := range map[string]struct {
				err  error
				want string
			}{
				"Authorize":     {cs.Authorize(t.Context(), ref), tc.want.use},
				"AuthorizeHost": {cs.AuthorizeHost(t.Context(), ref), tc.want.host},
			} {
				if (got.want == "") != (got.err == nil) || !strings.Contains(text(got.err), got.want) {
					t.Errorf("\n%s\n%s(...): want error %q, got %q", tc.reason, call, got.want, text(got.err))
				}
			}
		})
	}
	if err := NewClients(kube(t, &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}}), "").
		AuthorizeHost(t.Context(), ConfigReference{Kind: cluster, Name: "default"}); !IsNotAllowed(err) {
		t.Errorf("\nWithout a namespace of its own the provider lets none address nodes.\nAuthorizeHost(...): %v", err)
	}
}
