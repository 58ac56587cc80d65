// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis"
	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

const (
	clusterKind    = v1alpha1.ClusterProviderConfigKind
	namespacedKind = v1alpha1.ProviderConfigKind
)

// manager has the client that Crossplane's reconciler counts with.
type manager struct {
	ctrl.Manager

	client client.Client
}

func (m manager) GetClient() client.Client { return m.client }

func (m manager) GetScheme() *runtime.Scheme { return m.client.Scheme() }

// typed returns a client whose Get sets the kind of an object, as a cache does:
// Crossplane's reconciler takes the label of usages from it.
func typed(kube client.WithWatch) client.WithWatch {
	return interceptor.NewClient(kube, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			err := c.Get(ctx, key, o, opts...)
			if kinds, _, kerr := c.Scheme().ObjectKinds(o); err == nil && kerr == nil {
				o.GetObjectKind().SetGroupVersionKind(kinds[0])
			}
			return err
		},
	})
}

// harness is an API server with the reconcilers of both kinds.
type harness struct {
	t    *testing.T
	kube client.WithWatch
	all  map[string]*Reconciler

	place   ec2.Place
	down    error
	resolve func() // called when a place is resolved, unless nil
	events  []event.Event
}

// Place returns what every config reaches.
func (h *harness) Place(context.Context, ec2.ConfigReference) (ec2.Place, error) {
	if h.resolve != nil {
		h.resolve()
	}
	return h.place, h.down
}

func (h *harness) Event(_ runtime.Object, e event.Event) { h.events = append(h.events, e) }

func (h *harness) WithAnnotations(...string) event.Recorder { return h }

// TestPlaceIsRecorded has a config resolve to accounts, one after the other.
func TestPlaceIsRecorded(t *testing.T) {
	pc := cluster("default", "system", "aws")
	use := &v1alpha1.ProviderConfigUsage{ObjectMeta: metav1.ObjectMeta{
		Namespace: "team", Name: "use", Labels: map[string]string{xpv2.LabelKeyProviderName: "default", xpv2.LabelKeyProviderKind: clusterKind},
		OwnerReferences: []metav1.OwnerReference{{Name: "eni", UID: "u", Controller: new(true)}},
	}}
	h := newHarness(t, pc, secret("system", "aws"), use)
	home := ec2.Place{AccountID: "123456789012", Region: "us-east-1"}
	steps := []struct {
		reason string
		place  ec2.Place
		down   error
		want   ec2.Place
		events int
	}{
		{reason: "The account and region of a config are recorded.", place: home, want: home},
		{reason: "A config that cannot be resolved keeps its recorded account and region.", down: errors.New("boom"), want: home},
		{reason: "A config whose account is not known keeps them too.", place: ec2.Place{Region: "us-east-1"}, want: home},
		{reason: "A change is recorded and announced.", place: ec2.Place{AccountID: "210987654321", Region: "us-east-1"}, want: ec2.Place{AccountID: "210987654321", Region: "us-east-1"}, events: 1},
		{reason: "It is announced once.", place: ec2.Place{AccountID: "210987654321", Region: "us-east-1"}, want: ec2.Place{AccountID: "210987654321", Region: "us-east-1"}, events: 1},
	}
	for _, s := range steps {
		h.place, h.down = s.place, s.down
		h.reconcile(clusterKind, "", "default")
		if err := h.kube.Get(t.Context(), client.ObjectKeyFromObject(pc), pc); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.want, ec2.Place{AccountID: pc.Status.AccountID, Region: pc.Status.Region}); diff != "" {
			t.Errorf("\n%s\nstatus: -want, +got:\n%s", s.reason, diff)
		}
		if len(h.events) != s.events {
			t.Errorf("\n%s\nevents: %v", s.reason, h.events)
		}
	}
}

func newHarness(t *testing.T, objects ...client.Object) *harness {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, apis.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	h := &harness{t: t, all: map[string]*Reconciler{}}
	h.kube = typed(fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.ProviderConfig{}, &v1alpha1.ClusterProviderConfig{}).Build())
	for kind, fn := range map[string]func() apiConfig{
		clusterKind:    func() apiConfig { return &v1alpha1.ClusterProviderConfig{} },
		namespacedKind: func() apiConfig { return &v1alpha1.ProviderConfig{} },
	} {
		r := &Reconciler{client: h.kube, uncached: h.kube, places: h, record: h, kind: kind, newConfig: fn}
		r.addCounter(manager{client: h.kube}, v1alpha1.SchemeGroupVersion.WithKind(kind))
		h.all[kind] = r
	}
	return h
}

func (h *harness) reconcile(kind, namespace, name string) reconcile.Result {
	h.t.Helper()
	r, err := h.all[kind].Reconcile(h.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}})
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// held reports whether a Secret carries the finalizer; missing is true if it does not
// exist.
func (h *harness) held(namespace, name string) (held, missing bool) {
	h.t.Helper()
	s := &corev1.Secret{}
	err := h.kube.Get(h.t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, s)
	if kerrors.IsNotFound(err) {
		return false, true
	}
	if err != nil {
		h.t.Fatal(err)
	}
	if string(s.Data["k"]) != "v" {
		h.t.Errorf("\nThe data of a Secret stays as it is.\n%v", s.Data)
	}
	return slices.Contains(s.GetFinalizers(), v1alpha1.FinalizerInUse), false
}

func (h *harness) delete(o client.Object) {
	h.t.Helper()
	if err := h.kube.Delete(h.t.Context(), o); client.IgnoreNotFound(err) != nil {
		h.t.Fatal(err)
	}
}

func secret(namespace, name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string][]byte{"k": []byte("v")}}
}

func specOf(namespace, name string) v1alpha1.ProviderConfigSpec {
	return v1alpha1.ProviderConfigSpec{Credentials: v1alpha1.ProviderCredentials{
		Source:    v1alpha1.CredentialsSourceSecret,
		SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: namespace, Name: name}, Key: "k"},
	}}
}

func cluster(name, secretNamespace, secretName string) *v1alpha1.ClusterProviderConfig {
	return &v1alpha1.ClusterProviderConfig{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("cluster-" + name)},
		Spec:       v1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: specOf(secretNamespace, secretName)},
	}
}

func namespaced(name, secretNamespace, secretName string) *v1alpha1.ProviderConfig {
	return &v1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name, UID: types.UID("team-" + name)}, Spec: specOf(secretNamespace, secretName)}
}

func usage(kind, config, name string) *v1alpha1.ProviderConfigUsage {
	u := &v1alpha1.ProviderConfigUsage{ObjectMeta: metav1.ObjectMeta{
		Namespace: "team", Name: name,
		Labels:          map[string]string{xpv2.LabelKeyProviderName: config, xpv2.LabelKeyProviderKind: kind},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "ec2.networking.k8s.aws/v1alpha1", Kind: "NetworkInterface", Name: "n", UID: "n", Controller: new(true)}},
	}}
	return u
}

func user(kind, config, name string, finalizers ...string) *ec2v1alpha1.NetworkInterface {
	n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name, UID: types.UID(name), Finalizers: finalizers}}
	n.SetProviderConfigReference(&xpv2.ProviderConfigReference{Kind: kind, Name: config})
	return n
}

func TestSecretIsHeld(t *testing.T) {
	stray := namespaced("a", "team", "aws")
	stray.Status.HeldSecret = &xpv2.SecretReference{Namespace: "system", Name: "aws"}
	held := secret("system", "aws")
	held.Finalizers = []string{v1alpha1.FinalizerInUse}

	type args struct {
		objects         []client.Object
		kind, name      string
		secretNamespace string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   bool
	}{
		"Used": {
			reason: "The Secret of a config with users is held.",
			args:   args{[]client.Object{secret("team", "aws"), namespaced("a", "team", "aws"), usage(namespacedKind, "a", "u")}, namespacedKind, "a", "team"}, want: true,
		},
		"UsedCluster": {
			reason: "The Secret of a ClusterProviderConfig is kept in any namespace.",
			args:   args{[]client.Object{secret("system", "aws"), cluster("a", "system", "aws"), usage(clusterKind, "a", "u")}, clusterKind, "a", "system"}, want: true,
		},
		"Resources": {
			reason: "A resource without a usage uses the config too: a namespace that is being deleted has no usages.",
			args:   args{[]client.Object{secret("team", "aws"), namespaced("a", "team", "aws"), user(namespacedKind, "a", "n", finalizerManaged)}, namespacedKind, "a", "team"}, want: true,
		},
		"NothingInEC2": {
			reason: "A resource for which nothing was made does not.",
			args:   args{[]client.Object{secret("team", "aws"), namespaced("a", "team", "aws"), user(namespacedKind, "a", "n")}, namespacedKind, "a", "team"},
		},
		"Unused": {
			reason: "A config without users holds no Secret.",
			args:   args{[]client.Object{secret("team", "aws"), namespaced("a", "team", "aws")}, namespacedKind, "a", "team"},
		},
		"OtherKind": {
			reason: "A config of the other kind is another one.",
			args:   args{[]client.Object{secret("team", "aws"), namespaced("a", "team", "aws"), usage(clusterKind, "a", "u"), user(clusterKind, "a", "n", finalizerManaged)}, namespacedKind, "a", "team"},
		},
		"OtherNamespace": {
			reason: "A tenant puts no finalizer on another namespace's Secret.",
			args:   args{[]client.Object{secret("system", "aws"), namespaced("a", "system", "aws"), usage(namespacedKind, "a", "u")}, namespacedKind, "a", "system"},
		},
		"ForgedStatus": {
			reason: "A tenant cannot remove a finalizer with a forged status.",
			args:   args{[]client.Object{held, stray}, namespacedKind, "a", "system"}, want: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, tc.args.objects...)
			namespace := ""
			if tc.args.kind == namespacedKind {
				namespace = "team"
			}
			for range 2 {
				h.reconcile(tc.args.kind, namespace, tc.args.name)
			}
			if got, _ := h.held(tc.args.secretNamespace, "aws"); got != tc.want {
				t.Errorf("\n%s\nfinalizer: %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
}

// TestMissingSecret creates the Secret of a config after its resource.
func TestMissingSecret(t *testing.T) {
	h := newHarness(t, namespaced("a", "team", "aws"), usage(namespacedKind, "a", "u"))
	for range 2 {
		if r := h.reconcile(namespacedKind, "team", "a"); r.RequeueAfter != releasePoll {
			t.Errorf("the Secret is searched for after %s, want %s", r.RequeueAfter, releasePoll)
		}
	}
	if err := h.kube.Create(t.Context(), secret("team", "aws")); err != nil {
		t.Fatal(err)
	}
	if r := h.reconcile(namespacedKind, "team", "a"); r.RequeueAfter != secretPoll {
		t.Errorf("the Secret is checked after %s, want %s", r.RequeueAfter, secretPoll)
	}
	if held, _ := h.held("team", "aws"); !held {
		t.Error("the Secret has no finalizer")
	}
}

func TestSecretIsReleased(t *testing.T) {
	cases := map[string]struct {
		reason string
		then   func(h *harness)
		want   bool
	}{
		"Kept":    {reason: "It is held for as long as there are users.", then: func(*harness) {}, want: true},
		"NoUsers": {reason: "The last user releases it.", then: func(h *harness) { h.delete(usage(clusterKind, "a", "u")) }},
		"OtherSecret": {reason: "A config that now names another Secret releases the first.", then: func(h *harness) {
			h.change(func(c *v1alpha1.ClusterProviderConfig) { c.Spec.Credentials.SecretRef.Name = "new" })
		}},
		"NoSecret": {reason: "A config that no longer names a Secret releases it.", then: func(h *harness) {
			h.change(func(c *v1alpha1.ClusterProviderConfig) {
				c.Spec.Credentials = v1alpha1.ProviderCredentials{Source: v1alpha1.CredentialsSourceIRSA}
			})
		}},
		"StillNamed": {
			reason: "Two configs may name one Secret, which stays until neither has users.",
			then: func(h *harness) {
				for _, o := range []client.Object{namespaced("b", "team", "aws"), usage(namespacedKind, "b", "v")} {
					if err := h.kube.Create(h.t.Context(), o); err != nil {
						h.t.Fatal(err)
					}
				}
				h.delete(usage(clusterKind, "a", "u"))
			},
			want: true,
		},
		"Gone": {reason: "A Secret that does not exist is released.", then: func(h *harness) {
			s := secret("team", "aws")
			s.Finalizers = nil
			s.ResourceVersion = ""
			have := &corev1.Secret{}
			if err := h.kube.Get(h.t.Context(), client.ObjectKeyFromObject(s), have); err != nil {
				h.t.Fatal(err)
			}
			have.Finalizers = nil
			if err := h.kube.Update(h.t.Context(), have); err != nil {
				h.t.Fatal(err)
			}
			h.delete(have)
			h.delete(usage(clusterKind, "a", "u"))
		}},
		"ConfigDeleted": {reason: "A config that is deleted releases it before it vanishes.", then: func(h *harness) {
			h.delete(cluster("a", "team", "aws"))
			h.delete(usage(clusterKind, "a", "u"))
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, secret("team", "aws"), secret("team", "new"), cluster("a", "team", "aws"), usage(clusterKind, "a", "u"))
			h.reconcile(clusterKind, "", "a")
			if held, _ := h.held("team", "aws"); !held {
				t.Fatal("the Secret is not held")
			}
			tc.then(h)
			for range 2 {
				h.reconcile(clusterKind, "", "a")
			}
			if got, _ := h.held("team", "aws"); got != tc.want {
				t.Errorf("\n%s\nfinalizer: %t, want %t", tc.reason, got, tc.want)
			}
			c := &v1alpha1.ClusterProviderConfig{}
			err := h.kube.Get(t.Context(), client.ObjectKey{Name: "a"}, c)
			if name == "ConfigDeleted" {
				if !kerrors.IsNotFound(err) {
					t.Errorf("\n%s\nGet(...): %v", tc.reason, err)
				}
				return
			}
			named, _ := h.held("team", "new")
			if wantNew := name == "OtherSecret"; err != nil || named != wantNew || (c.Status.HeldSecret != nil) != (name == "Kept" || wantNew) {
				t.Errorf("\nThe status names the Secret that is held.\n%+v, new Secret held: %t, %v", c.Status.HeldSecret, named, err)
			}
		})
	}
}

func (h *harness) change(fn func(*v1alpha1.ClusterProviderConfig)) {
	h.t.Helper()
	c := &v1alpha1.ClusterProviderConfig{}
	if err := h.kube.Get(h.t.Context(), client.ObjectKey{Name: "a"}, c); err != nil {
		h.t.Fatal(err)
	}
	fn(c)
	if err := h.kube.Update(h.t.Context(), c); err != nil {
		h.t.Fatal(err)
	}
}

// A namespace is deleted, object by object, in the worst order: the objects that a
// NetworkInterface needs are deleted first, and its usage cannot be created again.
func TestNamespaceIsDeleted(t *testing.T) {
	n := user(namespacedKind, "a", "n", finalizerManaged)
	h := newHarness(t, secret("team", "aws"), namespaced("a", "team", "aws"), usage(namespacedKind, "a", "u"), n)
	h.reconcile(namespacedKind, "team", "a")
	for _, o := range []client.Object{secret("team", "aws"), usage(namespacedKind, "a", "u"), namespaced("a", "team", "aws"), n} {
		h.delete(o)
		h.reconcile(namespacedKind, "team", "a")
	}
	kept := func() []bool {
		_, missing := h.held("team", "aws")
		err := h.kube.Get(t.Context(), client.ObjectKey{Namespace: "team", Name: "a"}, &v1alpha1.ProviderConfig{})
		return []bool{!missing, err == nil}
	}
	if diff := cmp.Diff([]bool{true, true}, kept()); diff != "" {
		t.Errorf("\nSecret and config outlive what they are needed for.\nkept: -want, +got:\n%s", diff)
	}
	if r := h.reconcile(namespacedKind, "team", "a"); r.RequeueAfter != releasePoll {
		t.Errorf("\nNo event announces that the last resource is deleted.\nrequeued after %s", r.RequeueAfter)
	}
	if err := h.kube.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
		t.Fatal(err)
	}
	n.SetFinalizers(nil) // its ENI is released
	if err := h.kube.Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	h.reconcile(namespacedKind, "team", "a")
	if diff := cmp.Diff([]bool{false, false}, kept()); diff != "" {
		t.Errorf("\nNothing is left then.\nkept: -want, +got:\n%s", diff)
	}
}

// A namespace is deleted while its config is reconciled: after Reconcile has read the
// config and its usages, and before Crossplane's reconciler reads them.
func TestNamespaceIsDeletedMeanwhile(t *testing.T) {
	n := user(namespacedKind, "a", "n", finalizerManaged)
	h := newHarness(t, secret("team", "aws"), namespaced("a", "team", "aws"), usage(namespacedKind, "a", "u"), n)
	h.reconcile(namespacedKind, "team", "a")
	h.resolve = func() {
		for _, o := range []client.Object{usage(namespacedKind, "a", "u"), namespaced("a", "team", "aws"), n} {
			h.delete(o)
		}
	}
	if r := h.reconcile(namespacedKind, "team", "a"); r.RequeueAfter == 0 {
		t.Errorf("\nThe config is reconciled again: no event announces that the last resource is deleted.\n%+v", r)
	}
	if err := h.kube.Get(t.Context(), client.ObjectKey{Namespace: "team", Name: "a"}, &v1alpha1.ProviderConfig{}); err != nil {
		t.Errorf("\nA config that a resource needs is kept.\nGet(...): %v", err)
	}
}

// A config is deleted while the cache has a usage of it, which outlives its resource.
func TestUsageOfDeletedResource(t *testing.T) {
	cases := map[string]struct {
		reason string
		live   []client.Object // the resources and usages of the API server
		want   bool
	}{
		"Used":       {reason: "A config is kept for a resource with a usage, even if the resource is not in EC2.", live: []client.Object{user(clusterKind, "a", "n"), usage(clusterKind, "a", "u")}, want: true},
		"InEC2":      {reason: "A config is kept for a resource in EC2 without a usage.", live: []client.Object{user(clusterKind, "a", "n", finalizerManaged)}, want: true},
		"NoResource": {reason: "A usage whose resource was deleted does not keep the config.", live: []client.Object{usage(clusterKind, "a", "u")}},
		"StaleCache": {reason: "A usage in the cache does not keep the config.", live: nil},
		"Other":      {reason: "A usage does not count for a resource of another config.", live: []client.Object{user(clusterKind, "b", "n"), usage(clusterKind, "a", "u")}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, secret("system", "aws"), cluster("a", "system", "aws"), usage(clusterKind, "a", "u"))
			h.all[clusterKind].uncached = uncachedUsers{h.kube, newHarness(t, tc.live...).kube}
			h.reconcile(clusterKind, "", "a")
			h.delete(cluster("a", "system", "aws"))
			h.reconcile(clusterKind, "", "a")
			err := h.kube.Get(t.Context(), client.ObjectKey{Name: "a"}, &v1alpha1.ClusterProviderConfig{})
			held, _ := h.held("system", "aws")
			if diff := cmp.Diff([]bool{tc.want, tc.want}, []bool{err == nil, held}); diff != "" {
				t.Errorf("\n%s\nconfig and Secret kept: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// uncachedUsers lists resources and usages from another client.
type uncachedUsers struct {
	client.Reader

	users client.Reader
}

func (u uncachedUsers) List(ctx context.Context, l client.ObjectList, opts ...client.ListOption) error {
	return u.users.List(ctx, l, opts...)
}
