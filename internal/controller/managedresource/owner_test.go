// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

var errBoom = errors.New("boom")

// readerOf returns a client with objects or, with an error, a client whose reads fail.
func readerOf(t *testing.T, err error, objects ...client.Object) client.Reader {
	t.Helper()
	s := runtime.NewScheme()
	if err := ec2v1alpha1.SchemeBuilder.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, k client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if err != nil {
				return err
			}
			return c.Get(ctx, k, o, opts...)
		},
	}).Build()
}

func interfaceNamed(namespace, name, uid string) client.Object {
	return &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(uid)}}
}

func TestOwnerOf(t *testing.T) {
	tags := map[string]string{eni.TagUID: "uid", eni.TagObject: "ns/one"}
	type want struct {
		Owner eni.ObjectOwner
		Error error
	}
	cases := map[string]struct {
		reason           string
		cached, uncached client.Reader
		tags             map[string]string
		want             want
	}{
		"Cached": {
			reason: "An object in the cache exists; the API server is not called.",
			cached: readerOf(t, nil, interfaceNamed("ns", "one", "uid")), uncached: readerOf(t, errBoom), tags: tags,
			want: want{Owner: eni.ObjectOwner{Lives: true, Namespace: "ns", Name: "one"}},
		},
		"StaleCache": {
			reason: "An object that is not in the cache yet exists.",
			cached: readerOf(t, nil), uncached: readerOf(t, nil, interfaceNamed("ns", "one", "uid")), tags: tags,
			want: want{Owner: eni.ObjectOwner{Lives: true, Namespace: "ns", Name: "one"}},
		},
		"Deleted": {
			reason: "An object that the API server does not return is deleted.",
			cached: readerOf(t, nil), uncached: readerOf(t, nil), tags: tags,
			want: want{Owner: eni.ObjectOwner{Namespace: "ns", Name: "one"}},
		},
		"MadeAgain": {
			reason: "An object of the same name with another UID is another object.",
			cached: readerOf(t, nil, interfaceNamed("ns", "one", "other")), uncached: readerOf(t, nil, interfaceNamed("ns", "one", "other")), tags: tags,
			want: want{Owner: eni.ObjectOwner{Namespace: "ns", Name: "one"}},
		},
		"APIServerError": {
			reason: "If the API server cannot be read, an error is returned.",
			cached: readerOf(t, nil), uncached: readerOf(t, errBoom), tags: tags,
			want: want{Owner: eni.ObjectOwner{Namespace: "ns", Name: "one"}, Error: errBoom},
		},
		"CacheError": {
			reason: "If the cache cannot be read, an error is returned.",
			cached: readerOf(t, errBoom), uncached: readerOf(t, nil), tags: tags,
			want: want{Owner: eni.ObjectOwner{Namespace: "ns", Name: "one"}, Error: errBoom},
		},
		"Untagged": {
			reason: "An ENI without ownership tags has no owner.",
			cached: readerOf(t, nil), uncached: readerOf(t, nil),
		},
		"NoName": {
			reason: "An owner without a name in the tags is assumed to exist.",
			cached: readerOf(t, nil), uncached: readerOf(t, nil), tags: map[string]string{eni.TagUID: "uid"},
			want: want{Owner: eni.ObjectOwner{Lives: true}},
		},
		"LongName": {
			reason: "An owner whose name may be truncated is assumed to exist.",
			cached: readerOf(t, nil), uncached: readerOf(t, nil), tags: map[string]string{eni.TagUID: "uid", eni.TagObject: "ns/" + strings.Repeat("a", 253)},
			want: want{Owner: eni.ObjectOwner{Lives: true, Namespace: "ns", Name: strings.Repeat("a", 253)}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			owner, err := OwnerOf(t.Context(), tc.cached, tc.uncached, tc.tags)
			if diff := cmp.Diff(tc.want, want{owner, err}, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\nOwnerOf(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestAttachmentActor(t *testing.T) {
	api := readerOf(t, nil, interfaceNamed("ns", "one", "uid-one"), interfaceNamed("ns", "two", "uid-two"), interfaceNamed("other", "three", "uid-three"))
	actor := func(uid string, owner eni.ObjectOwner) eni.Actor {
		return eni.Actor{Cluster: "c", Namespace: "ns", Name: "at", Attaches: true, UID: uid, Owner: owner}
	}
	cases := map[string]struct {
		reason string
		ref    string
		tags   map[string]string
		want   eni.Actor
	}{
		"Own":      {reason: "The ENI of the referenced NetworkInterface has no other owner.", ref: "one", tags: map[string]string{eni.TagUID: "uid-one", eni.TagObject: "ns/one"}, want: actor("uid-one", eni.ObjectOwner{})},
		"Other":    {reason: "The owner of another ENI is read, whatever the attachment references.", ref: "one", tags: map[string]string{eni.TagUID: "uid-three", eni.TagObject: "other/three"}, want: actor("uid-one", eni.ObjectOwner{Lives: true, Namespace: "other", Name: "three"})},
		"ByID":     {reason: "The owner of an ENI that is referenced by id is read.", tags: map[string]string{eni.TagUID: "uid-two", eni.TagObject: "ns/two"}, want: actor("", eni.ObjectOwner{Lives: true, Namespace: "ns", Name: "two"})},
		"Orphan":   {reason: "An ENI whose object was deleted has no existing owner.", tags: map[string]string{eni.TagUID: "uid-nine", eni.TagObject: "ns/nine"}, want: actor("", eni.ObjectOwner{Namespace: "ns", Name: "nine"})},
		"Untagged": {reason: "An ENI without ownership tags has no owner.", want: actor("", eni.ObjectOwner{})},
		"NoObject": {reason: "A deleted NetworkInterface owns no ENI.", ref: "nine", want: actor("", eni.ObjectOwner{})},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "at"}}
			if tc.ref != "" {
				a.Spec.ForProvider.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: tc.ref}
			}
			got, err := AttachmentActor(t.Context(), api, api, "c", a, tc.tags)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nAttachmentActor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestChanged(t *testing.T) {
	object := func(change ...func(o *ec2v1alpha1.NetworkInterface)) *ec2v1alpha1.NetworkInterface {
		o := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Generation: 1, Finalizers: []string{"a", "b"}}}
		for _, fn := range change {
			fn(o)
		}
		return o
	}
	deleted := func(o *ec2v1alpha1.NetworkInterface) {
		o.DeletionTimestamp = &metav1.Time{Time: metav1.Unix(1, 0).Time}
	}
	released := func(o *ec2v1alpha1.NetworkInterface) { o.Finalizers = []string{"a"} }
	cases := map[string]struct {
		reason     string
		was, is    *ec2v1alpha1.NetworkInterface
		wantUpdate bool
	}{
		"Status":          {reason: "A change of the status does not pass.", was: object(), is: object(func(o *ec2v1alpha1.NetworkInterface) { o.Status.AtProvider.ID = "eni-1" })},
		"Spec":            {reason: "A change of the spec passes.", was: object(), is: object(func(o *ec2v1alpha1.NetworkInterface) { o.Generation = 2 }), wantUpdate: true},
		"Deleted":         {reason: "The deletion of an object starts the deletion of its ENI.", was: object(), is: object(deleted), wantUpdate: true},
		"Released":        {reason: "A removed finalizer may unblock the deletion.", was: object(deleted), is: object(deleted, released), wantUpdate: true},
		"FinalizersAlone": {reason: "A finalizer of an object that is not being deleted does not pass.", was: object(), is: object(released)},
		"DeletingStatus":  {reason: "A change of the status of an object being deleted does not pass.", was: object(deleted), is: object(deleted, func(o *ec2v1alpha1.NetworkInterface) { o.Status.AtProvider.ID = "eni-1" })},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Changed().Update(event.UpdateEvent{ObjectOld: tc.was, ObjectNew: tc.is})
			if diff := cmp.Diff(tc.wantUpdate, got); diff != "" {
				t.Errorf("\n%s\nChanged().Update(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if !Changed().Create(event.CreateEvent{Object: object()}) {
		t.Error("\nA new object is reconciled.\nChanged().Create(...): false")
	}
}
