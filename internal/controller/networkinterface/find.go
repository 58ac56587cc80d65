// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"fmt"
	"strings"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// find returns the ENI, or nil if it does not exist.
func (e *external) find(ctx context.Context, mg *v1alpha1.NetworkInterface) (*ec2types.NetworkInterface, error) {
	name := meta.GetExternalName(mg)
	if name != "" {
		if !strings.HasPrefix(name, "eni-") {
			return nil, errors.Errorf("annotation %s is %q: it must be the id of an ENI, eni-…", meta.AnnotationKeyExternalName, name)
		}
		found, err := e.ec2.NetworkInterface(ctx, name)
		if err != nil || found != nil {
			return found, err
		}
	}
	attempted := managedresource.CreateAttempted(mg)
	if attempted || time.Since(mg.GetCreationTimestamp().Time) > e.ec2.Timings().RestoredAfter {
		// An attempted create, or a create that a restored backup does not record, has
		// tagged its ENI with the object's UID.
		found, err := e.ec2.NetworkInterfaceOwnedBy(ctx, string(mg.GetUID()))
		if err != nil || found != nil || attempted {
			return found, err
		}
	}
	return e.toAdopt(ctx, mg)
}

// toAdopt returns the ENI that a user has tagged for adoption by this object, or nil.
// ENIs for children of a NodeENI are found by its own controller.
func (e *external) toAdopt(ctx context.Context, mg *v1alpha1.NetworkInterface) (*ec2types.NetworkInterface, error) {
	if meta.WasDeleted(mg) || mg.GetLabels()[networkingv1alpha1.LabelNodeENI] != "" {
		return nil, nil
	}
	found, err := e.ec2.Adoptable(ctx, eni.TagAdopt, mg.GetNamespace()+"/"+mg.GetName())
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if len(found) > 1 {
		return nil, awserr.NewAmbiguous(fmt.Sprintf("%d network interfaces carry the tag %s=%s/%s, %s and %s among them: leave it on one",
			len(found), eni.TagAdopt, mg.GetNamespace(), mg.GetName(), ptr.Deref(found[0].NetworkInterfaceId, ""), ptr.Deref(found[1].NetworkInterfaceId, "")))
	}
	return &found[0], nil
}
