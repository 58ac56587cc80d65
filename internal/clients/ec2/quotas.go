// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// Codes of the quotas of Amazon VPC:
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const (
	quotaService = "vpc"

	// QuotaNetworkInterfaces is the quota "Network interfaces per Region".
	QuotaNetworkInterfaces = "L-DF5E4CA3"

	// QuotaSecurityGroups is the quota "Security groups per network interface".
	QuotaSecurityGroups = "L-2AFB9258"
)

// Quota returns the value of a quota of the client's account and region. The credentials need the
// actions servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota. It is an
// error if the provider config has an endpoint, but not for Service Quotas.
func (c *Client) Quota(ctx context.Context, code string) (int32, error) {
	if c.quotas == nil {
		return 0, errors.New("the provider config has no endpoint of Service Quotas: add servicequotas to spec.endpoint.services if your endpoint has it")
	}
	q, err := quotaValue(ctx, c.quotas, code)
	return q, errors.Wrapf(awserr.Clean(err), "cannot get quota %s", code)
}

// quotaValue returns the applied value of a quota. A quota that was never changed may have only
// a default.
func quotaValue(ctx context.Context, api *servicequotas.Client, code string) (int32, error) {
	once := func(o *servicequotas.Options) { o.RetryMaxAttempts = 1 }
	out, err := api.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String(quotaService), QuotaCode: &code}, once)
	var none *quotatypes.NoSuchResourceException
	if err == nil {
		return valueOf(out.Quota)
	}
	if !errors.As(err, &none) {
		return 0, err
	}
	def, err := api.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: aws.String(quotaService), QuotaCode: &code}, once)
	if err != nil {
		return 0, err
	}
	return valueOf(def.Quota)
}

func valueOf(q *quotatypes.ServiceQuota) (int32, error) {
	if q == nil || q.Value == nil || *q.Value < 0 {
		return 0, errors.New("the response has no value")
	}
	return int32(min(*q.Value, math.MaxInt32)), nil
}

// CountNetworkInterfaces counts all ENIs of the account in the region, of any owner, by listing
// them.
func (c *Client) CountNetworkInterfaces(ctx context.Context) (int, error) {
	ctx = throttle.WithPriority(ctx, throttle.PriorityGarbage)
	n := 0
	err := paginate(ctx, func(ctx context.Context, token *string) (int, *string, error) {
		out, err := c.api.DescribeNetworkInterfaces(ctx, &awsec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(pageSize), NextToken: token})
		if err != nil {
			return 0, nil, awserr.Clean(err)
		}
		n += len(out.NetworkInterfaces)
		return len(out.NetworkInterfaces), out.NextToken, nil
	})
	return n, errors.Wrap(err, "cannot count the network interfaces of the account")
}

// withQuotas sets the client of Service Quotas. With an endpoint in the provider config, AWS's own
// endpoint is not called: the network may not reach it, and the credentials are not sent there.
func withQuotas(cfg aws.Config, spec *networkingv1alpha1.ProviderConfigSpec) ClientOption {
	return func(c *Client) {
		e := quotaEndpoint(spec)
		if spec.Endpoint != nil && e == nil {
			return
		}
		c.quotas = servicequotas.NewFromConfig(cfg, func(o *servicequotas.Options) { o.BaseEndpoint = e })
	}
}

// quotaEndpoint returns the endpoint of a provider config for Service Quotas, or nil. It must be
// listed: by default an endpoint is for EC2 and STS.
func quotaEndpoint(spec *networkingv1alpha1.ProviderConfigSpec) *string {
	if spec.Endpoint == nil || len(spec.Endpoint.Services) == 0 {
		return nil
	}
	if e := endpoint(spec, "servicequotas"); e != "" {
		return &e
	}
	return nil
}
