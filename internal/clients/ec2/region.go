// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const (
	// imdsTimeout bounds the request to the instance metadata service. It does not answer
	// pods if its hop limit is 1, and does not exist outside of EC2.
	imdsTimeout = 2 * time.Second

	// imdsRetry is after how long the instance metadata service is called again if it
	// did not answer.
	imdsRetry = time.Minute
)

// errNoRegion is the error of an object without a region if no region is detected.
var errNoRegion = errors.New("no region: set spec.forProvider.region, or start the provider with --region or AWS_REGION;" +
	" neither the AWS configuration, nor a node's providerID, nor the instance metadata service has a region")

// A regionDetector detects the region of objects without a region. A detected region does
// not change until the process ends: resources exist in the region of their creation.
type regionDetector struct {
	nodes client.Reader

	mu     sync.Mutex
	region string
	failed time.Time // when the instance metadata service did not answer
}

// detect returns the region of the AWS configuration, else of the nodes, else of the instance
// on which the provider runs.
func (d *regionDetector) detect(ctx context.Context) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.region != "" {
		return d.region, nil
	}
	region, source, err := d.search(ctx)
	if err != nil {
		return "", err
	}
	log.FromContext(ctx).Info("Detected the AWS region of objects without a region", "region", region, "source", source)
	d.region = region
	return region, nil
}

func (d *regionDetector) search(ctx context.Context) (region, source string, err error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	if err != nil {
		return "", "", errors.Wrap(err, "cannot load AWS configuration")
	}
	if cfg.Region != "" {
		return cfg.Region, "AWS configuration", nil
	}
	l := &corev1.NodeList{}
	if err := d.nodes.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return "", "", errors.Wrap(err, "cannot list nodes to detect the region")
	}
	if region, err = regionOfNodes(l.Items); region != "" || err != nil {
		return region, "nodes", err
	}
	if time.Since(d.failed) < imdsRetry {
		return "", "", errNoRegion
	}
	ctx, cancel := context.WithTimeout(ctx, imdsTimeout)
	defer cancel()
	out, err := imds.NewFromConfig(cfg).GetRegion(ctx, &imds.GetRegionInput{})
	if err != nil || out.Region == "" {
		d.failed = time.Now()
		return "", "", errNoRegion
	}
	return out.Region, "instance metadata service", nil
}

// regionOfNodes returns the region of more than half of the nodes that are EC2
// instances, or "" if there are none.
func regionOfNodes(nodes []corev1.Node) (string, error) {
	count, all := map[string]int{}, 0
	for i := range nodes {
		if r := eni.Region(nodes[i].Spec.ProviderID, nodes[i].GetLabels()); r != "" {
			count[r]++
			all++
		}
	}
	var regions []string
	for r, n := range count {
		if 2*n > all {
			return r, nil
		}
		regions = append(regions, fmt.Sprintf("%s (%d)", r, n))
	}
	if all == 0 {
		return "", nil
	}
	slices.Sort(regions)
	return "", errors.Errorf("no region: nodes are in %s: set spec.forProvider.region, or start the provider with --region or AWS_REGION", strings.Join(regions, " and "))
}
