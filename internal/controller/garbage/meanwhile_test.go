// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package garbage

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// TestChangedMeanwhile changes a leaked ENI between the list of a pass and its
// deletion.
func TestChangedMeanwhile(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(t *testing.T, api *awsec2.Client)
		want   []string
	}{
		"Unchanged": {reason: "An ENI that is still leaked is deleted.", change: func(*testing.T, *awsec2.Client) {}, want: []string{"eni-left"}},
		"Adopted": {
			reason: "An ENI that an object has adopted meanwhile is not.",
			change: func(t *testing.T, api *awsec2.Client) {
				t.Helper()
				if _, err := api.CreateTags(t.Context(), &awsec2.CreateTagsInput{Resources: []string{"eni-left"}, Tags: []ec2types.Tag{{Key: new(eni.TagUID), Value: new("another")}}}); err != nil {
					t.Fatal(err)
				}
			},
		},
		"Attached": {
			reason: "An ENI that was attached meanwhile is not deleted.",
			change: func(t *testing.T, api *awsec2.Client) {
				t.Helper()
				if _, err := api.AttachNetworkInterface(t.Context(), &awsec2.AttachNetworkInterfaceInput{NetworkInterfaceId: new("eni-left"), InstanceId: new("i-1"), DeviceIndex: new(int32(1))}); err != nil {
					t.Fatal(err)
				}
			},
		},
		"Kept": {
			reason: "An ENI that a user tagged to keep is not deleted.",
			change: func(t *testing.T, api *awsec2.Client) {
				t.Helper()
				if _, err := api.CreateTags(t.Context(), &awsec2.CreateTagsInput{Resources: []string{"eni-left"}, Tags: []ec2types.Tag{{Key: new(eni.TagKeep), Value: new("true")}}}); err != nil {
					t.Fatal(err)
				}
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			y := newYard(t, true)
			y.objects = []string{"another"}
			y.add("eni-left", "deleted")
			api := awsec2.New(awsec2.Options{
				Region: "us-east-1", BaseEndpoint: new("http://ec2.example"), HTTPClient: &http.Client{Transport: y}, Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
			})
			y.passes(1)
			once := false
			y.listing = func() {
				if !once {
					once = true
					tc.change(t, api)
				}
			}
			_ = y.pass() // a refused deletion is an error of the pass
			if diff := cmp.Diff(tc.want, y.deleted(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\ndeleted: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
