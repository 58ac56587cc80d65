// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	clientfake "sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpcontroller "github.com/crossplane/crossplane-runtime/v2/pkg/controller"
	"github.com/crossplane/crossplane-runtime/v2/pkg/feature"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource/fake"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterfaceattachment"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/controller/statuswriter"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// A simulation is one NetworkInterface and one attachment of it, their real
// controllers, the real SDK and the emulator, on the clock of a synctest
// bubble: ten minutes take a moment. Only the API server and its watches are
// not real.
type simulation struct {
	t      *testing.T
	ec2    *ec2emulator.Server
	kube   client.Client
	events *record.FakeRecorder
	stop   func()
	queues map[string]workqueue.TypedRateLimitingInterface[reconcile.Request]

	// with changes the parameters of the ENI before its object is created.
	with func(p *ec2v1alpha1.NetworkInterfaceParameters)
}

const (
	simulatedSubnet    = "subnet-1"
	simulatedInstance  = "i-00000000000000001"
	simulatedElasticIP = "eipalloc-1"
)

var (
	objectKey = types.NamespacedName{Namespace: "ns", Name: "one"}

	eniKind  = ec2v1alpha1.NetworkInterfaceKind
	eniaKind = ec2v1alpha1.NetworkInterfaceAttachmentKind
)

// direct carries requests to a handler without a network, whose connections a
// bubble's clock would wait for.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	done := make(chan struct{})
	w := httptest.NewRecorder()
	aborted := false
	go func() {
		defer close(done)
		defer func() { aborted = recover() != nil }()
		d.handler.ServeHTTP(w, r)
	}()
	select {
	case <-done:
		if aborted {
			return nil, io.ErrUnexpectedEOF
		}
		return w.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// fakeManager is the manager of the reconcilers.
type fakeManager struct {
	fake.Manager

	events record.EventRecorder
}

func (m *fakeManager) GetEventRecorderFor(string) record.EventRecorder { return m.events }
func (m *fakeManager) GetAPIReader() client.Reader                     { return m.Client }

func simulate(t *testing.T, share float64) *simulation {
	t.Helper()
	s := &simulation{t: t, events: record.NewFakeRecorder(10_000), with: func(*ec2v1alpha1.NetworkInterfaceParameters) {}, queues: map[string]workqueue.TypedRateLimitingInterface[reconcile.Request]{}}
	s.ec2 = ec2emulator.New(ec2emulator.Options{Latency: time.Millisecond})
	if err := s.ec2.Seed(ec2emulator.Seed{
		VPCs:           []ec2emulator.VPC{{ID: "vpc-1", CIDR: "10.0.0.0/16"}},
		Subnets:        []ec2emulator.Subnet{{ID: simulatedSubnet, VPCID: "vpc-1", CIDR: "10.0.1.0/24", AvailabilityZone: "us-east-1a"}},
		SecurityGroups: []ec2emulator.SecurityGroup{{ID: "sg-1", VPCID: "vpc-1", Name: "one"}},
		Instances:      []ec2emulator.Instance{{ID: simulatedInstance, Type: "m5.large", SubnetID: simulatedSubnet}},
		ElasticIPs:     []ec2emulator.ElasticIP{{AllocationID: simulatedElasticIP}},
	}); err != nil {
		t.Fatal(err)
	}
	scheme, err := controller.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	s.kube = clientfake.NewClientBuilder().WithScheme(scheme).
		WithStatusSubresource(&ec2v1alpha1.NetworkInterface{}, &ec2v1alpha1.NetworkInterfaceAttachment{}).
		WithIndex(&ec2v1alpha1.NetworkInterface{}, networkinterface.IndexInstance, networkinterface.ByInstance).
		WithIndex(&ec2v1alpha1.NetworkInterfaceAttachment{}, networkinterfaceattachment.IndexExternalName, networkinterfaceattachment.ByExternalName).
		WithObjects(
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "aws"}, Data: map[string][]byte{"credentials": []byte("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n")}},
			&v1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default", UID: "config"}, Spec: v1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: v1alpha1.ProviderConfigSpec{
				Credentials: v1alpha1.ProviderCredentials{Source: v1alpha1.CredentialsSourceSecret, SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: "ns", Name: "aws"}, Key: "credentials"}},
				Endpoint:    &v1alpha1.EndpointConfig{URL: v1alpha1.EndpointURL{Type: "Static", Static: "http://ec2.example"}},
			}, HostNamespaces: &v1alpha1.NamespaceSelector{Selector: &metav1.LabelSelector{}}}},
		).Build()
	s.kube = statuswriter.Wrap(s.kube, managedresource.PrepareStatus)
	o := options.Options{
		Options: xpcontroller.Options{Logger: logging.NewNopLogger(), MaxConcurrentReconciles: 1, PollInterval: 10 * time.Minute, Features: &feature.Flags{}},
		Clients: ec2.NewClients(s.kube, "us-east-1", ec2.WithShare(share), ec2.WithOwnershipTags(ec2.OwnershipTags{ClusterTag: eni.TagCluster, Cluster: "c", OwnerTag: eni.TagUID}, time.Minute),
			ec2.WithTransport(func(http.RoundTripper) http.RoundTripper { return direct{s.ec2} }), ec2.WithAbsenceCheck(controller.Claims(s.kube, timings.Default()), 0)),
		Timings: timings.Default(), Cluster: "c", DetachRetryPeriod: 15 * time.Second,
	}
	o.Features.Enable(feature.EnableBetaManagementPolicies)
	mgr := &fakeManager{Manager: fake.Manager{Client: s.kube, Scheme: scheme}, events: s.events}

	ctx, cancel := context.WithCancel(t.Context())
	var queues []func()
	for kind, r := range map[string]reconcile.Reconciler{eniKind: networkinterface.NewReconciler(mgr, o), eniaKind: networkinterfaceattachment.NewReconciler(mgr, o)} {
		q := workqueue.NewTypedRateLimitingQueue(managedresource.ControllerOptions(o).RateLimiter)
		s.queues[kind] = q
		queues = append(queues, q.ShutDown)
		go s.work(ctx, q, r)
	}
	s.stop = func() {
		cancel()
		for _, stop := range queues {
			stop()
		}
		s.ec2.Close()
	}
	return s
}

// work does with a queue what a controller does.
func (s *simulation) work(ctx context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request], r reconcile.Reconciler) {
	for {
		req, stopped := q.Get()
		if stopped {
			return
		}
		result, err := r.Reconcile(ctx, req)
		switch {
		case err != nil, result.Requeue: //nolint:staticcheck // Crossplane's reconciler sets it
			q.AddRateLimited(req)
		case result.RequeueAfter > 0:
			q.Forget(req)
			q.AddAfter(req, result.RequeueAfter)
		default:
			q.Forget(req)
		}
		q.Done(req)
	}
}

// enqueue enqueues an object, as a change of it does.
func (s *simulation) enqueue(kind string) {
	s.queues[kind].Add(reconcile.Request{NamespacedName: objectKey})
}

func (s *simulation) eni() *ec2v1alpha1.NetworkInterface {
	s.t.Helper()
	o := &ec2v1alpha1.NetworkInterface{}
	if err := s.kube.Get(s.t.Context(), objectKey, o); err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *simulation) enia() *ec2v1alpha1.NetworkInterfaceAttachment {
	s.t.Helper()
	o := &ec2v1alpha1.NetworkInterfaceAttachment{}
	if err := s.kube.Get(s.t.Context(), objectKey, o); err != nil {
		s.t.Fatal(err)
	}
	return o
}

// make creates the object of a kind, and enqueues it.
func (s *simulation) make(kind string) {
	s.t.Helper()
	meta := metav1.ObjectMeta{Namespace: objectKey.Namespace, Name: objectKey.Name, UID: types.UID("uid-" + kind), Generation: 1, CreationTimestamp: metav1.Now()}
	spec := xpv2.ManagedResourceSpec{
		ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: "default"},
		ManagementPolicies:      xpv2.ManagementPolicies{xpv2.ManagementActionAll},
	}
	var o client.Object
	if kind == eniKind {
		n := &ec2v1alpha1.NetworkInterface{ObjectMeta: meta}
		n.Spec.ManagedResourceSpec = spec
		n.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID(simulatedSubnet))
		n.Spec.ForProvider.Description = new("one")
		s.with(&n.Spec.ForProvider)
		o = n
	} else {
		a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: meta}
		a.Spec.ManagedResourceSpec = spec
		a.Spec.ForProvider.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: objectKey.Name}
		a.Spec.ForProvider.InstanceID = new(simulatedInstance)
		o = a
	}
	if err := s.kube.Create(s.t.Context(), o); err != nil {
		s.t.Fatal(err)
	}
	s.enqueue(kind)
}

// within lets time pass until check is content, at most d.
func (s *simulation) within(d time.Duration, check func() error) error {
	deadline := time.Now().Add(d)
	for {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// good returns an error unless an object is Ready and Synced. An attachment may wait for its
// host: no agents run here.
func good(o interface {
	GetCondition(ct xpv2.ConditionType) xpv2.Condition
},
) error {
	for _, t := range []xpv2.ConditionType{xpv2.TypeReady, xpv2.TypeSynced} {
		if c := o.GetCondition(t); c.Status != corev1.ConditionTrue && c.Reason != v1alpha1.ReasonWaitingForHost {
			return fmt.Errorf("%s is %s: %s: %s", t, c.Status, c.Reason, c.Message)
		}
	}
	return nil
}

// warnings returns the warning events so far.
func (s *simulation) warnings() []string {
	var out []string
	for {
		select {
		case e := <-s.events.Events:
			if strings.HasPrefix(e, corev1.EventTypeWarning) {
				out = append(out, e)
			}
		default:
			return out
		}
	}
}
