// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"testing"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/changelogs"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestRejectedDeletion observes an object after EC2 rejected the deletion of its ENI.
func TestRejectedDeletion(t *testing.T) {
	mg := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{UID: "uid", DeletionTimestamp: new(metav1.Now())}}
	r := &rejectingClient{code: "UnauthorizedOperation", step: deleting, exists: true, upToDate: true}
	c := withBackoff(t, r)
	if _, err := c.Observe(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Delete(t.Context(), mg); err == nil {
		t.Fatal("the deletion was not rejected")
	}
	if _, err := c.Observe(t.Context(), mg); err == nil {
		t.Error("\nA rejected step is not repeated during its backoff.\nObserve(...): no error")
	}
}

// A creator creates an ENI through a client.
type creator struct {
	managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface]

	client *ec2.Client
}

func (c creator) Create(ctx context.Context, _ *ec2v1alpha1.NetworkInterface) (managed.ExternalCreation, error) {
	_, err := c.client.CreateNetworkInterface(ctx, &awsec2.CreateNetworkInterfaceInput{SubnetId: new("subnet-1"), ClientToken: new("token")})
	return managed.ExternalCreation{}, err
}

// TestUnansweredCreate loses EC2's response to a create, or has EC2 reject it.
func TestUnansweredCreate(t *testing.T) {
	cases := map[string]struct {
		reason string
		fault  ec2emulator.Fault
		want   bool
	}{
		"Lost":     {reason: "A create without a response may have created an ENI: it is recorded.", fault: ec2emulator.Fault{Action: "CreateNetworkInterface", LoseResponse: true}, want: true},
		"Rejected": {reason: "A create that EC2 rejected has no effect.", fault: ec2emulator.Fault{Action: "CreateNetworkInterface", Code: "UnauthorizedOperation"}},
		"Answered": {reason: "A create with a response is not recorded.", fault: ec2emulator.Fault{Action: "DeleteNetworkInterface", Code: "UnauthorizedOperation"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{UID: "uid"}}
			_, err := withBackoff(t, creator{client: faultyClient(t, tc.fault)}).Create(t.Context(), mg)
			if (err == nil) != (name == "Answered") {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, mg.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered] != ""); diff != "" {
				t.Errorf("\n%s\nCreate(...): recorded as unanswered: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestChangeDetails reads the additional details of a create for the change log.
func TestChangeDetails(t *testing.T) {
	cases := map[string]struct {
		reason string
		fault  ec2emulator.Fault
		want   map[string]bool // details that are not empty
	}{
		"Created":   {reason: "A change is logged with the actions that made it.", want: map[string]bool{changelogs.DetailCalls: true}},
		"Rejected":  {reason: "EC2's error is logged unchanged.", fault: ec2emulator.Fault{Action: "CreateNetworkInterface", Code: "UnauthorizedOperation"}, want: map[string]bool{changelogs.DetailCalls: true, changelogs.DetailError: true}},
		"Throttled": {reason: "A call that EC2 throttled changes nothing.", fault: ec2emulator.Fault{Action: "CreateNetworkInterface", Code: "RequestLimitExceeded"}, want: map[string]bool{changelogs.DetailError: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{UID: "uid"}}
			out, err := withBackoff(t, creator{client: faultyClient(t, tc.fault)}).Create(t.Context(), mg)
			if (err == nil) != (name == "Created") {
				t.Fatal(err)
			}
			got := map[string]bool{}
			for k, v := range out.AdditionalDetails {
				if v != "" {
					got[k] = true
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nCreate(...): details: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// faultyClient returns a client of an emulator that injects a fault, if it has an action.
func faultyClient(t *testing.T, f ec2emulator.Fault) *ec2.Client {
	t.Helper()
	s := ec2emulator.New(ec2emulator.Options{})
	t.Cleanup(s.Close)
	if err := s.Seed(ec2emulator.Seed{VPCs: []ec2emulator.VPC{{ID: "vpc-1"}}, Subnets: []ec2emulator.Subnet{{ID: "subnet-1", CIDR: "10.0.1.0/24"}}}); err != nil {
		t.Fatal(err)
	}
	if f.Action != "" {
		s.Inject(f)
	}
	url, err := s.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return clientOf(t, url)
}

// clientOf returns an EC2 client for an endpoint.
func clientOf(t *testing.T, url string) *ec2.Client {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, networkingv1alpha1.SchemeBuilder.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	var objects []client.Object
	objects = append(objects,
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "aws"}, Data: map[string][]byte{"credentials": []byte("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n")}},
		&networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: networkingv1alpha1.ProviderConfigSpec{
			Credentials: networkingv1alpha1.ProviderCredentials{
				Source:    networkingv1alpha1.CredentialsSourceSecret,
				SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: "system", Name: "aws"}, Key: "credentials"},
			},
			Endpoint: &networkingv1alpha1.EndpointConfig{URL: networkingv1alpha1.EndpointURL{Type: "Static", Static: url}},
		}}},
	)
	c, err := ec2.NewClients(fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).Build(), "us-east-1").
		Get(t.Context(), ec2.ConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "default"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
