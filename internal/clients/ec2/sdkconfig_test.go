// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func TestNewClientFromConfig(t *testing.T) {
	creds := credentials.NewStaticCredentialsProvider("id", "secret", "")
	cases := map[string]struct {
		reason string
		cfg    aws.Config
		want   string
	}{
		"NoRegion":      {reason: "The SDK would fail at each call.", cfg: aws.Config{Credentials: creds}, want: "has no region"},
		"NoCredentials": {reason: "The SDK would send unsigned calls.", cfg: aws.Config{Region: "us-east-1"}, want: "has no credentials"},
		"Endpoint":      {reason: "The SDK would fail at each call.", cfg: aws.Config{Region: "us-east-1", Credentials: creds, BaseEndpoint: new("here")}, want: `"here" is not a URL`},
		"Complete":      {reason: "A region and credentials suffice.", cfg: aws.Config{Region: "us-east-1", Credentials: creds}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := NewClientFromConfig(tc.cfg, 1, "uid")
			if (err == nil) != (tc.want == "") || (err != nil && !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("\n%s\nNewClientFromConfig(...): want %q, got %v", tc.reason, tc.want, err)
			}
		})
	}
}

// A countingClient is an HTTP client that is not an http.Client.
type countingClient struct{ calls int }

func (c *countingClient) Do(*http.Request) (*http.Response, error) {
	c.calls++
	return nil, errors.New("cut")
}

func TestConfiguredHTTPClient(t *testing.T) {
	own := &countingClient{}
	for name, c := range map[string]aws.HTTPClient{"Transport": &http.Client{Transport: doer{own}}, "Other": own} {
		t.Run(name, func(t *testing.T) {
			own.calls = 0
			cl, err := NewClientFromConfig(aws.Config{Region: "us-east-1", HTTPClient: c, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")}, 1, "uid")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cl.InstanceNetworkInterfaces(t.Context(), "i-1"); err == nil || own.calls == 0 {
				t.Errorf("Calls use the configured client. InstanceNetworkInterfaces(...): %v after %d calls", err, own.calls)
			}
		})
	}
	for name, c := range map[string]aws.HTTPClient{"None": nil, "Default": &http.Client{}, "Buildable": awshttp.NewBuildableClient()} {
		if roundTripper(c) == nil {
			t.Errorf("%s: no transport", name)
		}
	}
}

// TestRejectedConfiguredCredentials invalidates the SDK's cache after EC2 rejected credentials.
func TestRejectedConfiguredCredentials(t *testing.T) {
	loads := 0
	cache := aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		loads++
		return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, nil
	}))
	r := &renewableCredentials{loaded: cache, load: reloaded(cache)}
	for range 2 {
		if _, err := r.Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.reject()
	if _, err := r.Retrieve(t.Context()); err != nil || loads != 2 {
		t.Errorf("Rejected credentials are loaded again, valid ones are not. Retrieve(...): %v, loaded %d times", err, loads)
	}
}
