// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"testing"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// A recorder is an EC2 that takes every change and keeps it.
type recorder struct {
	ec2.API

	calls []any
}

func of(p v1alpha1.NetworkInterfaceParameters) *v1alpha1.NetworkInterface {
	return &v1alpha1.NetworkInterface{Spec: v1alpha1.NetworkInterfaceSpec{ForProvider: p}}
}

// ignoreMetadata leaves out what the SDK adds to its inputs for itself.
func ignoreMetadata() cmp.Option {
	return cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore())
}

// applied carries out changes and returns the calls that they make.
func applied(t *testing.T, cs changes) []any {
	t.Helper()
	r := &recorder{}
	for _, c := range cs {
		if err := c.apply(t.Context(), r); err != nil {
			t.Fatalf("cannot apply %q: %s", c.what, err)
		}
	}
	return r.calls
}

func (r *recorder) ModifyNetworkInterfaceAttribute(_ context.Context, in *awsec2.ModifyNetworkInterfaceAttributeInput, _ ...func(*awsec2.Options)) (*awsec2.ModifyNetworkInterfaceAttributeOutput, error) {
	r.calls = append(r.calls, in)
	return &awsec2.ModifyNetworkInterfaceAttributeOutput{}, nil
}

func (r *recorder) AssignPrivateIpAddresses(_ context.Context, in *awsec2.AssignPrivateIpAddressesInput, _ ...func(*awsec2.Options)) (*awsec2.AssignPrivateIpAddressesOutput, error) {
	r.calls = append(r.calls, in)
	return &awsec2.AssignPrivateIpAddressesOutput{}, nil
}

func (r *recorder) UnassignPrivateIpAddresses(_ context.Context, in *awsec2.UnassignPrivateIpAddressesInput, _ ...func(*awsec2.Options)) (*awsec2.UnassignPrivateIpAddressesOutput, error) {
	r.calls = append(r.calls, in)
	return &awsec2.UnassignPrivateIpAddressesOutput{}, nil
}

func (r *recorder) AssignIpv6Addresses(_ context.Context, in *awsec2.AssignIpv6AddressesInput, _ ...func(*awsec2.Options)) (*awsec2.AssignIpv6AddressesOutput, error) {
	r.calls = append(r.calls, in)
	return &awsec2.AssignIpv6AddressesOutput{}, nil
}

func (r *recorder) UnassignIpv6Addresses(_ context.Context, in *awsec2.UnassignIpv6AddressesInput, _ ...func(*awsec2.Options)) (*awsec2.UnassignIpv6AddressesOutput, error) {
	r.calls = append(r.calls, in)
	return &awsec2.UnassignIpv6AddressesOutput{}, nil
}

func (r *recorder) AssociateAddress(_ context.Context, in *awsec2.AssociateAddressInput, _ ...func(*awsec2.Options)) (*awsec2.AssociateAddressOutput, error) {
	r.calls = append(r.calls, in)
	return &awsec2.AssociateAddressOutput{}, nil
}

func (r *recorder) DisassociateAddress(_ context.Context, in *awsec2.DisassociateAddressInput, _ ...func(*awsec2.Options)) (*awsec2.DisassociateAddressOutput, error) {
	r.calls = append(r.calls, in)
	return &awsec2.DisassociateAddressOutput{}, nil
}

func (r *recorder) CreateTags(_ context.Context, in *awsec2.CreateTagsInput, _ ...func(*awsec2.Options)) (*awsec2.CreateTagsOutput, error) {
	r.calls = append(r.calls, in)
	return &awsec2.CreateTagsOutput{}, nil
}

func (r *recorder) DeleteTags(_ context.Context, in *awsec2.DeleteTagsInput, _ ...func(*awsec2.Options)) (*awsec2.DeleteTagsOutput, error) {
	r.calls = append(r.calls, in)
	return &awsec2.DeleteTagsOutput{}, nil
}
