// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"context"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

// find reads the ENI by its id or, for an import, by the attachment's id.
func (e *external) find(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, id string) error {
	name := meta.GetExternalName(mg)
	var err error
	switch {
	case id != "":
		e.seen, err = e.ec2.NetworkInterface(ctx, id)
	case strings.HasPrefix(name, "eni-attach-"):
		e.seen, err = e.ec2.NetworkInterfaceOfAttachment(ctx, name)
	case strings.HasPrefix(name, "eni-"):
		// Easier for a user to find than the attachment's id.
		e.seen, err = e.ec2.NetworkInterface(ctx, name)
	default:
		err = errors.Errorf("annotation %s is %q: it must be the id of an attachment, eni-attach-…, or of an ENI, eni-…", meta.AnnotationKeyExternalName, name)
	}
	return err
}

// notVisibleYet reports whether EC2 may not return a recent attachment yet. An object being
// deleted waits for the attachment, which would be leaked otherwise; any other object must
// not attach a second time.
func (e *external) notVisibleYet(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) bool {
	name := meta.GetExternalName(mg)
	if shown := mg.Status.AtProvider.AttachmentID; shown != "" && shown == name && !managedresource.MayAppear(mg, e.ec2.Timings().VisibleWithin, e.stopwatch) {
		return false // it was returned before, and has ended
	}
	if !meta.WasDeleted(mg) {
		return name != "" && managedresource.CreatedWithin(mg, e.ec2.Timings().UsuallyVisibleWithin, e.stopwatch)
	}
	if mg.Status.AtProvider.DetachRequestTime != nil {
		return false // the last attachment was returned, and is detached
	}
	if !managedresource.CreatedWithin(mg, e.ec2.Timings().VisibleWithin, e.stopwatch) && !managedresource.MayAppear(mg, e.ec2.Timings().VisibleWithin, e.stopwatch) {
		return false
	}
	if e.target.instance.ID == "" {
		return true
	}
	// EC2 never returns the attachment to a terminated instance.
	i, err := e.ec2.InstanceFresh(ctx, e.target.instance.ID)
	return err != nil || !i.Terminated()
}
