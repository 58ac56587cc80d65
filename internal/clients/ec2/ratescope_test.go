// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// victimKey is an access key id that holds the number of an account.
const victimKey, victimAccount = "ASIAQNZGKIQY56JQ7WML", "029608264753"

// twoTenants are the administrator's config at AWS itself, and another config. Both
// have the same access key id.
func twoTenants(t *testing.T, other networkingv1alpha1.ProviderConfigSpec, kind string, rt roundTripFunc) (cs *Clients, admin, second *Client) {
	t.Helper()
	spec := secretConfig("system", "")
	spec.Endpoint = nil
	secret := credentialsSecret("credentials", strings.Replace(credentialsFile, "AKIA", victimKey, 1))
	theirs := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "aws"}, Data: secret.Data}
	k := kube(t, secret, theirs,
		&networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: spec}},
		&networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "other"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: other}},
		&networkingv1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "other"}, Spec: other})
	cs = NewClients(k, "us-east-1", WithShare(1), WithTenancy(Tenancy{EndpointNamespaces: []string{"team"}}),
		WithTransport(func(http.RoundTripper) http.RoundTripper { return rt }))
	get := func(ref ConfigReference) *Client {
		t.Helper()
		c, err := cs.Get(t.Context(), ref, "")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	admin = get(ConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "default"})
	return cs, admin, get(ConfigReference{Kind: kind, Name: "other", Namespace: "team"})
}

// TestPlacesAreApart makes calls of a tenant that EC2, or a custom endpoint, does not carry
// out: they use no tokens of others.
func TestPlacesAreApart(t *testing.T) {
	team, system := secretConfig("team", "http://hostile.example"), secretConfig("system", "http://hostile.example")
	atAWS := secretConfig("team", "")
	atAWS.Endpoint = nil
	const cluster, namespaced = networkingv1alpha1.ClusterProviderConfigKind, networkingv1alpha1.ProviderConfigKind

	type args struct {
		spec    networkingv1alpha1.ProviderConfigSpec
		kind    string
		hostile func() *http.Response // response to the other config
	}
	cases := map[string]struct {
		reason string
		args   args
	}{
		"EndpointThrottles": {
			reason: "An endpoint that throttles slows down its own config.",
			args:   args{system, cluster, func() *http.Response { return ec2Error("RequestLimitExceeded") }},
		},
		"EndpointFails": {
			reason: "An endpoint that fails is an outage of its own.",
			args:   args{system, cluster, func() *http.Response { return respond(http.StatusServiceUnavailable, "") }},
		},
		"TenantsEndpointThrottles": {
			reason: "The same holds for a tenant's.",
			args:   args{team, namespaced, func() *http.Response { return ec2Error("RequestLimitExceeded") }},
		},
		"TenantsEndpointAgrees": {
			reason: "An endpoint of a tenant's own confirms no account.",
			args: args{team, namespaced, func() *http.Response {
				return respond(http.StatusOK, "<DescribeSubnetsResponse/>")
			}},
		},
		"CraftedKey": {
			reason: "A key id of another account that EC2 rejects uses none of its rate.",
			args:   args{atAWS, namespaced, func() *http.Response { return ec2Error("AuthFailure") }},
		},
		"CraftedKeyThrottled": {
			reason: "Throttling of a tenant does not slow down that account.",
			args:   args{atAWS, namespaced, func() *http.Response { return ec2Error("RequestLimitExceeded") }},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hostile := false
				cs, admin, other := twoTenants(t, tc.args.spec, tc.args.kind, func(*http.Request) *http.Response {
					if hostile {
						return tc.args.hostile()
					}
					return respond(http.StatusOK, "<DescribeSubnetsResponse/>")
				})
				if err := (account{Client: admin}).look(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute) // the bucket is full again
				hostile = true
				for range 150 {
					_ = account{Client: other}.look(t.Context())
				}
				hostile = false
				victim := rateScope{account: victimAccount, region: "us-east-1"}
				for _, l := range cs.traffic.limiter.States() {
					if l.Key != victim.key("DescribeSubnets") {
						continue
					}
					if full := throttle.PublishedRate("DescribeSubnets"); l.Tokens != full.Burst || l.PerSecond != full.PerSecond || l.Waiting != 0 {
						t.Errorf("\n%s\nbucket: %+v, want it full", tc.reason, l)
					}
				}
				if err := (account{Client: admin}).look(t.Context()); err != nil {
					t.Errorf("\n%s\nDescribeSubnets(...): %v", tc.reason, err)
				}
				if _, open := cs.traffic.breaker(victim).Open(); open {
					t.Errorf("\n%s\nthe breaker is open", tc.reason)
				}
			})
		})
	}
}

// TestVerifiedTenantCountsAtTheAccount checks that a tenant's calls, earlier calls included,
// count for the account once EC2 has accepted the key.
func TestVerifiedTenantCountsAtTheAccount(t *testing.T) {
	spec := secretConfig("team", "")
	spec.Endpoint = nil
	synctest.Test(t, func(t *testing.T) {
		var code string
		cs, admin, tenant := twoTenants(t, spec, networkingv1alpha1.ProviderConfigKind, func(*http.Request) *http.Response {
			if code != "" {
				return ec2Error(code)
			}
			return respond(http.StatusOK, "<DescribeSubnetsResponse/>")
		})
		tokens := func() map[string]float64 {
			out := map[string]float64{}
			for _, l := range cs.traffic.limiter.States() {
				out[l.Account+"/"+l.Tenant] = l.Tokens
			}
			return out
		}
		for range 3 {
			if err := (account{Client: tenant}).look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := (account{Client: admin}).look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]float64{victimAccount + "/": 96}, tokens()); diff != "" {
			t.Errorf("\nFour calls count at one account.\ntokens: -want, +got:\n%s", diff)
		}
		code = "AuthFailure"
		_ = account{Client: tenant}.look(t.Context())
		code = "RequestLimitExceeded"
		_ = account{Client: tenant}.look(t.Context())
		if got := tokens(); got[victimAccount+"/"] < 96 || got["/ProviderConfig/team/other"] > 0 {
			t.Errorf("\nA key that EC2 has rejected since does not count there any more.\ntokens: %v", got)
		}
		if got := testCollect(cs.metrics); strings.Contains(got, "team/other") {
			t.Errorf("\nTenants are no labels of metrics.\n%s", got)
		}
	})
}

func TestForgetTenant(t *testing.T) {
	spec := secretConfig("team", "http://hostile.example")
	synctest.Test(t, func(t *testing.T) {
		cs, _, tenant := twoTenants(t, spec, networkingv1alpha1.ProviderConfigKind, func(*http.Request) *http.Response {
			return respond(http.StatusOK, "<DescribeSubnetsResponse/>")
		})
		if err := (account{Client: tenant}).look(t.Context()); err != nil {
			t.Fatal(err)
		}
		cs.traffic.forget(ConfigReference{Kind: networkingv1alpha1.ProviderConfigKind, Namespace: "team", Name: "other"})
		if l := cs.traffic.limiter.States(); len(l) != 0 || len(cs.traffic.breakers) != 0 {
			t.Errorf("\nNothing is kept of a config that does not exist any more.\n%+v, %d breakers", l, len(cs.traffic.breakers))
		}
	})
}

// testCollect returns all metrics as text.
func testCollect(m *Metrics) string {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(m)
	all, err := r.Gather()
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, f := range all {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}
