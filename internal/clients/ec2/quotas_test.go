// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// quotaClient returns a Client of an account whose config has an endpoint with some services, or
// none.
func quotaClient(t *testing.T, s *ec2emulator.Server, services ...string) *Client {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	spec := &networkingv1alpha1.ProviderConfigSpec{Endpoint: &networkingv1alpha1.EndpointConfig{URL: networkingv1alpha1.EndpointURL{Static: h.URL}, Services: services}}
	cfg := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", "")}
	api := awsec2.NewFromConfig(cfg, func(o *awsec2.Options) { o.BaseEndpoint = &h.URL })
	return NewClient(api, "us-east-1", withQuotas(cfg, spec))
}

func TestQuota(t *testing.T) {
	cases := map[string]struct {
		reason   string
		services []string
		fault    []ec2emulator.Fault
		code     string
		want     int32
		denied   bool
		err      string
	}{
		"Applied":      {reason: "The applied quota of the account is returned.", services: []string{"servicequotas"}, code: QuotaNetworkInterfaces, want: 7},
		"OtherQuota":   {reason: "Each quota has a code.", services: []string{"ec2", "sts", "servicequotas"}, code: QuotaSecurityGroups, want: 5},
		"Default":      {reason: "A quota without an applied value has its default.", services: []string{"servicequotas"}, fault: []ec2emulator.Fault{{Action: "GetServiceQuota", Code: "NoSuchResourceException"}}, code: QuotaNetworkInterfaces, want: 7},
		"Denied":       {reason: "A missing permission is reported as such.", services: []string{"servicequotas"}, fault: []ec2emulator.Fault{{Action: "GetServiceQuota", Code: "AccessDeniedException"}}, code: QuotaNetworkInterfaces, denied: true, err: "AccessDeniedException"},
		"Unknown":      {reason: "A quota that does not exist is an error.", services: []string{"servicequotas"}, code: "L-00000000", err: "NoSuchResourceException"},
		"OtherService": {reason: "With an endpoint for other services, no call is made.", services: []string{"ec2"}, code: QuotaNetworkInterfaces, err: "add servicequotas to spec.endpoint.services"},
		"NoService":    {reason: "By default an endpoint is not for Service Quotas.", code: QuotaNetworkInterfaces, err: "add servicequotas to spec.endpoint.services"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := ec2emulator.New(ec2emulator.Options{NetworkInterfacesPerRegion: 7})
			t.Cleanup(s.Close)
			for _, f := range tc.fault {
				s.Inject(f)
			}
			got, err := quotaClient(t, s, tc.services...).Quota(t.Context(), tc.code)
			if (err == nil) != (tc.err == "") || (err != nil && !strings.Contains(err.Error(), tc.err)) {
				t.Fatalf("\n%s\nerror: %v, want %q", tc.reason, err, tc.err)
			}
			if got != tc.want || awserr.IsDenied(err) != tc.denied {
				t.Errorf("\n%s\ngot %d, denied %t", tc.reason, got, awserr.IsDenied(err))
			}
		})
	}
}

// TestQuotaEndpoint verifies that AWS's own endpoint is called only without an endpoint in the
// provider config.
func TestQuotaEndpoint(t *testing.T) {
	c := NewClient(nil, "us-east-1", withQuotas(aws.Config{Region: "us-east-1"}, &networkingv1alpha1.ProviderConfigSpec{}))
	if c.quotas == nil || c.quotas.Options().BaseEndpoint != nil {
		t.Error("Without an endpoint, AWS's own one is used.")
	}
}

func TestCountNetworkInterfaces(t *testing.T) {
	s := ec2emulator.New(ec2emulator.Options{NetworkInterfacesPerRegion: 3})
	t.Cleanup(s.Close)
	if err := s.Seed(ec2emulator.Seed{VPCs: []ec2emulator.VPC{{ID: "vpc-1", CIDR: "10.0.0.0/16"}}, Subnets: []ec2emulator.Subnet{{ID: "subnet-1", VPCID: "vpc-1", CIDR: "10.0.0.0/24"}}}); err != nil {
		t.Fatal(err)
	}
	c := quotaClient(t, s)
	for range 3 {
		if _, err := s.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: "subnet-1"}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := c.CountNetworkInterfaces(t.Context()); n != 3 || err != nil {
		t.Errorf("ENIs of other owners count, too: got %d, %v", n, err)
	}
	_, err := c.api.CreateNetworkInterface(t.Context(), &awsec2.CreateNetworkInterfaceInput{SubnetId: aws.String("subnet-1")})
	if !awserr.IsQuotaExceeded(err) {
		t.Errorf("EC2 rejects an ENI beyond the quota: %v", err)
	}
}
