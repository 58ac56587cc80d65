// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
)

// TestRouter calls one address with the keys of several accounts, and for several Regions.
func TestRouter(t *testing.T) {
	home := New(Options{})
	defer home.Close()
	other := New(Options{AccountID: "210987654321"})
	defer other.Close()
	elsewhere := New(Options{Region: "eu-west-1"})
	defer elsewhere.Close()
	for s, vpc := range map[*Server]string{home: "vpc-home", other: "vpc-other", elsewhere: "vpc-elsewhere"} {
		if _, err := s.AddVPC(VPC{ID: vpc, CIDR: "10.0.0.0/16"}); err != nil {
			t.Fatal(err)
		}
	}
	r := NewRouter(home, other, elsewhere)
	defer r.Close()
	r.SetAccount("AKIAOTHER", "210987654321")
	r.Reject("AKIADELETED")
	url, err := r.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}

	type want struct {
		VPC     string
		Account string
		Error   string
	}
	cases := map[string]struct {
		reason string
		key    string
		region string
		want   want
	}{
		"Home":        {reason: "A key whose account was not set belongs to the first Server.", key: "AKIAHOME", region: "us-east-1", want: want{VPC: "vpc-home", Account: "123456789012"}},
		"Account":     {reason: "A key reaches its own account.", key: "AKIAOTHER", region: "us-east-1", want: want{VPC: "vpc-other", Account: "210987654321"}},
		"Region":      {reason: "A request reaches the Region that it is signed for.", key: "AKIAHOME", region: "eu-west-1", want: want{VPC: "vpc-elsewhere", Account: "123456789012"}},
		"NoSuchPlace": {reason: "A Region without a Server is rejected.", key: "AKIAOTHER", region: "eu-west-1", want: want{Account: "210987654321", Error: "AuthFailure"}},
		"Rejected":    {reason: "A key of no account is rejected.", key: "AKIADELETED", region: "us-east-1", want: want{Error: "AuthFailure"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			keys := credentials.NewStaticCredentialsProvider(tc.key, "emulated", "")
			got := want{}
			got.VPC, err = firstVPC(t.Context(), awsec2.New(awsec2.Options{Region: tc.region, BaseEndpoint: &url, Credentials: keys}))
			if err != nil {
				got.Error = code(err)
			}
			id, err := sts.New(sts.Options{Region: tc.region, BaseEndpoint: &url, Credentials: keys}).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			if err == nil {
				got.Account = aws.ToString(id.Account)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func firstVPC(ctx context.Context, c *awsec2.Client) (string, error) {
	out, err := c.DescribeVpcs(ctx, &awsec2.DescribeVpcsInput{})
	if err != nil || len(out.Vpcs) == 0 {
		return "", err
	}
	return aws.ToString(out.Vpcs[0].VpcId), nil
}
