// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/controller/garbage"
	"github.com/nodeeni/provider-aws-eni/internal/controller/hostinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterface"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterfaceattachment"
	"github.com/nodeeni/provider-aws-eni/internal/controller/nodeeni"
	"github.com/nodeeni/provider-aws-eni/internal/controller/nodeeniplan"
	"github.com/nodeeni/provider-aws-eni/internal/controller/objectmetrics"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/controller/statuswriter"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A simulatedCluster is a cluster of any size: its nodes and their instances,
// the provider's own manager with all its controllers, the real SDK and the
// emulator, on the clock of a synctest bubble. Only the API server, and the
// agents of the nodes, which never come up, are not real.
type simulatedCluster struct {
	t        *testing.T
	ec2      *ec2emulator.Server
	api      *apiServer
	events   *eventRecorder
	settings controller.Settings
	stop     func() // the provider
}

// Two subnets of one zone, each with room for a fleet.
const fleetSubnet1, fleetSubnet2 = "subnet-1", "subnet-2"

// newCluster returns a cluster without nodes. Its provider is not started.
func newCluster(t *testing.T, o ec2emulator.Options) *simulatedCluster {
	t.Helper()
	scheme, err := controller.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	s := &simulatedCluster{t: t, ec2: ec2emulator.New(o), api: newAPIServer(scheme), events: &eventRecorder{}, settings: controller.DefaultSettings()}
	if err := s.ec2.Seed(ec2emulator.Seed{
		VPCs: []ec2emulator.VPC{{ID: "vpc-1", CIDR: "10.0.0.0/16", IPv6CIDR: "2001:db8::/56"}},
		Subnets: []ec2emulator.Subnet{
			{ID: "subnet-0", VPCID: "vpc-1", CIDR: "10.0.0.0/20", AvailabilityZone: "us-east-1a"},
			{ID: fleetSubnet1, VPCID: "vpc-1", CIDR: "10.0.16.0/20", AvailabilityZone: "us-east-1a"},
			{ID: fleetSubnet2, VPCID: "vpc-1", CIDR: "10.0.32.0/20", AvailabilityZone: "us-east-1a"},
			{ID: "subnet-3", VPCID: "vpc-1", CIDR: "10.0.208.0/20", AvailabilityZone: "us-east-1a"},
		},
	}); err != nil {
		t.Fatal(err)
	}
	s.settings.Region, s.settings.Cluster, s.settings.LeaderElection = "us-east-1", "c", false
	s.settings.PollStateMetricInterval = time.Hour // not simulated
	s.settings.WrapTransport = func(http.RoundTripper) http.RoundTripper { return direct{s.ec2} }
	s.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "aws"}, Data: map[string][]byte{"credentials": []byte("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n")}})
	s.create(&v1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: v1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: v1alpha1.ProviderConfigSpec{
		Credentials: v1alpha1.ProviderCredentials{Source: v1alpha1.CredentialsSourceSecret, SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: "ns", Name: "aws"}, Key: "credentials"}},
		Endpoint:    &v1alpha1.EndpointConfig{URL: v1alpha1.EndpointURL{Type: "Static", Static: "http://ec2.example"}},
	}, HostNamespaces: &v1alpha1.NamespaceSelector{Selector: &metav1.LabelSelector{}}}})
	return s
}

// close ends the provider, if it runs, and EC2.
func (s *simulatedCluster) close() {
	if s.stop != nil {
		s.stop()
	}
	time.Sleep(time.Minute) // shared requests outlive their callers
	s.ec2.Close()
}

// simulatedManager is a real one on a simulated API server.
type simulatedManager struct {
	ctrl.Manager

	api    *apiServer
	events record.EventRecorder
}

func (m simulatedManager) GetAPIReader() client.Reader                     { return m.api }
func (m simulatedManager) GetEventRecorderFor(string) record.EventRecorder { return m.events }

// start starts the provider.
func (s *simulatedCluster) start() {
	s.t.Helper()
	shown := s.api.cache()
	mgr, err := ctrl.NewManager(&rest.Config{Host: "http://api.example"}, ctrl.Options{
		Scheme:         s.api.scheme,
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return s.api.mapper, nil },
		NewCache:       func(*rest.Config, cache.Options) (cache.Cache, error) { return shown, nil },
		NewClient: func(*rest.Config, client.Options) (client.Client, error) {
			return statuswriter.Wrap(shown, managedresource.PrepareStatus), nil
		},
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
		// A priority queue that is shut down during handleReadyItems never ends, and with it
		// the bubble: pkg/controller/priorityqueue of controller-runtime 0.23 sends without
		// a receiver.
		Controller: config.Controller{SkipNameValidation: new(true), UsePriorityQueue: new(false)},
		Logger:     logr.Discard(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	m := simulatedManager{Manager: mgr, api: s.api, events: s.events}
	ctx, cancel := context.WithCancel(s.t.Context())
	o, err := s.settings.ControllerOptions(ctx, m)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, setup := range []func(ctrl.Manager, options.Options) error{
		networkinterface.Setup, networkinterfaceattachment.Setup, hostinterface.Setup, nodeeni.Setup, nodeeniplan.Setup, garbage.Setup, objectmetrics.Setup,
	} {
		if err := setup(m, o); err != nil {
			s.t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	s.stop = func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("the manager ended: %v", err)
		}
		s.stop = nil
	}
}

func (s *simulatedCluster) create(o client.Object) {
	s.t.Helper()
	if err := s.api.Create(s.t.Context(), o); err != nil {
		s.t.Fatal(err)
	}
}

func (s *simulatedCluster) delete(o client.Object) {
	s.t.Helper()
	if err := s.api.Delete(s.t.Context(), o); err != nil {
		s.t.Fatal(err)
	}
}

// addNodes adds nodes first to last of a pool, with their instances.
func (s *simulatedCluster) addNodes(pool string, first, last int) {
	s.t.Helper()
	for i := first; i <= last; i++ {
		s.addNode(pool, i, "m5.large")
	}
}

// addNode adds node i of a pool, on an instance of a type.
func (s *simulatedCluster) addNode(pool string, i int, instanceType string) {
	s.t.Helper()
	id := instanceOf(pool, i)
	if _, err := s.ec2.AddInstance(ec2emulator.Instance{ID: id, Type: instanceType, SubnetID: "subnet-0"}); err != nil {
		s.t.Fatal(err)
	}
	s.create(&corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: nodeOf(pool, i), Labels: map[string]string{"pool": pool, corev1.LabelTopologyZone: "us-east-1a"}},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///us-east-1a/" + id},
		Status:     corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}},
	})
}

// setReady sets whether a node is ready, as the node lifecycle controller does.
func (s *simulatedCluster) setReady(node string, status corev1.ConditionStatus) {
	s.t.Helper()
	n := &corev1.Node{}
	if err := s.api.Get(s.t.Context(), keyOf(node), n); err != nil {
		s.t.Fatal(err)
	}
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status}}
	if err := s.api.Status().Update(s.t.Context(), n); err != nil {
		s.t.Fatal(err)
	}
}

func nodeOf(pool string, i int) string     { return fmt.Sprintf("%s-%03d", pool, i) }
func instanceOf(pool string, i int) string { return fmt.Sprintf("i-%s%03d", pool, i) }

// addNodeENI adds a NodeENI of the pool of its name.
func (s *simulatedCluster) addNodeENI(pool string, subnets ...v1alpha1.SubnetID) *v1alpha1.NodeENI {
	s.t.Helper()
	n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: pool}, Spec: v1alpha1.NodeENISpec{NodeSelector: map[string]string{"pool": pool}, SubnetIDs: subnets}}
	s.create(n)
	return n
}

// addPair adds a NetworkInterface and its attachment to an instance.
func (s *simulatedCluster) addPair(name, instance string) {
	s.t.Helper()
	spec := xpv2.ManagedResourceSpec{
		ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: "default"},
		ManagementPolicies:      xpv2.ManagementPolicies{xpv2.ManagementActionAll},
	}
	n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	n.Spec.ManagedResourceSpec = spec
	n.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID(fleetSubnet1))
	s.create(n)
	a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	a.Spec.ManagedResourceSpec = spec
	a.Spec.ForProvider.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: name}
	a.Spec.ForProvider.InstanceID = &instance
	s.create(a)
}

// within lets time pass until check is content, at most d.
func (s *simulatedCluster) within(d time.Duration, check func() error) error {
	deadline := time.Now().Add(d)
	for {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(250 * time.Millisecond)
	}
}

func (s *simulatedCluster) must(d time.Duration, check func() error) {
	s.t.Helper()
	if err := s.within(d, check); err != nil {
		s.t.Fatalf("not so within %s: %v", d, err)
	}
}

// keyOf is the key of an object without a namespace.
func keyOf(name string) types.NamespacedName { return types.NamespacedName{Name: name} }

func (s *simulatedCluster) interfaces() []ec2v1alpha1.NetworkInterface {
	s.t.Helper()
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := s.api.List(s.t.Context(), l); err != nil {
		s.t.Fatal(err)
	}
	return l.Items
}

func (s *simulatedCluster) attachments() []ec2v1alpha1.NetworkInterfaceAttachment {
	s.t.Helper()
	l := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	if err := s.api.List(s.t.Context(), l); err != nil {
		s.t.Fatal(err)
	}
	return l.Items
}

// managed are all managed resources.
func (s *simulatedCluster) managed() []managedObject {
	s.t.Helper()
	var out []managedObject
	for _, o := range s.interfaces() {
		out = append(out, &o)
	}
	for _, o := range s.attachments() {
		out = append(out, &o)
	}
	return out
}

type managedObject interface {
	client.Object
	conditioned
}

// wellWith returns an error unless there are so many pairs, all Ready and Synced, and as
// many attached ENIs of this cluster.
func (s *simulatedCluster) wellWith(pairs int) error {
	if n := len(s.interfaces()); n != pairs {
		return errors.Errorf("%d NetworkInterfaces, want %d", n, pairs)
	}
	if n := len(s.attachments()); n != pairs {
		return errors.Errorf("%d NetworkInterfaceAttachments, want %d", n, pairs)
	}
	for _, o := range s.managed() {
		if err := good(o); err != nil {
			return errors.Wrapf(err, "%T %s", o, o.GetName())
		}
	}
	ours := s.ours()
	if len(ours) != pairs {
		return errors.Errorf("%d ENIs, want %d", len(ours), pairs)
	}
	owners := map[string]string{}
	for _, n := range ours {
		if n.Attachment == nil || n.Attachment.Status != "attached" {
			return errors.Errorf("%s is not attached", n.ID)
		}
		if before, ok := owners[n.Tags[eni.TagUID]]; ok {
			return errors.Errorf("%s and %s are of one object", before, n.ID)
		}
		owners[n.Tags[eni.TagUID]] = n.ID
	}
	return nil
}

// ours are the ENIs that were made for objects and exist.
func (s *simulatedCluster) ours() []ec2emulator.NetworkInterface {
	return s.ec2.ENIs(ec2emulator.Exists, func(n ec2emulator.NetworkInterface) bool { return n.Tags[eni.TagUID] != "" })
}

// attachedTo are the ids of the ENIs of ours on the instances of a pool.
func (s *simulatedCluster) attachedTo(pool string) []string {
	var ids []string
	for _, n := range s.ours() {
		if n.Attachment != nil && strings.HasPrefix(n.Attachment.InstanceID, "i-"+pool) {
			ids = append(ids, n.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// A recordedEvent is an event that a controller sent.
type recordedEvent struct {
	at                                 time.Time
	kind, name, event, reason, message string
}

// eventRecorder records events.
type eventRecorder struct {
	mu     sync.Mutex
	events []recordedEvent
}

func (h *eventRecorder) Event(o runtime.Object, event, reason, message string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := types.NamespacedName{}
	if c, ok := o.(client.Object); ok {
		name = client.ObjectKeyFromObject(c)
	}
	h.events = append(h.events, recordedEvent{at: time.Now(), kind: fmt.Sprintf("%T", o), name: name.String(), event: event, reason: reason, message: message})
}

func (h *eventRecorder) Eventf(o runtime.Object, event, reason, format string, args ...any) {
	h.Event(o, event, reason, fmt.Sprintf(format, args...))
}

func (h *eventRecorder) AnnotatedEventf(o runtime.Object, _ map[string]string, event, reason, format string, args ...any) {
	h.Event(o, event, reason, fmt.Sprintf(format, args...))
}

// warnings returns the warnings since a time.
func (h *eventRecorder) warnings(since time.Time) []recordedEvent {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.events), func(e recordedEvent) bool { return e.at.Before(since) || e.event != corev1.EventTypeWarning })
}

// most returns the most calls of a ledger within any d, and from when.
func most(calls []ec2emulator.Call, d time.Duration) (int, time.Time) {
	n, from, first := 0, time.Time{}, 0
	for i, c := range calls {
		for c.Time.Sub(calls[first].Time) >= d {
			first++
		}
		if i-first+1 > n {
			n, from = i-first+1, calls[first].Time
		}
	}
	return n, from
}
