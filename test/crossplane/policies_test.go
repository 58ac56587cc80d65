// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/policies"
)

// policiesWithin is how long the provider may take for all objects. Two observations, a
// minute apart, confirm that an external resource is missing.
const policiesWithin = 4 * time.Minute

// testPolicies creates objects of both kinds in each state with each set of management
// policies.
func testPolicies(t *testing.T) {
	e := installed(t)
	ctx := t.Context()
	const namespace = "policies"
	e.namespaceFor(t, namespace)
	if err := policies.AddSubnet(e.ec2, "vpc-1", "10.0.64.0/20"); err != nil {
		t.Fatal(err)
	}
	objects := e.policyObjects(t, namespace)
	mark := e.ec2.Mark()
	for _, o := range objects {
		if err := e.kube.Create(ctx, o.Managed); err != nil {
			t.Fatal(err)
		}
	}
	e.wait(t, time.Minute, func() error {
		var errs []error
		for _, o := range objects {
			if len(o.GetManagementPolicies()) == 0 || (o.State != policies.Exists && o.State != policies.Deleted) {
				continue
			}
			errs = append(errs, e.ready(t, resourceAPI, o.Kind(), namespace, o.GetName()))
		}
		return errors.Join(errs...)
	})
	e.deleteOutside(t, objects)
	deadline := time.Now().Add(policiesWithin)
	for n := 0; ; n++ {
		e.requestReconcile(t, "deleted-"+strconv.Itoa(n)) // polls, which come every ten minutes
		time.Sleep(20 * time.Second)
		left := e.policyDiffs(t, objects, mark)
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			for _, l := range left {
				t.Error(l)
			}
			break
		}
	}
	t.Logf("%d objects have the results of their policies", len(objects))
	if _, err := e.kubectl(ctx, "delete", "namespace", namespace, "--timeout=90s"); err != nil {
		t.Error(err)
	}
	e.clean(t)
}

// policyObjects returns the objects. Those of other states keep the deletions below the
// share of missing resources that the provider takes for an outage.
func (e *environment) policyObjects(t *testing.T, namespace string) []policies.Object {
	t.Helper()
	var out []policies.Object
	for i, p := range policies.Sets() {
		for _, state := range policies.States() {
			name := fmt.Sprintf("%d-%s", i, state)
			in, err := e.ec2.AddInstance(ec2emulator.Instance{SubnetID: "subnet-nodes-a", Type: "m5.xlarge"})
			if err != nil {
				t.Fatal(err)
			}
			n, err := policies.NewInterface(e.ec2, p, state, namespace, name)
			if err != nil {
				t.Fatal(err)
			}
			a, err := policies.NewAttachment(e.ec2, p, state, namespace, name, in.ID)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, n, a)
		}
	}
	for i := range 40 {
		o, err := policies.NewInterface(e.ec2, xpv2.ManagementPolicies{xpv2.ManagementActionObserve}, policies.Exists, namespace, fmt.Sprintf("other-%d", i))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

// console returns a client of EC2 for a user.
func (e *environment) console() *awsec2.Client {
	return awsec2.New(awsec2.Options{Region: "us-east-1", BaseEndpoint: &e.ec2URL, Credentials: credentials.NewStaticCredentialsProvider("AKIACONSOLE", "s", "")})
}

// deleteOutside deletes the ENI, or detaches the attachment, of state Deleted.
func (e *environment) deleteOutside(t *testing.T, objects []policies.Object) {
	t.Helper()
	for _, o := range objects {
		if o.State != policies.Deleted {
			continue
		}
		var err error
		if o.Kind() == "NetworkInterface" {
			_, err = e.console().DeleteNetworkInterface(t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: aws.String(o.ENI)})
		} else {
			_, err = e.console().DetachNetworkInterface(t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: aws.String(meta.GetExternalName(o))})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// policyDiffs returns the objects whose result is not the expected one.
func (e *environment) policyDiffs(t *testing.T, objects []policies.Object, mark ec2emulator.Mark) []string {
	t.Helper()
	var out []string
	for _, o := range objects {
		if err := e.kube.Get(t.Context(), client.ObjectKeyFromObject(o), o.Managed); err != nil {
			t.Fatal(err)
		}
		if diff := o.Diff(e.ec2, mark); diff != "" {
			out = append(out, fmt.Sprintf("%s %s with %s: %s", o.Kind(), o.State, policies.Name(o.GetManagementPolicies()), diff))
		}
	}
	return out
}

// clean deletes the ENIs that the policies keep.
func (e *environment) clean(t *testing.T) {
	t.Helper()
	e.wait(t, time.Minute, func() error {
		left := e.ec2.ENIs(ec2emulator.Exists, func(n ec2emulator.NetworkInterface) bool { return n.SubnetID == policies.Subnet })
		for _, n := range left {
			if n.Attachment != nil {
				_, _ = e.console().DetachNetworkInterface(t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: &n.Attachment.ID}) // it may be detaching
				continue
			}
			if _, err := e.console().DeleteNetworkInterface(t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &n.ID}); err != nil {
				return err
			}
		}
		if len(left) > 0 {
			return fmt.Errorf("%d ENIs are left", len(left))
		}
		return nil
	})
}
