// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/test"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

const uid = "5c7a"

// region is an emulated EC2 with ENIs of several owners, and a client of it.
func region(t *testing.T) (*ec2emulator.Server, *ec2.Client) {
	t.Helper()
	s := ec2emulator.New(ec2emulator.Options{AttachDelay: -1, DetachDelay: -1, AvailableDelay: -1})
	t.Cleanup(s.Close)
	if err := s.Seed(ec2emulator.Seed{
		VPCs: []ec2emulator.VPC{{ID: "vpc-1"}},
		Subnets: []ec2emulator.Subnet{
			{ID: "subnet-1", CIDR: "10.0.1.0/24", Tags: map[string]string{"Name": "data"}},
			{ID: "subnet-2", CIDR: "10.0.2.0/24", AvailabilityZone: "us-east-1b", Tags: map[string]string{"Name": "data"}},
		},
		SecurityGroups: []ec2emulator.SecurityGroup{{ID: "sg-1", Name: "web"}},
		Instances:      []ec2emulator.Instance{{ID: "i-1", Type: "m5.xlarge", SubnetID: "subnet-1"}},
		NetworkInterfaces: []ec2emulator.NetworkInterface{
			{ID: "eni-free", SubnetID: "subnet-1"},
			{ID: "eni-ours", SubnetID: "subnet-1", Tags: map[string]string{eni.TagUID: uid}},
			{ID: "eni-used", SubnetID: "subnet-1", Attachment: &ec2emulator.Attachment{InstanceID: "i-1", DeviceIndex: 1}},
			{ID: "eni-lb", SubnetID: "subnet-1", RequesterID: "amazon-elb"},
		},
	}); err != nil {
		t.Fatal(err)
	}
	url, err := s.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s, ec2.NewClient(awsec2.New(awsec2.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIA", "secret", ""),
	}), "us-east-1", ec2.WithSnapshot(ec2.OwnershipTags{OwnerTag: eni.TagUID}, time.Minute))
}

func managedENI(change ...func(*v1alpha1.NetworkInterface)) *v1alpha1.NetworkInterface {
	mg := of(v1alpha1.NetworkInterfaceParameters{SubnetID: ptr.To(v1alpha1.SubnetID("subnet-1"))})
	mg.ObjectMeta = metav1.ObjectMeta{Namespace: "ns", Name: "eni", UID: uid, CreationTimestamp: metav1.NewTime(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))}
	mg.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionAll}
	for _, fn := range change {
		fn(mg)
	}
	return mg
}

func named(id string) func(*v1alpha1.NetworkInterface) {
	return func(mg *v1alpha1.NetworkInterface) { meta.SetExternalName(mg, id) }
}

func attempted(mg *v1alpha1.NetworkInterface) {
	meta.SetExternalCreatePending(mg, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
}

func deleted(mg *v1alpha1.NetworkInterface) { mg.DeletionTimestamp = new(metav1.Now()) }

func TestObserve(t *testing.T) {
	type want struct {
		Exists, UpToDate, Late bool
		ExternalName, Diff     string
		Ready                  xpv2.ConditionReason
		Error                  string
	}
	cases := map[string]struct {
		reason string
		args   *v1alpha1.NetworkInterface
		want   want
	}{
		"New": {
			reason: "An object that was never created stands for nothing.",
			args:   managedENI(),
		},
		"NoID": {
			reason: "An external name that is no ENI's id is reported, not searched for.",
			args:   managedENI(named("data")),
			want:   want{ExternalName: "data", Error: `annotation crossplane.io/external-name is "data": it must be the id of an ENI, eni-…`},
		},
		"Gone": {
			reason: "An ENI that one answer of EC2 does not contain is neither created again nor released.",
			args:   managedENI(named("eni-9")),
			want:   want{Exists: true, UpToDate: true, ExternalName: "eni-9", Ready: "MissingInEC2"},
		},
		"GoneConfirmed": {
			reason: "An ENI whose deletion the user confirms is created again.",
			args: managedENI(named("eni-9"), func(mg *v1alpha1.NetworkInterface) {
				mg.Annotations["networking.k8s.aws/confirm-deleted"] = "eni-9"
			}),
			want: want{ExternalName: "eni-9"},
		},
		"GoneConfirmedOther": {
			reason: "A confirmation for another ENI confirms nothing.",
			args: managedENI(named("eni-9"), func(mg *v1alpha1.NetworkInterface) {
				mg.Annotations["networking.k8s.aws/confirm-deleted"] = "eni-8"
			}),
			want: want{Exists: true, UpToDate: true, ExternalName: "eni-9", Ready: "MissingInEC2"},
		},
		"GoneDeleting": {
			reason: "An object being deleted is not released after one response either.",
			args:   managedENI(named("eni-9"), deleted),
			want:   want{Exists: true, UpToDate: true, ExternalName: "eni-9"},
		},
		"DeleteAccepted": {
			reason: "An ENI whose deletion EC2 accepted is deleted once EC2 does not return it.",
			args: managedENI(named("eni-9"), deleted, func(mg *v1alpha1.NetworkInterface) {
				mg.Status.AtProvider.ID, mg.Status.AtProvider.DeleteAcceptedTime = "eni-9", new(metav1.Now())
			}),
			want: want{ExternalName: "eni-9"},
		},
		"DeleteAcceptedOfOther": {
			reason: "The accepted deletion of another ENI proves nothing about this one.",
			args: managedENI(named("eni-9"), deleted, func(mg *v1alpha1.NetworkInterface) {
				mg.Status.AtProvider.ID, mg.Status.AtProvider.DeleteAcceptedTime = "eni-8", new(metav1.Now())
			}),
			want: want{Exists: true, UpToDate: true, ExternalName: "eni-9"},
		},
		"WrongRegion": {
			reason: "An object of another region is neither observed nor changed.",
			args: managedENI(named("eni-free"), func(mg *v1alpha1.NetworkInterface) {
				mg.Status.AtProvider.AccountID, mg.Status.AtProvider.Region = "123456789012", "eu-west-1"
			}),
			want: want{ExternalName: "eni-free", Error: "created in account 123456789012, region eu-west-1, but the provider config resolves to account 123456789012, region us-east-1: nothing is changed until it resolves to region eu-west-1 again (spec.forProvider.region, or the provider's --region)"},
		},
		"WrongAccount": {
			reason: "The owner of the ENI in EC2's answer shows another account where STS does not answer.",
			args: managedENI(named("eni-free"), func(mg *v1alpha1.NetworkInterface) {
				mg.Status.AtProvider.AccountID, mg.Status.AtProvider.Region = "210987654321", "us-east-1"
			}),
			want: want{ExternalName: "eni-free", Error: "created in account 210987654321, region us-east-1, but the provider config resolves to account 123456789012, region us-east-1: nothing is changed until its credentials are of account 210987654321 again"},
		},
		"AccountUnknown": {
			reason: "An ENI that EC2 does not return proves nothing where the account is not known.",
			args: managedENI(named("eni-9"), func(mg *v1alpha1.NetworkInterface) {
				mg.Status.AtProvider.AccountID, mg.Status.AtProvider.Region = "123456789012", "us-east-1"
			}),
			want: want{ExternalName: "eni-9", Error: "created in account 123456789012, region us-east-1, and the account of the provider config's credentials is not known: nothing is changed until STS GetCallerIdentity works or EC2 returns network interfaces of this cluster (STS returned no identity)"},
		},
		"LostAnswer": {
			reason: "An ENI whose id was never written down is found by its mark, and the id is written down.",
			args:   managedENI(attempted),
			want:   want{Exists: true, Late: true, ExternalName: "eni-ours", Diff: "tags", Ready: xpv2.ReasonAvailable},
		},
		"Drifted": {
			reason: "The drift of an ENI names the differences.",
			args: managedENI(named("eni-free"), func(mg *v1alpha1.NetworkInterface) {
				mg.Spec.ForProvider.Description = new("mine")
				mg.Spec.ForProvider.SecurityGroups = []v1alpha1.SecurityGroupID{"sg-1"}
			}),
			want: want{Exists: true, ExternalName: "eni-free", Diff: "tags, description, security groups", Ready: xpv2.ReasonAvailable},
		},
		"ObserveOnly": {
			reason: "An ENI that is only observed never drifts.",
			args: managedENI(named("eni-free"), func(mg *v1alpha1.NetworkInterface) {
				mg.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve}
			}),
			want: want{Exists: true, UpToDate: true, ExternalName: "eni-free", Ready: xpv2.ReasonAvailable},
		},
		"NotOurs": {
			reason: "An ENI of an AWS service is only observed, with the reason NotOurs.",
			args:   managedENI(named("eni-lb")),
			want:   want{Exists: true, UpToDate: true, ExternalName: "eni-lb", Ready: "NotOurs"},
		},
		"SubnetChosen": {
			reason: "The subnet that a selector found is written down.",
			args:   managedENI(named("eni-free"), deleted, func(mg *v1alpha1.NetworkInterface) { mg.Spec.ForProvider.SubnetID = nil }),
			want:   want{Exists: true, UpToDate: true, Late: true, ExternalName: "eni-free", Ready: xpv2.ReasonAvailable},
		},
		"Deleting": {
			reason: "On the way out nothing is corrected, and nothing must be found.",
			args: managedENI(named("eni-free"), deleted, func(mg *v1alpha1.NetworkInterface) {
				mg.Spec.ForProvider.SecurityGroups = []v1alpha1.SecurityGroupID{"sg-9"}
			}),
			want: want{Exists: true, UpToDate: true, ExternalName: "eni-free", Ready: xpv2.ReasonAvailable},
		},
		"NoGroup": {
			reason: "A group that does not exist is named.",
			args: managedENI(named("eni-free"), func(mg *v1alpha1.NetworkInterface) {
				mg.Spec.ForProvider.SecurityGroups = []v1alpha1.SecurityGroupID{"sg-9"}
			}),
			want: want{ExternalName: "eni-free", Ready: xpv2.ReasonAvailable, Error: `security group "sg-9" does not exist in region "us-east-1"`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, c := region(t)
			e := &external{ec2: c, stopwatch: managedresource.NewStopwatch(time.Now)}
			obs, err := e.Observe(t.Context(), tc.args)
			got := want{
				Exists: obs.ResourceExists, UpToDate: obs.ResourceUpToDate, Late: obs.ResourceLateInitialized,
				ExternalName: meta.GetExternalName(tc.args), Diff: obs.Diff, Ready: tc.args.GetCondition(xpv2.TypeReady).Reason,
			}
			if err != nil {
				got.Error = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nObserve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// made are the ENIs with our mark that were made here.
func made(s *ec2emulator.Server) int {
	return len(s.ENIs(func(n ec2emulator.NetworkInterface) bool { return n.ID != "eni-ours" && n.Tags[eni.TagUID] == uid }))
}

func TestCreate(t *testing.T) {
	type want struct {
		Made   int
		Subnet v1alpha1.SubnetID // in the spec
		Error  string
	}
	cases := map[string]struct {
		reason string
		args   *v1alpha1.NetworkInterface
		faults []ec2emulator.Fault
		want   want
	}{
		"Created": {
			reason: "An ENI is made with its mark, and its id is written down.",
			args:   managedENI(),
			want:   want{Made: 1, Subnet: "subnet-1"},
		},
		"SubnetByName": {
			reason: "The error for a name that matches subnets in two zones states how to choose.",
			args: managedENI(func(mg *v1alpha1.NetworkInterface) {
				mg.Spec.ForProvider.SubnetID, mg.Spec.ForProvider.SubnetSelector = nil, &v1alpha1.SubnetSelector{Name: new("data")}
			}),
			want: want{Error: "subnetSelector matches several subnets: subnet-1 (us-east-1a), subnet-2 (us-east-1b); add tags or availabilityZone until it matches one"},
		},
		"SubnetByNameAndZone": {
			reason: "A name and a zone select one subnet, which is recorded in the spec together with the id.",
			args: managedENI(func(mg *v1alpha1.NetworkInterface) {
				mg.Spec.ForProvider.SubnetID = nil
				mg.Spec.ForProvider.SubnetSelector = &v1alpha1.SubnetSelector{Name: new("data"), AvailabilityZone: new("us-east-1b")}
			}),
			want: want{Made: 1, Subnet: "subnet-2"},
		},
		"SubnetNotInitialized": {
			reason: "The subnet is not recorded in the spec if the management policies do not allow it.",
			args: managedENI(func(mg *v1alpha1.NetworkInterface) {
				mg.Spec.ForProvider.SubnetID = nil
				mg.Spec.ForProvider.SubnetSelector = &v1alpha1.SubnetSelector{Name: new("data"), AvailabilityZone: new("us-east-1b")}
				mg.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionCreate, xpv2.ManagementActionUpdate, xpv2.ManagementActionDelete}
			}),
			want: want{Made: 1},
		},
		"NoSubnetInZone": {
			reason: "A zone without a matching subnet is reported with the zones that have one.",
			args: managedENI(func(mg *v1alpha1.NetworkInterface) {
				mg.Spec.ForProvider.SubnetID = nil
				mg.Spec.ForProvider.SubnetSelector = &v1alpha1.SubnetSelector{Name: new("data"), AvailabilityZone: new("us-east-1c")}
			}),
			want: want{Error: `subnetSelector matches no subnet in zone "us-east-1c", only subnet-1 (us-east-1a), subnet-2 (us-east-1b)`},
		},
		"NoSubnet": {
			reason: "A subnet that does not exist is named.",
			args: managedENI(func(mg *v1alpha1.NetworkInterface) {
				mg.Spec.ForProvider.SubnetID = ptr.To(v1alpha1.SubnetID("subnet-9"))
			}),
			want: want{Subnet: "subnet-9", Error: `subnet "subnet-9" does not exist in region "us-east-1": correct spec.forProvider.subnetId`},
		},
		"Refused": {
			reason: "EC2's error is returned with the subnet and EC2's code.",
			args:   managedENI(),
			faults: []ec2emulator.Fault{{Action: "CreateNetworkInterface", Code: "InsufficientFreeAddressesInSubnet", Message: "No address."}},
			want:   want{Subnet: "subnet-1", Error: `cannot create network interface in subnet "subnet-1": InsufficientFreeAddressesInSubnet: No address`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, c := region(t)
			for _, f := range tc.faults {
				s.Inject(f)
			}
			_, err := (&external{ec2: c, cluster: "c"}).Create(t.Context(), tc.args)
			got := want{Made: made(s), Subnet: ptr.Deref(tc.args.Spec.ForProvider.SubnetID, "")}
			if err != nil {
				got.Error = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nCreate(...): -want, +got:\n%s", tc.reason, diff)
			}
			if id := meta.GetExternalName(tc.args); (err == nil) != strings.HasPrefix(id, "eni-") {
				t.Errorf("\n%s\nCreate(...): external name %q", tc.reason, id)
			}
		})
	}
}

// However a create is interrupted, repeating it makes one ENI.
func TestCreateAgain(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   func(*v1alpha1.NetworkInterface)
	}{
		"Same":    {reason: "A create whose answer was lost is repeated and makes no second ENI.", args: func(*v1alpha1.NetworkInterface) {}},
		"Changed": {reason: "A create whose answer was lost, and whose spec has changed since, makes no second ENI.", args: func(mg *v1alpha1.NetworkInterface) { mg.Spec.ForProvider.Description = new("changed") }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, c := region(t)
			first, second := managedENI(), managedENI(tc.args)
			first.UID, second.UID = "other", "other"
			count := func() int {
				return len(s.ENIs(func(n ec2emulator.NetworkInterface) bool { return n.Tags[eni.TagUID] == "other" }))
			}
			s.Inject(ec2emulator.Fault{Action: "CreateNetworkInterface", Nth: 1, LoseResponse: true})
			if _, err := (&external{ec2: c, stopwatch: managedresource.NewStopwatch(time.Now)}).Create(t.Context(), first); err == nil {
				t.Fatal("the answer was not lost")
			}
			if _, err := (&external{ec2: c, stopwatch: managedresource.NewStopwatch(time.Now)}).Create(t.Context(), second); err != nil {
				t.Errorf("\n%s\nCreate(...): %s", tc.reason, err)
			}
			if diff := cmp.Diff(1, count()); diff != "" {
				t.Errorf("\n%s\nCreate(...): ENIs: -want, +got:\n%s", tc.reason, diff)
			}
			if meta.GetExternalName(second) == "" {
				t.Errorf("\n%s\nCreate(...): the id was not written down", tc.reason)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	s, c := region(t)
	mg := managedENI(named("eni-free"), func(mg *v1alpha1.NetworkInterface) {
		p := &mg.Spec.ForProvider
		p.Description, p.SourceDestCheck, p.PrivateIPsCount, p.Tags = new("mine"), new(false), new(int32(2)), map[string]string{"team": "net"}
		p.SecurityGroupSelector = &v1alpha1.SecurityGroupSelector{Names: []string{"web"}}
	})
	var recorded []string
	e := &external{ec2: c, stopwatch: managedresource.NewStopwatch(time.Now), kube: &test.MockClient{MockStatusUpdate: func(_ context.Context, o client.Object, _ ...client.SubResourceUpdateOption) error {
		recorded = o.(*v1alpha1.NetworkInterface).Status.AtProvider.ManagedTagKeys
		if n := s.Count(ec2emulator.ByAction("CreateTags")); n > 0 {
			t.Errorf("\nKeys are written down before the tags are set, not after %d calls.", n)
		}
		return nil
	}}}
	if _, err := e.Observe(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Update(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(recorded, "team") {
		t.Errorf("\nThe key of a tag that is set is written down as ours: %v", recorded)
	}
	obs, err := (&external{ec2: c, stopwatch: managedresource.NewStopwatch(time.Now)}).Observe(t.Context(), mg)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("", obs.Diff); diff != "" {
		t.Errorf("\nCorrected drift is not returned again.\nUpdate(...): -want, +got:\n%s", diff)
	}
	s.Inject(ec2emulator.Fault{Action: "ModifyNetworkInterfaceAttribute", Code: "UnauthorizedOperation", Message: "No."})
	mg.Spec.ForProvider.Description = new("other")
	_, err = e.Update(t.Context(), mg)
	if err == nil || err.Error() != `cannot set description of network interface "eni-free": UnauthorizedOperation: No` {
		t.Errorf("\nWhat cannot be corrected is named.\nUpdate(...): %v", err)
	}
}

func TestDelete(t *testing.T) {
	type want struct {
		Deleted          bool
		StaleObservation bool
		Error            string
	}
	cases := map[string]struct {
		reason string
		args   string
		faults []ec2emulator.Fault
		want   want
	}{
		"Free":     {reason: "An ENI that is attached to nothing is deleted.", args: "eni-free", want: want{Deleted: true}},
		"Attached": {reason: "An ENI that is still attached waits quietly: detaching comes first.", args: "eni-used"},
		"NotOurs":  {reason: "An ENI of an AWS service is never deleted, and the error states how to delete the object.", args: "eni-lb", want: want{Error: "network interface eni-lb is managed by an AWS service (requester amazon-elb): to delete this object and keep the network interface, remove Delete from spec.managementPolicies"}},
		"GoneNow":  {reason: "An ENI that another actor has just deleted counts as deleted.", args: "eni-free", faults: []ec2emulator.Fault{{Action: "DeleteNetworkInterface", Code: "InvalidNetworkInterfaceID.NotFound"}}},
		"UsedNow":  {reason: "An ENI that was attached since Observe is retried without an error.", args: "eni-free", faults: []ec2emulator.Fault{{Action: "DeleteNetworkInterface", Code: "InvalidNetworkInterface.InUse"}}, want: want{StaleObservation: true}},
		"Refused":  {reason: "EC2's error is returned with the ENI and EC2's code.", args: "eni-free", faults: []ec2emulator.Fault{{Action: "DeleteNetworkInterface", Code: "OperationNotPermitted", Message: "No."}}, want: want{Error: `cannot delete network interface "eni-free": OperationNotPermitted: No`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, c := region(t)
			mg := managedENI(named(tc.args), deleted)
			e := &external{ec2: c, stopwatch: managedresource.NewStopwatch(time.Now)}
			if _, err := e.Observe(t.Context(), mg); err != nil {
				t.Fatal(err)
			}
			for _, f := range tc.faults {
				s.Inject(f)
			}
			_, err := e.Delete(t.Context(), mg)
			got := want{Deleted: len(s.ENIs(func(n ec2emulator.NetworkInterface) bool { return n.ID == tc.args && !n.DeletedAt.IsZero() })) == 1}
			got.StaleObservation = managedresource.IsStaleObservation(err)
			if err != nil && !got.StaleObservation {
				got.Error = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nDelete(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestInterruptedCreate deletes an object whose create was interrupted by a crash,
// while EC2 does not return its ENI yet.
func TestInterruptedCreate(t *testing.T) {
	s, cl := region(t)
	object := func(pending time.Time) *v1alpha1.NetworkInterface {
		return managedENI(deleted, func(mg *v1alpha1.NetworkInterface) {
			mg.UID = "cut-short"
			meta.SetExternalCreatePending(mg, pending)
		})
	}
	clock := time.Now()
	watch := managedresource.NewStopwatch(func() time.Time { return clock })
	e := &external{ec2: cl, stopwatch: watch}
	mg := object(time.Now())
	if o, err := e.Observe(t.Context(), mg); err != nil || !o.ResourceExists {
		t.Fatalf("the object may not go while EC2 may still show an ENI: %+v, %v", o, err)
	}
	if _, err := e.Delete(t.Context(), mg); err != nil {
		t.Fatal(err)
	}

	shown, err := s.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: "subnet-1", Tags: map[string]string{eni.TagUID: "cut-short"}})
	if err != nil {
		t.Fatal(err)
	}
	if o, err := e.Observe(t.Context(), mg); err != nil || !o.ResourceExists {
		t.Fatalf("an ENI that is shown is found by its mark: %+v, %v", o, err)
	}
	if _, err := e.Delete(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	if n, ok := s.NetworkInterface(shown.ID); ok && ec2emulator.Exists(n) {
		t.Error("the ENI is left")
	}
	restarted := observing(t, s, nil)
	restarted.stopwatch = managedresource.NewStopwatch(time.Now)
	meta.RemoveAnnotations(mg, meta.AnnotationKeyExternalName)            // recorded in the status alone,
	meta.SetExternalCreatePending(mg, time.Now())                         // as is the end of the create,
	meta.RemoveAnnotations(mg, meta.AnnotationKeyExternalCreateSucceeded) // in an object that is being deleted
	if o, err := restarted.Observe(t.Context(), mg); err != nil || o.ResourceExists {
		t.Errorf("the object whose ENI was found and deleted is released, after a restart too: %+v, %v", o, err)
	}

	later := object(clock.Add(-2 * timings.Default().VisibleWithin))
	for _, want := range []bool{true, false} { // first observed now, however old it claims to be
		if o, err := (&external{ec2: cl, stopwatch: watch}).Observe(t.Context(), later); err != nil || o.ResourceExists != want {
			t.Errorf("an ENI that is not returned for a minute was not created: %+v, %v, want it waited for: %t", o, err, want)
		}
		clock = clock.Add(timings.Default().VisibleWithin)
	}

	again := managedENI(func(mg *v1alpha1.NetworkInterface) {
		mg.UID = "cut-short-again"
		meta.SetExternalCreatePending(mg, time.Now())
	})
	connect := managed.TypedExternalConnectorFn[*v1alpha1.NetworkInterface](func(context.Context, *v1alpha1.NetworkInterface) (managed.TypedExternalClient[*v1alpha1.NetworkInterface], error) {
		return e, nil
	})
	guarded, err := managedresource.WithBackoff(connect, managedresource.NewBackoffTracker(timings.Default()), attached).Connect(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	if o, err := guarded.Observe(t.Context(), again); err != nil || o.ResourceExists {
		t.Fatalf("it is created once more, by the same token: %+v, %v", o, err)
	}
	meta.SetExternalCreatePending(again, time.Now().Add(time.Second))
	meta.SetExternalCreateFailed(again, time.Now().Add(2*time.Second))
	deleted(again)
	if o, err := guarded.Observe(t.Context(), again); err != nil || !o.ResourceExists {
		t.Errorf("a failed create does not settle the interrupted one: %+v, %v", o, err)
	}
}
