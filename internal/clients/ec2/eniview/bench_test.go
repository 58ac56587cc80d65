// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eniview

import (
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// BenchmarkTags measures the conversion of the tags of one ENI, which every observation
// makes.
func BenchmarkTags(b *testing.B) {
	var tags []ec2types.Tag
	for _, k := range []string{"Name", "team", "cost-centre", "networking.k8s.aws/mr-uid", "networking.k8s.aws/mr", "networking.k8s.aws/cluster", "networking.k8s.aws/node-eni", "networking.k8s.aws/node", "networking.k8s.aws/slot", "networking.k8s.aws/created-at"} {
		tags = append(tags, ec2types.Tag{Key: &k, Value: &k})
	}
	b.ReportAllocs()
	for b.Loop() {
		Tags(tags)
	}
}
