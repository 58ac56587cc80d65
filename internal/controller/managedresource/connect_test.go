// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis"
	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

type trackerFn func() error

func (f trackerFn) Track(context.Context, resource.ModernManaged) error { return f() }

// terminating returns the API server's error for a create in a namespace being
// deleted.
func terminating() error {
	err := kerrors.NewForbidden(schema.GroupResource{Resource: "providerconfigusages"}, "u", errors.New("unable to create new content in namespace team because it is being terminated"))
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{Type: corev1.NamespaceTerminatingCause})
	return errors.Wrap(err, "cannot apply ProviderConfigUsage")
}

// roundTripper responds like EC2 with one ENI, whose owner tag is the last part of its
// id, and records mutating calls.
type roundTripper struct{ changes []string }

func (r *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, _ := io.ReadAll(req.Body)
	form, _ := url.ParseQuery(string(raw))
	action := form.Get("Action")
	body := "<" + action + "Response/>"
	if action == "DescribeNetworkInterfaces" {
		id := form.Get("Filter.1.Value.1")
		uid := id[strings.LastIndex(id, "-")+1:]
		body = "<" + action + "Response><networkInterfaceSet><item><networkInterfaceId>" + id + "</networkInterfaceId><attachment><attachmentId>" + id + "</attachmentId><status>attached</status></attachment><tagSet><item><key>owner</key><value>" + uid + "</value></item></tagSet></item></networkInterfaceSet></" + action + "Response>"
	} else {
		r.changes = append(r.changes, action)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestConnect(t *testing.T) {
	const denied = "may not use ClusterProviderConfig"
	attachment := func(fn func(*ec2v1alpha1.NetworkInterfaceAttachment)) *ec2v1alpha1.NetworkInterfaceAttachment {
		a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "a", UID: "a"}}
		a.SetProviderConfigReference(&xpv2.ProviderConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "open"})
		fn(a)
		return a
	}
	eni := func(config string, deleted bool) *ec2v1alpha1.NetworkInterface {
		n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "n", UID: "mine"}}
		n.SetProviderConfigReference(&xpv2.ProviderConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: config})
		if deleted {
			n.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
		}
		return n
	}
	deleted := func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
		a.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
		a.Spec.Host = &networkingv1alpha1.HostConfig{}
	}
	type args struct {
		mg    resource.ModernManaged
		track error
	}
	type want struct {
		Error string
		// Released lists the ENIs, of owner mine and of another owner, that the client
		// deletes and detaches. Created is true if it creates an ENI.
		Released []string
		Created  bool
	}
	noCreate := errors.Wrap(kerrors.NewMethodNotSupported(schema.GroupResource{Resource: "providerconfigusages"}, "create"), "cannot apply ProviderConfigUsage")
	all := []string{"delete eni-mine", "delete eni-other", "detach eni-mine", "detach eni-other"}
	mine := []string{"delete eni-mine", "detach eni-mine"}
	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"Allowed":         {reason: "A config that allows the namespace can be used.", args: args{mg: eni("open", false)}, want: want{Released: all, Created: true}},
		"Denied":          {reason: "A config that does not allow the namespace cannot be used.", args: args{mg: eni("closed", false)}, want: want{Error: denied}},
		"DeniedDeleted":   {reason: "Only the ENIs of the namespace's resources are released.", args: args{mg: eni("closed", true)}, want: want{Released: mine}},
		"Instance":        {reason: "An attachment to an instance does not address a node.", args: args{mg: attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Spec.ForProvider.InstanceID = new("i-1") })}, want: want{Released: all, Created: true}},
		"Node":            {reason: "A node name requires permission.", args: args{mg: attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Spec.ForProvider.NodeName = new("node") })}, want: want{Error: `add it to spec.hostNamespaces of that config`}},
		"Host":            {reason: "A host configuration requires permission.", args: args{mg: attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Spec.Host = &networkingv1alpha1.HostConfig{} })}, want: want{Error: `add it to spec.hostNamespaces of that config`}},
		"HostDeleted":     {reason: "An attachment being deleted releases the ENIs of its namespace.", args: args{mg: attachment(deleted)}, want: want{Released: mine}},
		"Terminating":     {reason: "In a namespace being deleted no usage can be created.", args: args{eni("open", false), terminating()}, want: want{Error: "being terminated"}},
		"TerminatingSelf": {reason: "An object being deleted needs no usage.", args: args{eni("open", true), terminating()}, want: want{Released: all, Created: true}},
		"CRDDeleted":      {reason: "While the CRD of usages is being deleted, or after that, no usage can be created.", args: args{eni("open", false), noCreate}, want: want{Error: "create is not supported"}},
		"CRDDeletedSelf":  {reason: "An object being deleted needs no usage.", args: args{eni("open", true), noCreate}, want: want{Released: all, Created: true}},
		"NoCRDSelf":       {reason: "An object being deleted does not need the CRD of usages.", args: args{eni("open", true), &meta.NoKindMatchError{GroupKind: schema.GroupKind{Kind: networkingv1alpha1.ProviderConfigUsageKind}}}, want: want{Released: all, Created: true}},
		"Untracked":       {reason: "Another error is returned, even if the object is being deleted.", args: args{eni("open", true), errors.New("boom")}, want: want{Error: "boom"}},
		"NoConfig":        {reason: "A missing config cannot be used.", args: args{mg: eni("missing", true)}, want: want{Error: `cannot get ClusterProviderConfig "missing"`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := runtime.NewScheme()
			for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, apis.AddToScheme} {
				if err := add(s); err != nil {
					t.Fatal(err)
				}
			}
			spec := networkingv1alpha1.ProviderConfigSpec{Credentials: networkingv1alpha1.ProviderCredentials{
				Source:    networkingv1alpha1.CredentialsSourceSecret,
				SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: "system", Name: "aws"}, Key: "k"},
			}}
			config := func(name string, allowed *networkingv1alpha1.NamespaceSelector) client.Object {
				return &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: spec, AllowedNamespaces: allowed}}
			}
			kube := fake.NewClientBuilder().WithScheme(s).WithObjects(
				&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "aws"}, Data: map[string][]byte{"k": []byte("[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n")}},
				&ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "n", UID: "mine"}},
				&ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "elsewhere", Name: "n", UID: "other"}},
				config("open", nil), config("closed", &networkingv1alpha1.NamespaceSelector{Names: []string{"elsewhere"}}),
			).Build()
			rt := &roundTripper{}
			clients := ec2.NewClients(kube, "us-east-1", ec2.WithOwnershipTags(ec2.OwnershipTags{OwnerTag: "owner"}, time.Minute), ec2.WithTenancy(ec2.Tenancy{Namespace: "provider"}),
				ec2.WithTransport(func(http.RoundTripper) http.RoundTripper { return rt }))
			c, err := Connect(t.Context(), trackerFn(func() error { return tc.args.track }), clients, tc.args.mg, nil)
			if err != nil {
				if tc.want.Error == "" || !strings.Contains(err.Error(), tc.want.Error) {
					t.Errorf("\n%s\nConnect(...): want error %q, got %v", tc.reason, tc.want.Error, err)
				}
				return
			}
			var got want
			for _, id := range []string{"eni-mine", "eni-other"} {
				if _, err := c.Mutate(toDelete(id)).DeleteNetworkInterface(t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id}); err == nil {
					got.Released = append(got.Released, "delete "+id)
				}
			}
			for _, id := range []string{"eni-mine", "eni-other"} {
				if _, err := c.Mutate(toDetach(id)).DetachNetworkInterface(t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: &id}); err == nil {
					got.Released = append(got.Released, "detach "+id)
				}
			}
			changes := len(rt.changes)
			_, _ = c.CreateNetworkInterface(t.Context(), &awsec2.CreateNetworkInterfaceInput{SubnetId: new("subnet-1")})
			got.Created = len(rt.changes) > changes
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nclient: -want, +got:\n%s", tc.reason, diff)
			}
			if changes != len(got.Released) {
				t.Errorf("\n%s\n%d changes in EC2: %v", tc.reason, changes, rt.changes)
			}
		})
	}
}

// permit returns a permit for an ENI whose owner and attachment have its own id.
func permit(a eni.Action, id string) eni.Permit {
	n := eni.Interface{ID: id, Tags: map[string]string{eni.TagUID: id}}
	if a == eni.ActionDetach {
		n.Attachment = &eni.Attachment{ID: id, InstanceID: "i-1", DeviceIndex: 1}
	}
	p, refused := eni.Allow(eni.Actor{UID: id, Attaches: a == eni.ActionDetach, AttachmentID: id}, a, n)
	if refused != nil {
		panic(refused)
	}
	return p
}

func toDelete(id string) eni.Permit { return permit(eni.ActionDelete, id) }
func toDetach(id string) eni.Permit { return permit(eni.ActionDetach, id) }

// TestConnectDeletedConfig connects resources whose provider config is being deleted.
func TestConnectDeletedConfig(t *testing.T) {
	ref := func(kind string) *ec2v1alpha1.NetworkInterface {
		n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "n", UID: "mine"}}
		n.SetProviderConfigReference(&xpv2.ProviderConfigReference{Kind: kind, Name: "aws"})
		return n
	}
	cases := map[string]struct {
		reason string
		change func(n *ec2v1alpha1.NetworkInterface)
		// during is true if the config is deleted while the usage is created.
		during      bool
		wantErr     bool
		wantTracked bool
	}{
		"New":     {reason: "A new resource is rejected, and no usage of it keeps the config.", wantErr: true},
		"During":  {reason: "A usage that is created later than the deletion does not keep the config.", during: true, wantErr: true, wantTracked: true},
		"Created": {reason: "A resource that may exist in EC2 keeps the config.", change: func(n *ec2v1alpha1.NetworkInterface) { n.Finalizers = []string{managed.FinalizerName} }, wantTracked: true},
		"Deleted": {reason: "A deleted resource is released.", change: func(n *ec2v1alpha1.NetworkInterface) { n.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} }, wantTracked: true},
	}
	for _, kind := range []string{networkingv1alpha1.ClusterProviderConfigKind, networkingv1alpha1.ProviderConfigKind} {
		for name, tc := range cases {
			t.Run(kind+"/"+name, func(t *testing.T) {
				s := runtime.NewScheme()
				for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, apis.AddToScheme} {
					if err := add(s); err != nil {
						t.Fatal(err)
					}
				}
				m := metav1.ObjectMeta{Name: "aws", Finalizers: []string{"in-use.crossplane.io"}}
				var pc client.Object = &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: m}
				if kind == networkingv1alpha1.ProviderConfigKind {
					m.Namespace = "team"
					pc = &networkingv1alpha1.ProviderConfig{ObjectMeta: m}
				}
				kube := fake.NewClientBuilder().WithScheme(s).WithObjects(pc).Build()
				remove := func() {
					if err := kube.Delete(t.Context(), pc); err != nil {
						t.Fatal(err)
					}
				}
				if !tc.during {
					remove()
				}
				n := ref(kind)
				if tc.change != nil {
					tc.change(n)
				}
				tracked := false
				track := trackerFn(func() error {
					tracked = true
					if tc.during {
						remove()
					}
					return nil
				})
				clients := ec2.NewClients(kube, "us-east-1", ec2.WithTenancy(ec2.Tenancy{Namespace: "provider"}))
				_, err := Connect(t.Context(), track, clients, n, nil)
				rejected := err != nil && strings.Contains(err.Error(), `"aws" is being deleted: name another provider config`)
				if rejected != tc.wantErr || tracked != tc.wantTracked {
					t.Errorf("\n%s\nConnect(...): rejected %t, tracked %t; want %t, %t; %v", tc.reason, rejected, tracked, tc.wantErr, tc.wantTracked, err)
				}
			})
		}
	}
}
