// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// NewClientFromConfig returns a Client with the region, credentials, endpoint and HTTP client
// of an SDK configuration, for programs without provider configs. Its calls pass through the
// same transport as the calls of Clients: retries are the SDK's standard ones, and share of
// EC2's published request rates is used. ownerTag is the key of the tag with the UID of an ENI.
func NewClientFromConfig(cfg aws.Config, share float64, ownerTag string) (*Client, error) {
	if cfg.Region == "" {
		return nil, errors.New("the AWS configuration has no region")
	}
	if cfg.Credentials == nil {
		return nil, errors.New("the AWS configuration has no credentials")
	}
	m := NewMetrics(logging.NewNopLogger())
	creds := &renewableCredentials{loaded: cfg.Credentials, load: reloaded(cfg.Credentials)}
	t := &transport{next: roundTripper(cfg.HTTPClient), traffic: newTraffic(share, m, timings.Default()), credentials: creds}
	cfg = cfg.Copy()
	cfg.HTTPClient = &http.Client{Transport: t, CheckRedirect: refuseRedirect}
	cfg.Credentials = creds
	cfg.Retryer, cfg.RetryMaxAttempts = newRetryer, 0
	api := awsec2.NewFromConfig(cfg, func(o *awsec2.Options) { o.APIOptions = append(o.APIOptions, recordUnreadable) })
	if e := ptr.Deref(api.Options().BaseEndpoint, ""); e != "" {
		u, err := url.Parse(e)
		if err != nil || u.Host == "" {
			return nil, errors.Errorf("the endpoint %q is not a URL", e)
		}
		t.endpoint = strings.ToLower(u.Host)
	}
	return NewClient(api, cfg.Region, WithSnapshot(OwnershipTags{OwnerTag: ownerTag}, 0), func(c *Client) {
		c.metrics, c.traffic = m, t.traffic
		c.scopeOf = func(ctx context.Context) (rateScope, error) {
			k, err := creds.Retrieve(ctx)
			return t.scope(k.AccessKeyID, cfg.Region), err
		}
	}), nil
}

// reloaded loads credentials again after EC2 has rejected them.
func reloaded(p aws.CredentialsProvider) func(context.Context) (aws.CredentialsProvider, error) {
	return func(context.Context) (aws.CredentialsProvider, error) {
		if cache, ok := p.(*aws.CredentialsCache); ok {
			cache.Invalidate()
		}
		return p, nil
	}
}

// roundTripper returns the transport of an SDK configuration's HTTP client.
func roundTripper(c aws.HTTPClient) http.RoundTripper {
	switch c := c.(type) {
	case nil:
		return awshttp.NewBuildableClient().GetTransport()
	case *awshttp.BuildableClient:
		return c.GetTransport()
	case *http.Client:
		if c.Transport != nil {
			return c.Transport
		}
		return http.DefaultTransport
	default:
		return doer{c}
	}
}

// doer is the transport of an HTTP client that does not expose one.
type doer struct{ client aws.HTTPClient }

// RoundTrip sends a request.
func (d doer) RoundTrip(r *http.Request) (*http.Response, error) { return d.client.Do(r) }
