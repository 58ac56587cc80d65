// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"slices"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A finalizer excludes an ENI that outlives its object from garbage collection before it
// removes the finalizer of the object. Without the action Delete, crossplane-runtime removes
// the finalizer without an observation, also if the management policies changed just before.
type finalizer struct {
	resource.Finalizer

	connector *connector
}

// RemoveFinalizer removes the finalizer.
func (f *finalizer) RemoveFinalizer(ctx context.Context, o resource.Object) error {
	if mg, ok := o.(*v1alpha1.NetworkInterface); ok && mayNeedKeep(mg) {
		if err := f.keep(ctx, mg); err != nil {
			return errors.Wrapf(err, "cannot exclude network interface %q from garbage collection", meta.GetExternalName(mg))
		}
	}
	return f.Finalizer.RemoveFinalizer(ctx, o)
}

// mayNeedKeep reports whether the ENI of a deleted object outlives the object, and may not
// have the tag that excludes it from garbage collection.
func mayNeedKeep(mg *v1alpha1.NetworkInterface) bool {
	if managedresource.Allows(mg, xpv2.ManagementActionDelete) || !managedresource.Allows(mg, xpv2.ManagementActionUpdate) || meta.GetExternalName(mg) == "" {
		return false
	}
	tagged := slices.Contains(mg.Status.AtProvider.ManagedTagKeys, eni.TagKeep) && mg.GetCondition(xpv2.TypeSynced).Status == corev1.ConditionTrue
	return !tagged
}

// keep sets the tag if the object owns the ENI.
func (f *finalizer) keep(ctx context.Context, mg *v1alpha1.NetworkInterface) error {
	cl, err := f.connector.Connect(ctx, mg)
	if err != nil {
		return err
	}
	e, ok := cl.(*external)
	if !ok {
		return errors.Errorf("%T is no client of a NetworkInterface", cl)
	}
	id := meta.GetExternalName(mg)
	if e.seen, err = e.ec2.NetworkInterfaceFresh(ctx, id); err != nil || e.seen == nil {
		return err
	}
	if err := e.identify(ctx, mg); err != nil {
		return err
	}
	tags := eniview.Tags(e.seen.TagSet)
	if tags[eni.TagKeep] != "" || tags[eni.TagUID] != string(mg.GetUID()) {
		return nil
	}
	if err := managedresource.Reserve(ctx, e.ec2, mg, xpv2.ManagementActionUpdate, ec2.ActionCreateTags); err != nil {
		return err
	}
	tagging, refused := e.permits(eni.ActionTag)
	if refused != nil {
		return refused
	}
	_, err = tagging.CreateTags(ctx, &awsec2.CreateTagsInput{Resources: []string{id}, Tags: tagList(map[string]string{eni.TagKeep: "true"})})
	return awserr.Clean(err)
}
