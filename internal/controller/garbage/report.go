// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package garbage

import (
	"context"
	"slices"
	"strings"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// reports records the leaked ENIs of a provider config.
type reports interface {
	Report(ctx context.Context, config client.Object, leaked []v1alpha1.LeakedNetworkInterface) error
}

// report records the leaked ENIs of each config that was searched. ENIs that a config in
// unknown could not list may be leaked or not, so its record is kept.
func (c *Collector) report(ctx context.Context, reached []ec2.ConfiguredClient, unknown map[ec2.ConfigReference]bool, all map[string]found, leaked []string) error {
	of := map[ec2.ConfigReference][]v1alpha1.LeakedNetworkInterface{}
	for _, id := range leaked {
		f := all[id]
		of[f.by.Config] = append(of[f.by.Config], f.leaked())
	}
	var failed []error
	done := map[ec2.ConfigReference]bool{}
	for _, r := range reached {
		if done[r.Config] || unknown[r.Config] {
			continue
		}
		done[r.Config] = true
		if err := c.reports.Report(ctx, r.Object, of[r.Config]); err != nil {
			failed = append(failed, errors.Wrapf(err, "cannot record the leaked network interfaces of %s %q", r.Config.Kind, r.Config.Name))
		}
	}
	return errors.Join(failed...)
}

// leaked describes a leaked ENI.
func (f found) leaked() v1alpha1.LeakedNetworkInterface {
	out := v1alpha1.LeakedNetworkInterface{NetworkInterfaceID: f.ID, Region: f.by.Client.Region, SubnetID: ptr.Deref(f.eni.SubnetId, ""), State: string(f.eni.Status)}
	if f.Attachment != nil {
		out.InstanceID = f.Attachment.InstanceID
	}
	if f.eni.Association != nil {
		out.PublicIP = ptr.Deref(f.eni.Association.PublicIp, "")
	}
	if namespace, name, _, ok := eni.TaggedOwner(f.Tags); ok {
		out.Object = strings.TrimPrefix(namespace+"/"+name, "/")
	}
	if at, err := time.Parse(time.RFC3339, f.Tags[eni.TagCreatedAt]); err == nil {
		out.CreatedAt = &metav1.Time{Time: at}
	}
	return out
}

// statusReports records leaked ENIs in the status of provider configs.
type statusReports struct{ kube client.Client }

// Report updates the status of a config if it differs. A config that never had leaked ENIs is not
// written.
func (s statusReports) Report(ctx context.Context, config client.Object, leaked []v1alpha1.LeakedNetworkInterface) error {
	pc, ok := config.DeepCopyObject().(interface {
		client.Object
		ConfigStatus() *v1alpha1.ProviderConfigStatus
	})
	if !ok {
		return errors.Errorf("%T is not a provider config", config)
	}
	slices.SortFunc(leaked, func(a, b v1alpha1.LeakedNetworkInterface) int {
		return strings.Compare(a.NetworkInterfaceID, b.NetworkInterfaceID)
	})
	return client.IgnoreNotFound(retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if err := s.kube.Get(ctx, client.ObjectKeyFromObject(config), pc); err != nil {
			return err
		}
		status := pc.ConfigStatus()
		if len(leaked) == 0 && status.LeakedNetworkInterfaceCount == nil {
			return nil
		}
		before := status.DeepCopy()
		status.LeakedNetworkInterfaceCount = new(int32(len(leaked))) //nolint:gosec // far below 2^31
		status.LeakedNetworkInterfaces = leaked[:min(len(leaked), v1alpha1.MaxLeakedNetworkInterfaces)]
		if apiequality.Semantic.DeepEqual(before, status) {
			return nil
		}
		return s.kube.Status().Update(ctx, pc)
	}))
}
