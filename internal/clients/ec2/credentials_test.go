// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestRejectedCredentials replaces credentials of each source after EC2 has rejected them.
func TestRejectedCredentials(t *testing.T) {
	cases := map[string]struct {
		reason  string
		code    string
		replace bool
		wait    time.Duration
		want    []string // codes of consecutive calls
	}{
		"Replaced": {
			reason: "Credentials of a changed file are read again.",
			code:   "AuthFailure", replace: true, want: []string{"AuthFailure", "", ""},
		},
		"Expired": {
			reason: "Expired credentials are read again.",
			code:   "RequestExpired", replace: true, want: []string{"RequestExpired", "", ""},
		},
		"Kept": {
			reason: "Unchanged credentials are rejected again.",
			code:   "AuthFailure", wait: time.Minute, want: []string{"AuthFailure", "AuthFailure", "AuthFailure"},
		},
		"NotAllowed": {
			reason: "Valid credentials without a permission are kept.",
			code:   "UnauthorizedOperation", replace: true, want: []string{"UnauthorizedOperation", "UnauthorizedOperation", "UnauthorizedOperation"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "credentials")
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
			t.Setenv("AWS_CONFIG_FILE", file+".none")
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_PROFILE", "")
			write := func(content string) {
				t.Helper()
				if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Test(t, func(t *testing.T) {
				s := ec2emulator.New(ec2emulator.Options{Latency: -1})
				defer s.Close()
				s.Inject(ec2emulator.Fault{AccessKeyID: "AKIA", Code: tc.code})
				write(credentialsFile)
				spec := secretConfig("system", "http://ec2.example")
				spec.Credentials = networkingv1alpha1.ProviderCredentials{Source: networkingv1alpha1.CredentialsSourceNone}
				k := kube(t, &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: spec}})
				cs := NewClients(k, "us-east-1", WithTransport(func(http.RoundTripper) http.RoundTripper { return &fakeTransport{handler: s} }))
				c, err := cs.Get(t.Context(), ConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "default"}, "")
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for range tc.want {
					got = append(got, awserr.Code(account{Client: c}.look(t.Context())))
					if tc.replace {
						write(strings.Replace(credentialsFile, "AKIA", "AKIB", 1))
					}
					time.Sleep(tc.wait)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("\n%s\nDescribeSubnets(...): codes: -want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

func TestRenewableCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found := 0
		r := &renewableCredentials{load: func(context.Context) (aws.CredentialsProvider, error) {
			found++
			return static("AKIA", "s", "")
		}}
		look := func(rejections int) int {
			t.Helper()
			for range rejections {
				r.reject()
				if _, err := r.Retrieve(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			return found
		}
		first := look(1000)
		time.Sleep(renewInterval)
		if diff := cmp.Diff([]int{1, 2}, []int{first, look(1000)}); diff != "" {
			t.Errorf("\nHowever many calls are rejected, credentials are reloaded at most once per interval.\nRetrieve(...): calls: -want, +got:\n%s", diff)
		}
	})
}
