// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	stdcmp "cmp"
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// Instances: the first two run, the third is terminated, the fourth does not exist.
const (
	instance1 = "i-00000000000000001"
	instance2 = "i-00000000000000002"
	dead      = "i-00000000000000003"
	noSuch    = "i-00000000000000009"
)

// noon is when the tests' clocks begin.
var noon = time.Now().Truncate(time.Second)

// A harness is an external client with an emulated EC2, an API server and clocks.
type harness struct {
	*external

	ec2emu    *ec2emulator.Server
	api       *stuckAPI
	kube      client.Client
	clock     time.Time // of the day
	stopwatch time.Time // monotonic
	primary   string    // the primary ENI of instance1
}

// A stuckAPI is an EC2 that, once it is stuck, accepts each detach and ends none.
type stuckAPI struct {
	*awsec2.Client

	stuck  bool
	forced []bool // of the calls that it accepted
}

func (a *stuckAPI) DetachNetworkInterface(ctx context.Context, in *awsec2.DetachNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DetachNetworkInterfaceOutput, error) {
	if !a.stuck {
		return a.Client.DetachNetworkInterface(ctx, in, o...)
	}
	a.forced = append(a.forced, ptr.Deref(in.Force, false))
	return &awsec2.DetachNetworkInterfaceOutput{}, nil
}

func newHarness(t *testing.T, objects []client.Object, o ...ec2.ClientOption) *harness {
	t.Helper()
	s := ec2emulator.New(ec2emulator.Options{AttachDelay: -1, DetachDelay: time.Hour, InstanceDelay: -1})
	t.Cleanup(s.Close)
	tags := func(uid, object string) map[string]string {
		return map[string]string{eni.TagCluster: "c", eni.TagUID: uid, eni.TagObject: object}
	}
	at := func(id, instance string, index int) *ec2emulator.Attachment {
		return &ec2emulator.Attachment{ID: id, InstanceID: instance, DeviceIndex: index}
	}
	foreign := tags("uid-ni", "ns/ni")
	foreign[eni.TagCluster] = "d"
	if err := s.Seed(ec2emulator.Seed{
		VPCs:    []ec2emulator.VPC{{ID: "vpc-1"}},
		Subnets: []ec2emulator.Subnet{{ID: "subnet-1", CIDR: "10.0.1.0/24"}},
		Instances: []ec2emulator.Instance{
			{ID: instance1, Type: "m5.4xlarge", SubnetID: "subnet-1"},
			{ID: instance2, Type: "m5.4xlarge", SubnetID: "subnet-1"},
			{ID: dead, Type: "m5.4xlarge", SubnetID: "subnet-1"},
		},
		NetworkInterfaces: []ec2emulator.NetworkInterface{
			{ID: "eni-own", SubnetID: "subnet-1", Tags: tags("uid-ni", "ns/ni")},
			{ID: "eni-user", SubnetID: "subnet-1"},
			{ID: "eni-here", SubnetID: "subnet-1", Tags: tags("uid-ni", "ns/ni"), Attachment: at("eni-attach-here", instance1, 1)},
			{ID: "eni-elsewhere", SubnetID: "subnet-1", Tags: tags("uid-ni", "ns/ni"), Attachment: at("eni-attach-elsewhere", instance2, 1)},
			{ID: "eni-users", SubnetID: "subnet-1", Attachment: at("eni-attach-users", instance1, 2)},
			{ID: "eni-other", SubnetID: "subnet-1", Tags: tags("uid-other", "other/ni")},
			{ID: "eni-foreign", SubnetID: "subnet-1", Tags: foreign},
		},
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetInstanceState(dead, "terminated"); err != nil {
		t.Fatal(err)
	}
	url, err := s.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.SchemeBuilder.AddToScheme, networkingv1alpha1.SchemeBuilder.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	h := &harness{ec2emu: s, clock: noon, stopwatch: noon}
	h.kube = fake.NewClientBuilder().WithScheme(scheme).WithIndex(&v1alpha1.NetworkInterfaceAttachment{}, IndexExternalName, ByExternalName).WithObjects(
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}, Spec: corev1.NodeSpec{ProviderID: "aws:///us-east-1a/" + instance1}},
		interfaceOf("ns", "ni", "uid-ni", "eni-own"), interfaceOf("other", "ni", "uid-other", "eni-other"),
	).WithObjects(objects...).Build()
	h.api = &stuckAPI{Client: awsec2.New(awsec2.Options{
		Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
	})}
	cl := ec2.NewClient(h.api, "us-east-1", append([]ec2.ClientOption{ec2.WithSnapshot(ec2.OwnershipTags{OwnerTag: eni.TagUID}, time.Millisecond)}, o...)...)
	h.external = &external{
		kube: h.kube, uncached: h.kube, ec2: cl, cluster: "c", now: func() time.Time { return h.clock }, detachRetry: 10 * time.Minute,
		stopwatch: managedresource.NewStopwatch(func() time.Time { return h.stopwatch }), attached: prometheus.NewHistogram(prometheus.HistogramOpts{}),
		lost: newLostLinks(func() time.Time { return h.stopwatch }),
	}
	for _, n := range s.ENIs(func(n ec2emulator.NetworkInterface) bool {
		return n.Attachment != nil && n.Attachment.InstanceID == instance1 && n.Attachment.DeviceIndex == 0
	}) {
		h.primary = n.ID
	}
	return h
}

// interfaceOf is a NetworkInterface that stands for an ENI.
func interfaceOf(namespace, name, uid, id string, change ...func(n *v1alpha1.NetworkInterface)) *v1alpha1.NetworkInterface {
	n := &v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(uid), Labels: map[string]string{"app": "a"}}}
	meta.SetExternalName(n, id)
	for _, fn := range change {
		fn(n)
	}
	return n
}

type change = func(mg *v1alpha1.NetworkInterfaceAttachment)

// attachTo is the attachment of an ENI to instance1.
func attachTo(id string, changes ...change) *v1alpha1.NetworkInterfaceAttachment {
	mg := of(v1alpha1.NetworkInterfaceAttachmentParameters{InstanceID: new(instance1), MinDeviceIndex: new(int32(1))})
	mg.ObjectMeta = metav1.ObjectMeta{Namespace: "ns", Name: "at", UID: "uid-at", CreationTimestamp: metav1.NewTime(noon.Add(-time.Hour))}
	mg.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionAll}
	if id != "" {
		mg.Spec.ForProvider.NetworkInterfaceID = &id
	}
	for _, fn := range changes {
		fn(mg)
	}
	return mg
}

func named(name string) change {
	return func(mg *v1alpha1.NetworkInterfaceAttachment) { meta.SetExternalName(mg, name) }
}

func deleted(mg *v1alpha1.NetworkInterfaceAttachment) { mg.DeletionTimestamp = new(metav1.Now()) }

// referring refers to a NetworkInterface.
func referring(name string) change {
	return func(mg *v1alpha1.NetworkInterfaceAttachment) {
		mg.Spec.ForProvider.NetworkInterfaceID = nil
		mg.Spec.ForProvider.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: name}
	}
}

// recorded has the status record an attachment to an instance.
func recorded(instance string, deleteOnTermination bool) change {
	return func(mg *v1alpha1.NetworkInterfaceAttachment) {
		at := &mg.Status.AtProvider
		at.NetworkInterfaceID, at.AttachmentID, at.InstanceID, at.DeleteOnTermination = "eni-9", "eni-attach-9", instance, &deleteOnTermination
		at.SubnetID = "subnet-1"
	}
}

func inPlace(account, region string) change {
	return func(mg *v1alpha1.NetworkInterfaceAttachment) {
		mg.Status.AtProvider.AccountID, mg.Status.AtProvider.Region = account, region
	}
}

func annotated(key, value string) change {
	return func(mg *v1alpha1.NetworkInterfaceAttachment) { meta.AddAnnotations(mg, map[string]string{key: value}) }
}

func TestObserve(t *testing.T) {
	type want struct {
		Exists, UpToDate, Late bool
		ExternalName           string
		Ready                  xpv2.ConditionReason
		CreatedIn              string
		Error                  string
	}
	// quietly is the observation of an object that can only wait.
	quietly := func(name string, ready xpv2.ConditionReason) want {
		return want{Exists: true, UpToDate: true, ExternalName: name, Ready: ready}
	}
	accepted := func(id string, at *metav1.Time) func(n *v1alpha1.NetworkInterface) {
		return func(n *v1alpha1.NetworkInterface) {
			n.Status.AtProvider.ID, n.Status.AtProvider.DeleteAcceptedTime = id, at
		}
	}
	cases := map[string]struct {
		reason  string
		args    *v1alpha1.NetworkInterfaceAttachment
		objects []client.Object
		faults  []ec2emulator.Fault
		want    want
	}{
		"Available":      {reason: "An available ENI of the user is attached, and the place is recorded first.", args: attachTo("eni-user"), want: want{CreatedIn: "123456789012/us-east-1"}},
		"OwnByRef":       {reason: "The ENI is also its own if it is of the NetworkInterface that the attachment refers to.", args: attachTo("", referring("ni")), want: want{CreatedIn: "123456789012/us-east-1"}},
		"OtherNamespace": {reason: "The ENI of an object of another namespace is left alone.", args: attachTo("eni-other"), want: quietly("", networkingv1alpha1.ReasonNotOurs)},
		"OtherDeleting":  {reason: "Nothing of it is released with the attachment.", args: attachTo("eni-other", deleted)},
		"OtherCluster":   {reason: "An ENI of another cluster is left alone.", args: attachTo("eni-foreign"), want: quietly("", networkingv1alpha1.ReasonNotOurs)},
		"RefElsewhere": {
			reason: "A reference to another namespace is an error that states the solution.",
			args: attachTo("", referring("ni"), func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.Spec.ForProvider.NetworkInterfaceRef.Namespace = "other"
			}),
			want: want{Error: "spec.forProvider.networkInterfaceRef.namespace is other: only NetworkInterfaces of the attachment's own namespace, ns, can be attached; leave the field out, and create the attachment in namespace other"},
		},
		"Replaced": {
			reason: "An ENI that was made for an instance is not attached to the instance that has the node's name now.",
			args: attachTo("eni-user", annotated(networkingv1alpha1.AnnotationInstanceID, instance2), func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.Spec.ForProvider.InstanceID, mg.Spec.ForProvider.NodeName = nil, new("n1")
			}),
			want: quietly("", networkingv1alpha1.ReasonWaitingForInstance),
		},

		"Here":          {reason: "An attachment that the object recorded is its own.", args: attachTo("eni-here", named("eni-attach-here")), want: want{Exists: true, UpToDate: true, Late: true, ExternalName: "eni-attach-here", Ready: xpv2.ReasonAvailable}},
		"HereByRef":     {reason: "The object also owns the attachment of an owned ENI to the desired instance: the answer to its create was lost.", args: attachTo("", referring("here")), objects: []client.Object{interfaceOf("ns", "here", "uid-ni", "eni-here")}, want: want{Exists: true, UpToDate: true, Late: true, ExternalName: "eni-attach-here", Ready: xpv2.ReasonAvailable}},
		"Users":         {reason: "An attachment that the user made is left alone, though it is to the desired instance.", args: attachTo("eni-users"), want: quietly("", networkingv1alpha1.ReasonNotOurs)},
		"UsersDeleting": {reason: "It stays when the object is deleted.", args: attachTo("eni-users", deleted)},
		"Elsewhere":     {reason: "An ENI that is attached to another instance is left alone.", args: attachTo("", referring("there")), objects: []client.Object{interfaceOf("ns", "there", "uid-ni", "eni-elsewhere")}, want: quietly("", networkingv1alpha1.ReasonAttachedElsewhere)},
		"ElsewhereGone": {
			reason: "An attachment for a terminated instance names that, not where the ENI is.",
			args: attachTo("", referring("there"), func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.Spec.ForProvider.InstanceID = new(dead)
			}),
			objects: []client.Object{interfaceOf("ns", "there", "uid-ni", "eni-elsewhere")}, want: quietly("", networkingv1alpha1.ReasonInstanceGone),
		},
		"ElsewhereRecorded": {reason: "Also if the object recorded an earlier attachment.", args: attachTo("eni-elsewhere", named("eni-attach-9")), want: quietly("eni-attach-9", networkingv1alpha1.ReasonAttachedElsewhere)},
		"ElsewhereDeleting": {reason: "An object whose ENI was attached elsewhere is released without a detach.", args: attachTo("eni-elsewhere", named("eni-attach-9"), deleted), want: want{ExternalName: "eni-attach-9"}},

		"WrongAccount":   {reason: "An attachment of another account is neither changed nor released.", args: attachTo("eni-here", named("eni-attach-here"), inPlace("210987654321", "us-east-1")), want: want{ExternalName: "eni-attach-here", Error: "created in account 210987654321, region us-east-1, but the provider config resolves to account 123456789012, region us-east-1: nothing is changed until its credentials are of account 210987654321 again"}},
		"WrongRegion":    {reason: "An attachment of another region is not changed either.", args: attachTo("eni-here", named("eni-attach-here"), inPlace("123456789012", "eu-west-1"), deleted), want: want{ExternalName: "eni-attach-here", Error: "created in account 123456789012, region eu-west-1, but the provider config resolves to account 123456789012, region us-east-1: nothing is changed until it resolves to region eu-west-1 again (spec.forProvider.region, or the provider's --region)"}},
		"UnknownAccount": {reason: "An ENI that EC2 does not return proves nothing where the account is not known.", args: attachTo("eni-9", named("eni-attach-9"), recorded(instance1, false), inPlace("123456789012", "us-east-1"), deleted), want: want{ExternalName: "eni-attach-9", Error: "created in account 123456789012, region us-east-1, and the account of the provider config's credentials is not known: nothing is changed until STS GetCallerIdentity works or EC2 returns network interfaces of this cluster (STS returned no identity)"}},

		"UnknownAccountConfirmed": {reason: "A user's confirmation does.", args: attachTo("eni-9", named("eni-attach-9"), recorded(instance1, false), inPlace("123456789012", "us-east-1"), deleted, annotated(networkingv1alpha1.AnnotationConfirmDeleted, "eni-9")), want: want{ExternalName: "eni-attach-9"}},
		"UnknownAccountAccepted":  {reason: "A deletion that EC2 accepted proves it too.", args: attachTo("", referring("deleted-ni"), named("eni-attach-9"), recorded(instance1, false), inPlace("123456789012", "us-east-1"), deleted), objects: []client.Object{interfaceOf("ns", "deleted-ni", "uid-deleted", "eni-9", accepted("eni-9", new(metav1.Now())))}, want: want{ExternalName: "eni-attach-9"}},

		"NotCreate":        {reason: "A detached ENI is not attached without the management policy, and the condition states so.", args: attachTo("eni-user", observing), want: quietly("", networkingv1alpha1.ReasonCreateNotAllowed)},
		"NotCreateMissing": {reason: "An ENI that does not exist is reported in the same way.", args: attachTo("eni-9", observing), want: quietly("", networkingv1alpha1.ReasonCreateNotAllowed)},
		"NotCreateUnnamed": {reason: "An attachment without an ENI is reported in the same way.", args: attachTo("", observing), want: quietly("", networkingv1alpha1.ReasonCreateNotAllowed)},
		"NotLateInitialized": {reason: "The external name is saved without late initialization.", args: attachTo("eni-here", named("eni-here"), func(mg *v1alpha1.NetworkInterfaceAttachment) {
			mg.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionCreate}
		}), objects: []client.Object{attachTo("eni-here", named("eni-here"))}, want: want{Exists: true, UpToDate: true, Late: true, ExternalName: "eni-attach-here", Ready: xpv2.ReasonAvailable}},

		"NeverThere":           {reason: "An ENI that does not exist yet is waited for.", args: attachTo("eni-9"), want: quietly("", networkingv1alpha1.ReasonWaitingForNetworkInterface)},
		"Missing":              {reason: "An attached ENI that one answer of EC2 does not contain may exist.", args: attachTo("eni-9", named("eni-attach-9"), recorded(instance1, false)), want: quietly("eni-attach-9", networkingv1alpha1.ReasonMissingInEC2)},
		"MissingDeleting":      {reason: "One such response does not release the object.", args: attachTo("eni-9", named("eni-attach-9"), recorded(instance1, false), deleted), want: quietly("eni-attach-9", "")},
		"MissingUnrecorded":    {reason: "Also if no status records the attachment.", args: attachTo("eni-9", named("eni-attach-9"), deleted), want: quietly("eni-attach-9", "")},
		"Confirmed":            {reason: "The user may confirm that the ENI was deleted.", args: attachTo("eni-9", named("eni-attach-9"), recorded(instance1, false), deleted, annotated(networkingv1alpha1.AnnotationConfirmDeleted, "eni-9")), want: want{ExternalName: "eni-attach-9"}},
		"ConfirmedOther":       {reason: "A confirmation for another ENI confirms nothing.", args: attachTo("eni-9", named("eni-attach-9"), recorded(instance1, false), deleted, annotated(networkingv1alpha1.AnnotationConfirmDeleted, "eni-8")), want: quietly("eni-attach-9", "")},
		"DeletedWithInstance":  {reason: "An ENI that is deleted with its terminated instance is deleted.", args: attachTo("eni-9", named("eni-attach-9"), recorded(dead, true), deleted), want: want{ExternalName: "eni-attach-9"}},
		"OutlivesInstance":     {reason: "An ENI that outlives its instance is not.", args: attachTo("eni-9", named("eni-attach-9"), recorded(dead, false), deleted), want: quietly("eni-attach-9", "")},
		"InstanceNotReturned":  {reason: "An instance that EC2 does not return proves nothing.", args: attachTo("eni-9", named("eni-attach-9"), recorded(noSuch, true), deleted), want: quietly("eni-attach-9", "")},
		"DeletedByObject":      {reason: "An ENI whose deletion EC2 accepted is deleted.", args: attachTo("", referring("deleted-ni"), named("eni-attach-9"), recorded(instance1, false), deleted), objects: []client.Object{interfaceOf("ns", "deleted-ni", "uid-deleted", "eni-9", accepted("eni-9", new(metav1.Now())))}, want: want{ExternalName: "eni-attach-9"}},
		"DeletedByObjectOther": {reason: "The accepted deletion of another ENI proves nothing about this one.", args: attachTo("", referring("deleted-ni"), named("eni-attach-9"), recorded(instance1, false), deleted), objects: []client.Object{interfaceOf("ns", "deleted-ni", "uid-deleted", "eni-9", accepted("eni-8", new(metav1.Now())))}, want: quietly("eni-attach-9", "")},
		"NotDeletedByObject":   {reason: "An ENI of which EC2 accepted no deletion may exist.", args: attachTo("", referring("deleted-ni"), named("eni-attach-9"), recorded(instance1, false), deleted), objects: []client.Object{interfaceOf("ns", "deleted-ni", "uid-deleted", "eni-9", accepted("eni-9", nil))}, want: quietly("eni-attach-9", "")},

		"NotShownYet":      {reason: "An object that has just attached waits until EC2 shows it, to detach it.", args: attachTo("eni-own", named("eni-attach-9"), attachedJustNow, deleted), want: quietly("eni-attach-9", xpv2.ReasonCreating)},
		"NotShownYetError": {reason: "An error of EC2 does not end the wait.", args: attachTo("eni-own", named("eni-attach-9"), attachedJustNow, deleted), faults: []ec2emulator.Fault{{Action: "DescribeInstances", Code: "UnauthorizedOperation"}}, want: quietly("eni-attach-9", xpv2.ReasonCreating)},
		"NeverShown": {
			reason: "The attachment to a terminated instance is never shown.",
			args: attachTo("eni-own", named("eni-attach-9"), attachedJustNow, deleted, func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.Spec.ForProvider.InstanceID = new(dead)
			}),
			want: want{ExternalName: "eni-attach-9"},
		},

		"InterruptedDetached": {
			reason: "The attachment of an interrupted create is not waited for once it was observed and detached.",
			args: attachTo("eni-own", attachedBefore, deleted, func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.Status.AtProvider.AttachmentID, mg.Status.AtProvider.DetachRequestTime = "eni-attach-9", &metav1.Time{Time: noon}
			}),
		},

		"Newer": {
			reason: "The newer of two objects with the same attachment does not own it.",
			args:   attachTo("eni-here", named("eni-attach-here"), deleted),
			objects: []client.Object{attachTo("eni-here", named("eni-attach-here"), func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.Name, mg.UID, mg.CreationTimestamp = "older", "uid-older", metav1.NewTime(noon.Add(-2*time.Hour))
			})},
			want: want{ExternalName: "eni-attach-here"},
		},
		"Older": {
			reason: "The older one does.",
			args:   attachTo("eni-here", named("eni-attach-here"), deleted),
			objects: []client.Object{attachTo("eni-here", named("eni-attach-here"), func(mg *v1alpha1.NetworkInterfaceAttachment) {
				mg.Name, mg.UID, mg.CreationTimestamp = "newer", "uid-newer", metav1.NewTime(noon)
			})},
			want: want{Exists: true, UpToDate: true, Late: true, ExternalName: "eni-attach-here", Ready: xpv2.ReasonAvailable},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, tc.objects)
			for _, f := range tc.faults {
				h.ec2emu.Inject(f)
			}
			obs, err := h.Observe(t.Context(), tc.args)
			got := want{
				Exists: obs.ResourceExists, UpToDate: obs.ResourceUpToDate, Late: obs.ResourceLateInitialized, ExternalName: meta.GetExternalName(tc.args),
				Ready: tc.args.GetCondition(xpv2.TypeReady).Reason, CreatedIn: tc.args.GetAnnotations()[networkingv1alpha1.AnnotationCreatedIn],
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

// TestObserveDeletedENI observes attachments whose NetworkInterface was deleted after EC2
// accepted the deletion of an ENI.
func TestObserveDeletedENI(t *testing.T) {
	cases := map[string]struct {
		reason string
		id     string // of the attachment's ENI
		exists bool
	}{
		"Deleted": {reason: "The attachment ends with its ENI, although no NetworkInterface records the deletion any more.", id: "eni-own"},
		"Other":   {reason: "The deletion of another ENI proves nothing.", id: "eni-9", exists: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, nil)
			permit, refused := eni.Allow(eni.Actor{Cluster: "c", Namespace: "ns", Name: "ni", UID: "uid-ni"}, eni.ActionDelete, eni.Interface{
				ID: "eni-own", Tags: map[string]string{eni.TagCluster: "c", eni.TagUID: "uid-ni", eni.TagObject: "ns/ni"},
			})
			if refused != nil {
				t.Fatal(refused)
			}
			if _, err := h.ec2.Mutate(permit).DeleteNetworkInterface(t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: new("eni-own")}); err != nil {
				t.Fatal(err)
			}
			mg := attachTo("", referring("deleted-ni"), named("eni-attach-9"), recorded(instance1, false), deleted)
			mg.Status.AtProvider.NetworkInterfaceID = tc.id
			obs, err := h.Observe(t.Context(), mg)
			if err != nil || obs.ResourceExists != tc.exists {
				t.Errorf("\n%s\nObserve(...): exists: %t, %v, want %t", tc.reason, obs.ResourceExists, err, tc.exists)
			}
		})
	}
}

// observing sets management policies without Create.
func observing(mg *v1alpha1.NetworkInterfaceAttachment) {
	mg.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionDelete}
}

// attachedBefore records a create whose end no process has observed.
func attachedBefore(mg *v1alpha1.NetworkInterfaceAttachment) {
	meta.SetExternalCreatePending(mg, noon.Add(-time.Minute))
}

func attachedJustNow(mg *v1alpha1.NetworkInterfaceAttachment) {
	meta.SetExternalCreatePending(mg, noon.Add(-2*time.Second))
	meta.SetExternalCreateSucceeded(mg, noon.Add(-time.Second))
}

// TestObservePrimary observes the primary ENI of an instance.
func TestObservePrimary(t *testing.T) {
	h := newHarness(t, nil)
	mg := attachTo(h.primary, named(h.primary), deleted)
	obs, err := h.Observe(t.Context(), mg)
	if err != nil || !obs.ResourceExists {
		t.Errorf("\nAn object that names a primary ENI stays until the user decides.\nObserve(...): %+v, %v", obs, err)
	}
	_, err = h.Delete(t.Context(), mg)
	want := "cannot detach; to delete this object and keep the attachment, remove Delete from spec.managementPolicies: network interface " + h.primary + " is the primary network interface of instance " + instance1
	if err == nil || err.Error() != want || h.ec2emu.Count(ec2emulator.ByAction("DetachNetworkInterface")) > 0 {
		t.Errorf("\nA primary ENI is never detached, and the error states how to delete the object.\nDelete(...): %v", err)
	}
}

// TestObserveMissingAgain observes twice, over a minute as it were, an object whose
// ENI EC2 does not return.
func TestObserveMissingAgain(t *testing.T) {
	cases := map[string]struct {
		reason string
		claims []string
		args   *v1alpha1.NetworkInterfaceAttachment
		exists bool
		want   xpv2.ConditionReason
	}{
		"Deleting": {reason: "A second answer without the ENI, among others, releases the object.", claims: []string{"eni-own", "eni-here"}, args: attachTo("eni-9", named("eni-attach-9"), recorded(instance1, false), deleted)},
		"Outage":   {reason: "Many that are missing at once are an outage.", claims: []string{"eni-own", "eni-7", "eni-8"}, args: attachTo("eni-9", named("eni-attach-9"), recorded(instance1, false)), exists: true, want: networkingv1alpha1.ReasonManyMissingInEC2},
		"OutageDeleting": {
			reason: "An outage releases nothing.", claims: []string{"eni-own", "eni-7", "eni-8"},
			args: attachTo("eni-9", named("eni-attach-9"), recorded(instance1, false), deleted), exists: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, nil, ec2.WithAbsencePeriod(time.Millisecond), ec2.WithClaims(func(context.Context, ec2.Kind, ec2.Place) ([]string, error) { return tc.claims, nil }))
			var exists bool
			for range 2 {
				obs, err := h.Observe(t.Context(), tc.args)
				if err != nil {
					t.Fatal(err)
				}
				exists = obs.ResourceExists
			}
			if exists != tc.exists {
				t.Errorf("\n%s\nObserve(...): exists: %t", tc.reason, exists)
			}
			if diff := cmp.Diff(tc.want, tc.args.GetCondition(xpv2.TypeReady).Reason); diff != "" {
				t.Errorf("\n%s\nReady: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	selecting := func(mg *v1alpha1.NetworkInterfaceAttachment) {
		mg.Spec.ForProvider.NetworkInterfaceSelector = &xpv2.NamespacedSelector{MatchLabels: map[string]string{"app": "b"}}
	}
	labelled := func(n *v1alpha1.NetworkInterface) { n.Labels = map[string]string{"app": "b"} }
	leaving := func(n *v1alpha1.NetworkInterface) {
		n.Finalizers, n.DeletionTimestamp = []string{"a"}, new(metav1.Now())
	}
	cases := map[string]struct {
		reason  string
		objects []client.Object
		want    string
	}{
		"Own":     {reason: "The first match by name is chosen.", objects: []client.Object{interfaceOf("ns", "b", "uid-b", "eni-b", labelled), interfaceOf("ns", "a", "uid-a", "eni-a", labelled)}, want: "eni-a"},
		"Other":   {reason: "An object of another namespace never matches.", objects: []client.Object{interfaceOf("other", "a", "uid-a", "eni-a", labelled), interfaceOf("ns", "b", "uid-b", "eni-b", labelled)}, want: "eni-b"},
		"Leaving": {reason: "An object that is being deleted is not chosen.", objects: []client.Object{interfaceOf("ns", "a", "uid-a", "eni-a", labelled, leaving), interfaceOf("ns", "b", "uid-b", "eni-b", labelled)}, want: "eni-b"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, tc.objects)
			got, _, err := h.networkInterfaceID(t.Context(), attachTo("", selecting))
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("\n%s\nnetworkInterfaceID(...): %v, -want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestCreate(t *testing.T) {
	h := newHarness(t, nil)
	mg := attachTo("eni-own")
	if _, err := h.Observe(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Create(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	n, _ := h.ec2emu.NetworkInterface("eni-own")
	if n.Attachment == nil || n.Attachment.InstanceID != instance1 || n.Attachment.ID != meta.GetExternalName(mg) || n.Attachment.DeviceIndex != 3 {
		t.Errorf("\nThe ENI is attached at the first free index of the instance.\nCreate(...): %+v", n.Attachment)
	}
	if p := mg.Spec.ForProvider; ptr.Deref(p.DeviceIndex, 0) != 3 || ptr.Deref(p.MinDeviceIndex, 0) != 1 {
		t.Errorf("\nThe index is recorded together with the external name.\nCreate(...): deviceIndex %d, minDeviceIndex %d", ptr.Deref(p.DeviceIndex, 0), ptr.Deref(p.MinDeviceIndex, 0))
	}
	other := attachTo("eni-other")
	if _, err := h.Observe(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	_, err := h.Create(t.Context(), other)
	var refused *eni.RefusalError
	if n, _ := h.ec2emu.NetworkInterface("eni-other"); !errors.As(err, &refused) || n.Attachment != nil {
		t.Errorf("\nThe ENI of another object is not attached.\nCreate(...): %v, %+v", err, n.Attachment)
	}
}

// TestDelete detaches an ENI whose detach does not end, with clocks that a test
// sets.
func TestDelete(t *testing.T) {
	force := &networkingv1alpha1.DetachPolicy{Mode: v1alpha1.DetachForceAfter, After: &metav1.Duration{Duration: time.Minute}}
	graceful := &networkingv1alpha1.DetachPolicy{Mode: v1alpha1.DetachGraceful, After: &metav1.Duration{Duration: time.Minute}}
	type step struct{ day, monotonic time.Duration } // by which the clocks go on
	cases := map[string]struct {
		reason string
		policy *networkingv1alpha1.DetachPolicy
		steps  []step
		want   []bool // whether each call was forced
	}{
		"Once":     {reason: "A detach is requested once.", steps: []step{{}, {time.Second, time.Second}, {time.Minute, time.Minute}}, want: []bool{false}},
		"Again":    {reason: "A detach without effect is requested again after a while.", steps: []step{{}, {time.Second, time.Second}, {10 * time.Minute, 10 * time.Minute}}, want: []bool{false, false}},
		"Graceful": {reason: "Without the policy nothing is forced.", policy: graceful, steps: []step{{}, {time.Second, time.Second}, {2 * time.Minute, 2 * time.Minute}}, want: []bool{false}},
		"Forced":   {reason: "The policy forces a detach that has not ended in time, once.", policy: force, steps: []step{{}, {30 * time.Second, 30 * time.Second}, {31 * time.Second, 31 * time.Second}, {time.Minute, time.Minute}, {time.Hour, time.Hour}}, want: []bool{false, true}},
		"ClockSet": {reason: "A clock that is set forward forces nothing.", policy: force, steps: []step{{}, {time.Hour, time.Second}, {time.Hour, time.Second}}, want: []bool{false}},
		"SetBack":  {reason: "A clock that is set back does not keep a detach from being forced.", policy: force, steps: []step{{}, {-time.Hour, time.Second}, {0, time.Minute}}, want: []bool{false, true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, nil)
			mg := attachTo("eni-here", named("eni-attach-here"), deleted, func(mg *v1alpha1.NetworkInterfaceAttachment) { mg.Spec.ForProvider.DetachPolicy = tc.policy })
			if _, err := h.Observe(t.Context(), mg); err != nil {
				t.Fatal(err)
			}
			h.api.stuck = true
			for _, s := range tc.steps {
				h.clock, h.stopwatch = h.clock.Add(s.day), h.stopwatch.Add(s.monotonic)
				if _, err := h.Delete(t.Context(), mg); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tc.want, h.api.forced); diff != "" {
				t.Errorf("\n%s\nDelete(...): forced: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestObserveKeepsDetach observes an ENI whose detach was requested and forced.
func TestObserveKeepsDetach(t *testing.T) {
	h := newHarness(t, nil)
	requested, forced := metav1.NewTime(noon.Add(-2*time.Minute)), metav1.NewTime(noon.Add(-time.Minute))
	mg := attachTo("eni-here", named("eni-attach-here"), deleted, func(mg *v1alpha1.NetworkInterfaceAttachment) {
		mg.Status.AtProvider.DetachRequestTime, mg.Status.AtProvider.DetachForceTime = &requested, &forced
	})
	if _, err := h.Observe(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	at := mg.Status.AtProvider
	if at.DetachRequestTime == nil || at.DetachForceTime == nil {
		t.Errorf("\nThat a detach was requested and forced is kept while the object is deleted.\nObserve(...): %v, %v", at.DetachRequestTime, at.DetachForceTime)
	}
	// The object was attached again since: nothing was requested for this attachment.
	mg.DeletionTimestamp = nil
	if _, err := h.Observe(t.Context(), mg); err != nil || mg.Status.AtProvider.DetachForceTime != nil {
		t.Errorf("\nA detach is of one deletion.\nObserve(...): %v, %v", err, mg.Status.AtProvider.DetachForceTime)
	}
}

// TestOtherOwner observes an attachment that another object claims, too. The ENI
// carries no tag of an owner.
func TestOtherOwner(t *testing.T) {
	type claim struct {
		older, records, observes bool
		namespace                string
	}
	cases := map[string]struct {
		reason string
		mg     claim
		other  claim
		want   bool // the attachment is the other's
	}{
		"Alone":           {reason: "An older object owns what neither has recorded yet.", mg: claim{older: true}, want: false},
		"Younger":         {reason: "A younger one does not.", other: claim{older: true}, want: true},
		"LateImport":      {reason: "An object that imports an attachment later does not win by its age.", mg: claim{older: true}, other: claim{records: true}, want: true},
		"LateImportThere": {reason: "An object of another namespace does not own it.", mg: claim{older: true}, other: claim{records: true, namespace: "other"}, want: true},
		"Imported":        {reason: "The object that has recorded an attachment keeps it.", mg: claim{records: true}, other: claim{older: true, namespace: "other"}, want: false},
		"BothRecorded":    {reason: "The older of two objects that recorded it owns it.", mg: claim{records: true}, other: claim{older: true, records: true}, want: true},
		"Observed":        {reason: "An object that only observes an attachment does not own it.", mg: claim{records: true}, other: claim{older: true, records: true, observes: true}, want: false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			claimedBy := func(name string, c claim) *v1alpha1.NetworkInterfaceAttachment {
				a := attachTo("eni-9", named("eni-attach-9"))
				a.Namespace, a.Name, a.UID = stdcmp.Or(c.namespace, "ns"), name, types.UID(name)
				if c.older {
					a.CreationTimestamp = metav1.NewTime(noon.Add(-2 * time.Hour))
				}
				if c.records {
					a.Status.AtProvider.AttachmentID = "eni-attach-9"
				}
				if c.observes {
					a.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve}
				}
				return a
			}
			mg := claimedBy("mg", tc.mg)
			h := newHarness(t, []client.Object{mg, claimedBy("other", tc.other)})
			h.seen = &ec2types.NetworkInterface{}
			got, err := h.otherOwner(t.Context(), mg, "eni-attach-9")
			if err != nil || (got != nil) != tc.want {
				t.Errorf("\n%s\ncontestant(...): want %t, got %v, %v", tc.reason, tc.want, got, err)
			}
		})
	}
}
