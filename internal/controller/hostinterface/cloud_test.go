// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const (
	homeAccount  = "123456789012"
	otherAccount = "210987654321"
)

// newCloud returns an emulated EC2 and the cloud of a cluster c in it, of whose
// instances some are known by their ids. Two answers prove an absence at once.
func newCloud(t *testing.T, claims ...string) (*ec2emulator.Server, cloud) {
	t.Helper()
	s := ec2emulator.New(ec2emulator.Options{AttachDelay: -1, DetachDelay: time.Hour, InstanceDelay: time.Hour})
	t.Cleanup(s.Close)
	tags := func(uid, object string) map[string]string {
		return map[string]string{eni.TagCluster: "c", eni.TagUID: uid, eni.TagObject: object}
	}
	if err := s.Seed(ec2emulator.Seed{
		VPCs:      []ec2emulator.VPC{{ID: "vpc-1"}},
		Subnets:   []ec2emulator.Subnet{{ID: "subnet-1", CIDR: "10.0.1.0/24"}},
		Instances: []ec2emulator.Instance{{ID: "i-1", Type: "m5.4xlarge", SubnetID: "subnet-1"}, {ID: "i-2", Type: "m5.4xlarge", SubnetID: "subnet-1"}},
		NetworkInterfaces: []ec2emulator.NetworkInterface{
			{ID: "eni-1", SubnetID: "subnet-1", Tags: tags("uid-ni", "ns/ni"), Attachment: &ec2emulator.Attachment{ID: "eni-attach-1", InstanceID: "i-1", DeviceIndex: 1}},
			{ID: "eni-other", SubnetID: "subnet-1", Tags: tags("uid-other", "other/ni"), Attachment: &ec2emulator.Attachment{ID: "eni-attach-2", InstanceID: "i-1", DeviceIndex: 2}},
			{ID: "eni-leaving", SubnetID: "subnet-1", Tags: tags("uid-ni", "ns/ni"), Attachment: &ec2emulator.Attachment{ID: "eni-attach-3", InstanceID: "i-1", DeviceIndex: 3}},
			{ID: "eni-free", SubnetID: "subnet-1", Tags: tags("uid-ni", "ns/ni")},
		},
	}); err != nil {
		t.Fatal(err)
	}
	url, err := s.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	api := awsec2.New(awsec2.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", "")})
	if _, err := api.DetachNetworkInterface(t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: new("eni-attach-3")}); err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, ec2v1alpha1.SchemeBuilder.AddToScheme, v1alpha1.SchemeBuilder.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		&ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "ni", UID: "uid-ni"}},
		&ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "other", Name: "ni", UID: "uid-other"}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "aws"}, Data: map[string][]byte{"credentials": []byte("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n")}},
		&v1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: v1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: v1alpha1.ProviderConfigSpec{
			Credentials: v1alpha1.ProviderCredentials{
				Source:    v1alpha1.CredentialsSourceSecret,
				SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: "system", Name: "aws"}, Key: "credentials"},
			},
			Endpoint: &v1alpha1.EndpointConfig{URL: v1alpha1.EndpointURL{Type: "Static", Static: url}},
		}, HostNamespaces: &v1alpha1.NamespaceSelector{Names: []string{"ns"}}}},
	).Build()
	clients := ec2.NewClients(kube, "us-east-1", ec2.WithShare(1000),
		ec2.WithOwnershipTags(ec2.OwnershipTags{ClusterTag: eni.TagCluster, Cluster: "c", OwnerTag: eni.TagUID}, time.Millisecond),
		ec2.WithAbsenceCheck(func(context.Context, ec2.Kind, ec2.Place) ([]string, error) { return claims, nil }, time.Millisecond))
	return s, ec2Cloud{clients: clients, cached: kube, uncached: kube, cluster: "c"}
}

// attachmentIn is an attachment of the NetworkInterface ns/ni to i-1.
func attachmentIn(change ...func(a *ec2v1alpha1.NetworkInterfaceAttachment)) *ec2v1alpha1.NetworkInterfaceAttachment {
	a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "at", UID: "uid"}}
	a.SetProviderConfigReference(&xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: "default"})
	a.Spec.ForProvider.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: "ni"}
	a.Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{
		NetworkInterfaceID: "eni-1", AttachmentID: "eni-attach-1", InstanceID: "i-1", SubnetID: "subnet-1", AccountID: homeAccount, Region: "us-east-1",
	}
	for _, fn := range change {
		fn(a)
	}
	return a
}

// on has an attachment's status name an ENI, its attachment and an instance.
func on(id, attachment, instance string) func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
	return func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
		at := &a.Status.AtProvider
		at.NetworkInterfaceID, at.AttachmentID, at.InstanceID = id, attachment, instance
	}
}

// eniDeleted has an attachment's status contain no ENI, as after the proof of its deletion.
func eniDeleted(a *ec2v1alpha1.NetworkInterfaceAttachment) {
	a.Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{AccountID: homeAccount, Region: "us-east-1"}
}

// hostOf is a HostInterface with an ENI and an instance.
func hostOf(id, instance string) *v1alpha1.HostInterface {
	return &v1alpha1.HostInterface{Spec: v1alpha1.HostInterfaceSpec{NetworkInterfaceID: id, InstanceID: instance}}
}

func ofOtherAccount(a *ec2v1alpha1.NetworkInterfaceAttachment) {
	a.Status.AtProvider.AccountID = otherAccount
}

func TestLink(t *testing.T) {
	type want struct{ ENI, Instance, Subnet, Error string }
	cases := map[string]struct {
		reason string
		args   *ec2v1alpha1.NetworkInterfaceAttachment
		want   want
	}{
		"Attached":        {reason: "The ENI, its instance and its subnet are the ones in EC2's response.", args: attachmentIn(), want: want{ENI: "eni-1", Instance: "i-1", Subnet: "10.0.1.0/24"}},
		"InstanceForged":  {reason: "The instance that the status names is not read.", args: attachmentIn(on("eni-1", "eni-attach-1", "i-2")), want: want{ENI: "eni-1", Instance: "i-1", Subnet: "10.0.1.0/24"}},
		"Detaching":       {reason: "An ENI that is being detached is not prepared.", args: attachmentIn(on("eni-leaving", "eni-attach-3", "i-1"))},
		"Available":       {reason: "An ENI that is attached to nothing is not prepared.", args: attachmentIn(on("eni-free", "eni-attach-1", "i-1"))},
		"Unknown":         {reason: "An ENI that EC2 does not return is not prepared.", args: attachmentIn(on("eni-9", "eni-attach-1", "i-1"))},
		"OtherAttachment": {reason: "An ENI that another object has attached meanwhile is not prepared for this one.", args: attachmentIn(on("eni-1", "eni-attach-0", "i-1"))},
		"OtherObject":     {reason: "The ENI of another namespace is not prepared, whatever the status names.", args: attachmentIn(on("eni-other", "eni-attach-2", "i-1")), want: want{Error: "cannot prepare the interface on its host: network interface eni-other is managed by NetworkInterface other/ni"}},
		"OtherAccount":    {reason: "Another account's ENIs are not observed.", args: attachmentIn(ofOtherAccount), want: want{Error: "created in account 210987654321, region us-east-1, but the provider config resolves to account 123456789012, region us-east-1: nothing is changed until its credentials are of account 210987654321 again"}},
		"NoConfig":        {reason: "An attachment without a provider config has no client.", args: attachmentIn(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.SetProviderConfigReference(nil) }), want: want{Error: "spec.providerConfigRef is missing: name a ClusterProviderConfig or ProviderConfig"}},
	}
	_, c := newCloud(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l, err := c.Link(t.Context(), tc.args)
			got := want{}
			if err != nil {
				got.Error = err.Error()
			}
			if l != nil {
				got.ENI, got.Instance, got.Subnet = ptr.Deref(l.eni.NetworkInterfaceId, ""), ptr.Deref(l.eni.Attachment.InstanceId, ""), l.subnet.CIDR
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nLink(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestTerminated calls Terminated twice for an instance: two answers without
// it prove an absence here.
func TestTerminated(t *testing.T) {
	absent := on("eni-free", "eni-attach-1", "i-9")
	type want struct{ First, Second, Error bool }
	cases := map[string]struct {
		reason string
		args   *ec2v1alpha1.NetworkInterfaceAttachment
		host   *v1alpha1.HostInterface // of the attachment's status if nil
		state  string
		faults []ec2emulator.Fault
		unwell bool
		claims []string
		want   want
	}{
		"Running":      {reason: "A running instance is not terminated, even if its node is unwell.", args: attachmentIn(), unwell: true},
		"Stopped":      {reason: "A stopped instance is not terminated.", args: attachmentIn(), state: "stopped", unwell: true},
		"ShuttingDown": {reason: "An instance that is shutting down never runs again.", args: attachmentIn(), state: "shutting-down", want: want{First: true, Second: true}},
		"Terminated":   {reason: "A terminated instance is terminated.", args: attachmentIn(), state: "terminated", want: want{First: true, Second: true}},
		"AbsentWell":   {reason: "An instance that EC2 does not return is not terminated while its node is well.", args: attachmentIn(absent), claims: []string{"i-1", "i-2"}},
		"AbsentUnwell": {reason: "With its node unwell it is terminated when a second answer confirms it.", args: attachmentIn(absent), unwell: true, claims: []string{"i-1", "i-2"}, want: want{Second: true}},
		"AbsentMany":   {reason: "Many that are missing at once are an outage.", args: attachmentIn(absent), unwell: true, claims: []string{"i-1", "i-7", "i-8"}},
		"AbsentOnly":   {reason: "Another ENI of the cluster is the witness for its only instance.", args: attachmentIn(absent, func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Status.AtProvider.SubnetID = "subnet-9" }), unwell: true, want: want{Second: true}},
		"AbsentAttached": {
			reason: "An instance to which EC2 still attaches the ENI is not terminated.", args: attachmentIn(),
			faults: []ec2emulator.Fault{{Action: "DescribeInstances", OmitIDs: []string{"i-1"}}}, unwell: true, claims: []string{"i-2"},
		},
		"Confirmed": {
			reason: "The user may confirm that the instance is terminated.",
			args: attachmentIn(absent, func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				meta.AddAnnotations(a, map[string]string{v1alpha1.AnnotationConfirmDeleted: "i-9"})
			}),
			want: want{First: true, Second: true},
		},
		"ENIDeleted":        {reason: "EC2 deletes the ENI with its instance: the HostInterface has the instance.", args: attachmentIn(eniDeleted), host: hostOf("eni-9", "i-1"), state: "terminated", want: want{First: true, Second: true}},
		"ENIDeletedRunning": {reason: "An instance whose ENI is deleted is not terminated.", args: attachmentIn(eniDeleted), host: hostOf("eni-9", "i-1"), unwell: true},
		"ENIDeletedAbsent":  {reason: "An absence is proven for the instance of the HostInterface, too.", args: attachmentIn(eniDeleted), host: hostOf("eni-9", "i-9"), unwell: true, claims: []string{"i-1", "i-2"}, want: want{Second: true}},
		"StatusForged":      {reason: "The instance in the attachment's status is not read.", args: attachmentIn(on("eni-1", "eni-attach-1", "i-1")), host: hostOf("eni-1", "i-2"), state: "terminated"},
		"EarlierVersion":    {reason: "A HostInterface without instance belongs to the one in the attachment's status.", args: attachmentIn(), host: hostOf("eni-1", ""), state: "terminated", want: want{First: true, Second: true}},
		"NoInstance":        {reason: "An attachment that was never attached has no instance.", args: attachmentIn(on("eni-1", "", "")), unwell: true},
		"OtherAccount":      {reason: "Another account's answers prove nothing.", args: attachmentIn(absent, ofOtherAccount), unwell: true, claims: []string{"i-1", "i-2"}, want: want{Error: true}},
		"EC2Error":          {reason: "An error proves nothing.", args: attachmentIn(), faults: []ec2emulator.Fault{{Action: "DescribeInstances", Code: "UnauthorizedOperation"}}, unwell: true, want: want{Error: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, c := newCloud(t, tc.claims...)
			if tc.state != "" {
				if err := s.SetInstanceState("i-1", tc.state); err != nil {
					t.Fatal(err)
				}
			}
			for _, f := range tc.faults {
				s.Inject(f)
			}
			h := tc.host
			if h == nil {
				h = hostOf(tc.args.Status.AtProvider.NetworkInterfaceID, tc.args.Status.AtProvider.InstanceID)
			}
			first, err := c.Terminated(t.Context(), tc.args, h, tc.unwell)
			second, err2 := c.Terminated(t.Context(), tc.args, h, tc.unwell)
			if diff := cmp.Diff(tc.want, want{first, second, err != nil && err2 != nil}); diff != "" {
				t.Errorf("\n%s\nTerminated(...): -want, +got:\n%s\nerrors: %v, %v", tc.reason, diff, err, err2)
			}
		})
	}
}
