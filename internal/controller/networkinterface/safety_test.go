// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// handled carries calls to an emulator without a network.
type handled struct{ http.Handler }

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// observing returns an external client of a region, with objects in the API server.
func observing(t *testing.T, s *ec2emulator.Server, objects []client.Object, o ...ec2.ClientOption) *external {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.SchemeBuilder.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
	api := awsec2.New(awsec2.Options{
		Region: "us-east-1", BaseEndpoint: new("http://ec2.example"), HTTPClient: &http.Client{Transport: handled{s}}, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
	})
	cl := ec2.NewClient(api, "us-east-1", append([]ec2.ClientOption{ec2.WithSnapshot(ec2.OwnershipTags{OwnerTag: eni.TagUID}, time.Millisecond)}, o...)...)
	return &external{kube: kube, cached: kube, uncached: kube, ec2: cl, cluster: "c"}
}

// TestObserveForSafety observes objects for which a wrong decision would cost an ENI,
// or make a second one.
func TestObserveForSafety(t *testing.T) {
	created := func(ago time.Duration) func(mg *v1alpha1.NetworkInterface) {
		return func(mg *v1alpha1.NetworkInterface) { mg.CreationTimestamp = metav1.NewTime(time.Now().Add(-ago)) }
	}
	madeFor := func(instance string) func(mg *v1alpha1.NetworkInterface) {
		return func(mg *v1alpha1.NetworkInterface) {
			meta.AddAnnotations(mg, map[string]string{networkingv1alpha1.AnnotationInstanceID: instance})
		}
	}
	seenIn := func(subnet string) func(mg *v1alpha1.NetworkInterface) {
		return func(mg *v1alpha1.NetworkInterface) {
			mg.Status.AtProvider.ID, mg.Status.AtProvider.SubnetID = "eni-9", subnet
		}
	}
	attachedTo := func(instance string) func(mg *v1alpha1.NetworkInterface) {
		return func(mg *v1alpha1.NetworkInterface) {
			mg.Status.AtProvider.Attachment = &v1alpha1.NetworkInterfaceAttachmentState{InstanceID: instance, DeleteOnTermination: new(true)}
		}
	}
	createdIn := func(account string) func(mg *v1alpha1.NetworkInterface) {
		return func(mg *v1alpha1.NetworkInterface) {
			mg.Status.AtProvider.AccountID, mg.Status.AtProvider.Region = account, "us-east-1"
		}
	}
	withoutCreate := func(mg *v1alpha1.NetworkInterface) {
		mg.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionDelete}
	}
	confirmed := func(id string) func(mg *v1alpha1.NetworkInterface) {
		return func(mg *v1alpha1.NetworkInterface) {
			meta.AddAnnotations(mg, map[string]string{networkingv1alpha1.AnnotationConfirmDeleted: id})
		}
	}
	accepted := func(mg *v1alpha1.NetworkInterface) {
		mg.Status.AtProvider.DeleteAcceptedTime = new(metav1.Now())
	}
	adoptable := func(ids ...string) []ec2emulator.NetworkInterface {
		var out []ec2emulator.NetworkInterface
		for _, id := range ids {
			out = append(out, ec2emulator.NetworkInterface{ID: id, SubnetID: "subnet-1", Tags: map[string]string{eni.TagAdopt: "ns/eni"}})
		}
		return out
	}
	foreign := ec2emulator.NetworkInterface{ID: "eni-foreign", SubnetID: "subnet-1", Tags: map[string]string{eni.TagUID: "other", eni.TagObject: "other/ni"}}
	other := &v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "other", Name: "ni", UID: "other"}}

	type want struct {
		Exists       bool
		ExternalName string
		Ready        xpv2.ConditionReason
		CreatedIn    string
		Error        string
	}
	cases := map[string]struct {
		reason     string
		args       *v1alpha1.NetworkInterface
		enis       []ec2emulator.NetworkInterface
		objects    []client.Object
		claims     []string
		times      int    // of Observe; 0: once
		terminated string // an instance
		want       want
	}{
		"New":             {reason: "The place of a create is recorded before it.", args: managedENI(created(time.Second)), want: want{CreatedIn: "/us-east-1"}},
		"Restored":        {reason: "An old object without an external name may come from a backup: its ENI is found by its tag.", args: managedENI(created(time.Hour)), want: want{Exists: true, ExternalName: "eni-ours", Ready: xpv2.ReasonAvailable}},
		"OfOther":         {reason: "The ENI of another object is only observed.", args: managedENI(named("eni-foreign")), enis: []ec2emulator.NetworkInterface{foreign}, objects: []client.Object{other}, want: want{Exists: true, ExternalName: "eni-foreign", Ready: networkingv1alpha1.ReasonNotOurs}},
		"OfOtherDeleting": {reason: "It is not deleted with this object.", args: managedENI(named("eni-foreign"), deleted), enis: []ec2emulator.NetworkInterface{foreign}, objects: []client.Object{other}, want: want{ExternalName: "eni-foreign"}},
		"OfDeleted":       {reason: "An ENI whose object was deleted is taken over by the object that names it.", args: managedENI(named("eni-foreign")), enis: []ec2emulator.NetworkInterface{{ID: "eni-foreign", SubnetID: "subnet-1", Tags: map[string]string{eni.TagUID: "other", eni.TagObject: "ns/gone"}}}, want: want{Exists: true, ExternalName: "eni-foreign", Ready: xpv2.ReasonAvailable}},
		"OfDeletedOther":  {reason: "An object of another namespace is not found.", args: managedENI(named("eni-foreign")), enis: []ec2emulator.NetworkInterface{foreign}, want: want{Exists: true, ExternalName: "eni-foreign", Ready: networkingv1alpha1.ReasonNotOurs}},

		"Adopt":         {reason: "The ENI that a user has tagged for the object is taken over.", args: managedENI(created(time.Second)), enis: adoptable("eni-a"), want: want{Exists: true, ExternalName: "eni-a", Ready: xpv2.ReasonAvailable}},
		"AdoptDeleting": {reason: "An object that is being deleted takes over nothing.", args: managedENI(created(time.Second), deleted), enis: adoptable("eni-a")},
		"AdoptTwo":      {reason: "If two ENIs match, none is chosen.", args: managedENI(created(time.Second)), enis: adoptable("eni-a", "eni-b"), want: want{Error: "2 network interfaces carry the tag networking.k8s.aws/adopt=ns/eni, eni-a and eni-b among them: leave it on one"}},

		"InstanceNotReturned": {reason: "An instance that EC2 does not return does not prove that its ENI was deleted.", args: managedENI(named("eni-9"), madeFor("i-9"), deleted), want: want{Exists: true, ExternalName: "eni-9"}},
		"AccountUnknown": {
			reason: "An ENI that EC2 does not return proves nothing where the account is not known.", args: managedENI(named("eni-9"), seenIn("subnet-1"), createdIn("123456789012"), deleted),
			want: want{ExternalName: "eni-9", Error: "created in account 123456789012, region us-east-1, and the account of the provider config's credentials is not known: nothing is changed until STS GetCallerIdentity works or EC2 returns network interfaces of this cluster (STS returned no identity)"},
		},
		"AccountUnknownConfirmed": {reason: "A user's confirmation does.", args: managedENI(named("eni-9"), seenIn("subnet-1"), createdIn("123456789012"), confirmed("eni-9"), deleted), want: want{ExternalName: "eni-9"}},
		"AccountUnknownAccepted":  {reason: "A deletion that EC2 accepted proves it too.", args: managedENI(named("eni-9"), seenIn("subnet-1"), createdIn("123456789012"), accepted, deleted), want: want{ExternalName: "eni-9"}},
		"AccountUnknownConfirmedAlive": {
			reason: "An object that is not being deleted creates nothing in an unknown account.", args: managedENI(named("eni-9"), seenIn("subnet-1"), createdIn("123456789012"), confirmed("eni-9")),
			want: want{ExternalName: "eni-9", Error: "created in account 123456789012, region us-east-1, and the account of the provider config's credentials is not known: nothing is changed until STS GetCallerIdentity works or EC2 returns network interfaces of this cluster (STS returned no identity)"},
		},
		"AttachedNotReturned":  {reason: "It does not prove that an ENI was deleted with it.", args: managedENI(named("eni-9"), seenIn("subnet-1"), attachedTo("i-9"), deleted), want: want{Exists: true, ExternalName: "eni-9"}},
		"WasAvailable":         {reason: "A terminated instance without the ENI proves nothing.", args: managedENI(named("eni-9"), madeFor("i-1"), seenIn("subnet-1"), deleted), terminated: "i-1", want: want{Exists: true, ExternalName: "eni-9"}},
		"WasAttached":          {reason: "An ENI that is deleted with its terminated instance is deleted.", args: managedENI(named("eni-9"), madeFor("i-1"), seenIn("subnet-1"), attachedTo("i-1"), deleted), terminated: "i-1", want: want{ExternalName: "eni-9"}},
		"MissingTwice":         {reason: "An ENI that is missing twice, among others, is created again.", args: managedENI(named("eni-9"), seenIn("subnet-1")), claims: []string{"eni-ours", "eni-free"}, times: 2, want: want{ExternalName: "eni-9", Ready: networkingv1alpha1.ReasonMissingInEC2, CreatedIn: "/us-east-1"}},
		"MissingNotCreate":     {reason: "Without the management policy, it is not created again, and the condition states so.", args: managedENI(named("eni-9"), seenIn("subnet-1"), withoutCreate), claims: []string{"eni-ours", "eni-free"}, times: 2, want: want{Exists: true, ExternalName: "eni-9", Ready: networkingv1alpha1.ReasonCreateNotAllowed}},
		"UnnamedNotCreate":     {reason: "An object that names no ENI gets none.", args: managedENI(created(time.Second), withoutCreate), want: want{Exists: true, Ready: networkingv1alpha1.ReasonCreateNotAllowed}},
		"MissingMany":          {reason: "Many that are missing at once are an outage: nothing is created.", args: managedENI(named("eni-9"), seenIn("subnet-1")), claims: []string{"eni-ours", "eni-7", "eni-8"}, times: 2, want: want{Exists: true, ExternalName: "eni-9", Ready: networkingv1alpha1.ReasonManyMissingInEC2}},
		"MissingManyDeleting":  {reason: "The object is not released either.", args: managedENI(named("eni-9"), seenIn("subnet-1"), deleted), claims: []string{"eni-ours", "eni-7", "eni-8"}, times: 2, want: want{Exists: true, ExternalName: "eni-9"}},
		"MissingOnly":          {reason: "The subnet of the only ENI of a cluster is its witness.", args: managedENI(named("eni-9"), seenIn("subnet-1"), deleted), times: 2, want: want{ExternalName: "eni-9"}},
		"MissingOnlyElsewhere": {reason: "Without its subnet the answers come from another place.", args: managedENI(named("eni-9"), seenIn("subnet-9"), deleted), times: 2, want: want{Exists: true, ExternalName: "eni-9"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, _ := region(t)
			if err := s.Seed(ec2emulator.Seed{NetworkInterfaces: tc.enis}); err != nil {
				t.Fatal(err)
			}
			if tc.terminated != "" {
				if err := s.SetInstanceState(tc.terminated, "terminated"); err != nil {
					t.Fatal(err)
				}
			}
			e := observing(t, s, tc.objects, ec2.WithAbsencePeriod(time.Millisecond), ec2.WithClaims(func(context.Context, ec2.Kind, ec2.Place) ([]string, error) { return tc.claims, nil }))
			got := want{}
			for range max(1, tc.times) {
				obs, err := e.Observe(t.Context(), tc.args)
				got = want{
					Exists: obs.ResourceExists, ExternalName: meta.GetExternalName(tc.args), Ready: tc.args.GetCondition(xpv2.TypeReady).Reason,
					CreatedIn: tc.args.GetAnnotations()[networkingv1alpha1.AnnotationCreatedIn],
				}
				if err != nil {
					got.Error = err.Error()
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nObserve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestDeletionAccepted deletes an ENI with a status that cannot be saved, as after a
// conflict.
func TestDeletionAccepted(t *testing.T) {
	s, _ := region(t)
	e := observing(t, s, nil)
	mg := managedENI(named("eni-ours"), deleted)
	if _, err := e.Observe(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Delete(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	mg.Status.AtProvider.DeleteAcceptedTime = nil
	obs, err := e.Observe(t.Context(), mg)
	if err != nil || obs.ResourceExists {
		t.Errorf("\nA deletion that EC2 accepted is proof without a record in the status.\nObserve(...): exists: %t, %v", obs.ResourceExists, err)
	}
}

func TestOwnerKeeps(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   xpv2.ManagementPolicies
		want   bool
	}{
		"All":      {reason: "An ENI that is deleted with its object is garbage without it.", args: xpv2.ManagementPolicies{xpv2.ManagementActionAll}},
		"Default":  {reason: "Also without management policies.", args: nil},
		"NoDelete": {reason: "An ENI that outlives its object is kept.", args: xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionCreate, xpv2.ManagementActionUpdate}, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := managedENI(func(mg *v1alpha1.NetworkInterface) { mg.Spec.ManagementPolicies = tc.args })
			_, tagged := (&external{cluster: "c"}).owner(mg).Tags(nil)[eni.TagKeep]
			if diff := cmp.Diff(tc.want, tagged); diff != "" {
				t.Errorf("\n%s\nTags(...): carries %s: -want, +got:\n%s", tc.reason, eni.TagKeep, diff)
			}
		})
	}
}
