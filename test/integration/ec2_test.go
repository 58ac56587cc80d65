// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// ec2Client returns an EC2 client of another user.
func (e *env) ec2Client() *awsec2.Client {
	return awsec2.New(awsec2.Options{
		Region: testbed.Region, BaseEndpoint: &e.EC2URL,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7SOMEONE", "emulated", ""),
	})
}

func terminateInput(id string) *awsec2.TerminateInstancesInput {
	return &awsec2.TerminateInstancesInput{InstanceIds: []string{id}}
}

func deleteInput(id string) *awsec2.DeleteNetworkInterfaceInput {
	return &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id}
}

func attachInputFor(eni, instance string, index int32) *awsec2.AttachNetworkInterfaceInput {
	return &awsec2.AttachNetworkInterfaceInput{NetworkInterfaceId: &eni, InstanceId: &instance, DeviceIndex: &index}
}

func (e *env) detach(x ec2emulator.NetworkInterface) {
	e.t.Helper()
	if _, err := e.ec2Client().DetachNetworkInterface(e.t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: aws.String(x.Attachment.ID)}); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) attachments() []ec2v1alpha1.NetworkInterfaceAttachment {
	e.t.Helper()
	l := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	if err := e.kube.List(e.t.Context(), l); err != nil {
		e.t.Fatal(err)
	}
	return l.Items
}

// pauseAll pauses all managed resources, so that a test can make several changes in EC2
// before the provider reconciles the first one.
func (e *env) pauseAll(on bool) {
	e.t.Helper()
	set := func(o client.Object) {
		b := o.DeepCopyObject().(client.Object)
		a := o.GetAnnotations()
		if a == nil {
			a = map[string]string{}
		}
		if on {
			a["crossplane.io/paused"] = "true"
		} else {
			delete(a, "crossplane.io/paused")
		}
		o.SetAnnotations(a)
		if err := e.kube.Patch(e.t.Context(), o, client.MergeFrom(b)); err != nil {
			e.t.Fatal(err)
		}
	}
	ats := e.attachments()
	for i := range ats {
		set(&ats[i])
	}
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := e.kube.List(e.t.Context(), l); err != nil {
		e.t.Fatal(err)
	}
	for i := range l.Items {
		set(&l.Items[i])
	}
}

func (e *env) tag(id, key, value string) {
	e.t.Helper()
	if _, err := e.ec2Client().CreateTags(e.t.Context(), &awsec2.CreateTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: &key, Value: &value}}}); err != nil {
		e.t.Fatal(err)
	}
}

func condition(t string) xpv2.ConditionType { return xpv2.ConditionType(t) }
