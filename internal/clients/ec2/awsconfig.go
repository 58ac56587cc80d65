// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// awsConfig returns the SDK's configuration for a provider config, and the
// transport of its calls.
func (c *Clients) awsConfig(ctx context.Context, ref ConfigReference, spec *networkingv1alpha1.ProviderConfigSpec, secret []byte, region string) (aws.Config, *transport, error) {
	opts := []func(*config.LoadOptions) error{
		config.WithRegion(region),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTimeout)),
		config.WithRetryer(newRetryer),
		config.WithAppID(userAgent),
	}
	// Without a provider the SDK would use its default chain. A source without
	// credentials must not fall back to it.
	cfg, err := config.LoadDefaultConfig(ctx, append(slices.Clone(opts), config.WithCredentialsProvider(aws.AnonymousCredentials{}))...)
	if err != nil {
		return aws.Config{}, nil, errors.Wrap(err, "cannot load AWS configuration")
	}
	// After loading, which applies AWS_CA_BUNDLE to the client.
	var rt http.RoundTripper = awshttp.NewBuildableClient().GetTransport()
	if b, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		rt = b.GetTransport()
	}
	if c.wrap != nil {
		rt = c.wrap(rt)
	}
	creds := &renewableCredentials{}
	t := &transport{next: rt, traffic: c.traffic, credentials: creds, endpoint: endpointHost(spec, "ec2")}
	if ref.Kind == networkingv1alpha1.ProviderConfigKind {
		t.tenant = ref.String()
	}
	cfg.HTTPClient = &http.Client{Transport: t, CheckRedirect: refuseRedirect}
	s := source{spec: spec, secret: secret, tokenDirs: c.tokenDirs, load: opts}
	s.agent = &http.Client{Transport: &transport{next: rt, plain: true}, CheckRedirect: refuseRedirect}
	base := cfg
	creds.load = func(ctx context.Context) (aws.CredentialsProvider, error) {
		p, err := s.credentials(ctx, base)
		if err != nil {
			return nil, err
		}
		chain := base
		chain.Credentials = p
		return chained(chain, spec), nil
	}
	if creds.loaded, err = creds.load(ctx); err != nil {
		return aws.Config{}, nil, err
	}
	cfg.Credentials = creds
	return cfg, t, nil
}

// refuseRedirect keeps credentials and tokens at the endpoint that the
// configuration names. AWS's APIs do not redirect.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newRetryer returns the SDK's standard retryer without its rate limit, which package
// throttle replaces. It does not retry calls that were throttled or not sent: their objects
// are requeued.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.RateLimiter = ratelimit.None
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			var tooLong *tooLongError
			if awserr.Classify(err).Deferred() || errors.As(err, &tooLong) {
				return aws.FalseTernary
			}
			return aws.UnknownTernary
		})}, o.Retryables...)
	})
}

// endpoint returns the URL that a config sets for a service, or "" for AWS's
// own endpoint.
func endpoint(spec *networkingv1alpha1.ProviderConfigSpec, service string) string {
	e := spec.Endpoint
	if e == nil || (len(e.Services) > 0 && !slices.Contains(e.Services, service)) {
		return ""
	}
	return e.URL.Static
}

// endpointHost returns the host of a config's endpoint of a service, or "" for
// AWS's own endpoint.
func endpointHost(spec *networkingv1alpha1.ProviderConfigSpec, service string) string {
	e := endpoint(spec, service)
	if e == "" {
		return ""
	}
	u, err := url.Parse(e)
	if err != nil || u.Host == "" {
		return strings.ToLower(e) // The SDK rejects it at each call.
	}
	return strings.ToLower(u.Host)
}
