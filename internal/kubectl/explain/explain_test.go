// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis"
	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/advice"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/explain"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// A scene is the objects of one network interface that is ready on its host.
type scene struct {
	nodeENI *v1alpha1.NodeENI
	node    *corev1.Node
	ni      *ec2v1alpha1.NetworkInterface
	at      *ec2v1alpha1.NetworkInterfaceAttachment
	hi      *v1alpha1.HostInterface
	config  *v1alpha1.ClusterProviderConfig
}

func newScene() *scene {
	labels := map[string]string{v1alpha1.LabelNodeENI: "data", v1alpha1.LabelNode: "n1"}
	s := &scene{
		nodeENI: &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: v1alpha1.NodeENISpec{NodeSelector: map[string]string{"role": "data"}}},
		node: &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: map[string]string{"role": "data", corev1.LabelTopologyZone: "us-east-1a"}},
			Spec:       corev1.NodeSpec{ProviderID: "aws:///us-east-1a/i-0123456789abcdef0"},
		},
		ni: &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "c1", Labels: labels}},
		at: &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "c1", Labels: labels}},
		hi: &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: "system.c1", Labels: labels, Generation: 1}},

		config: &v1alpha1.ClusterProviderConfig{},
	}
	s.nodeENI.Status.Region, s.nodeENI.Status.ObservedGeneration = "us-east-1", 1
	s.ni.Status.AtProvider.ID = "eni-1"
	s.ni.SetConditions(xpv2.ReconcileSuccess(), xpv2.Available())
	s.at.Spec.ForProvider.NodeName = new("n1")
	s.at.Status.AtProvider.Status, s.at.Status.AtProvider.DeviceIndex = "attached", new(int32(2))
	s.at.SetConditions(xpv2.ReconcileSuccess(), xpv2.Available())
	s.hi.Spec.NodeName, s.hi.Spec.AttachmentRef = "n1", v1alpha1.AttachmentReference{Namespace: "system", Name: "c1"}
	s.hi.Status.ObservedGeneration = 1
	s.hi.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
	return s
}

// explain explains a subject. Objects without a name do not exist.
func (s *scene) explain(t *testing.T, subject string) ([]explain.Explanation, error) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), apis.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	b := fake.NewClientBuilder().WithScheme(scheme)
	for _, o := range []client.Object{s.nodeENI, s.node, s.ni, s.at, s.hi, s.config} {
		if o.GetName() != "" {
			b = b.WithObjects(o)
		}
	}
	kube := b.Build()
	f, err := fleet.Read(t.Context(), kube)
	if err == nil {
		err = f.ReadConfigs(t.Context(), kube)
	}
	if err != nil {
		t.Fatal(err)
	}
	return explain.Of(f, subject)
}

// failed returns the first step that is not done, and what to do.
func failed(e explain.Explanation) (step, evidence, action string) {
	for _, s := range e.Steps {
		if s.State != explain.Done {
			return s.Name, strings.Join(s.Evidence, "; "), e.Action
		}
	}
	return "", "", e.Action
}

func TestExplain(t *testing.T) {
	none := func(s *scene) {
		s.ni, s.at, s.hi = &ec2v1alpha1.NetworkInterface{}, &ec2v1alpha1.NetworkInterfaceAttachment{}, &v1alpha1.HostInterface{}
	}
	cases := map[string]struct {
		reason                 string
		change                 func(s *scene)
		step, evidence, action string
	}{
		"Ready":      {reason: "Nothing is to be done for an interface that is ready.", change: func(*scene) {}},
		"Selector":   {reason: "The label that differs is named.", change: func(s *scene) { none(s); s.node.Labels["role"] = "web" }, step: "selector", evidence: `label role of the node is "web", not "data"`, action: "Label the node"},
		"ProviderID": {reason: "A node without an instance is not known to EC2.", change: func(s *scene) { none(s); s.node.Spec.ProviderID = "" }, step: "node", evidence: "spec.providerID of the node is empty", action: "Wait for the cloud controller manager."},
		"NotEC2":     {reason: "A node that is not an instance gets no ENI.", change: func(s *scene) { none(s); s.node.Spec.ProviderID = "eks-hybrid:///us-east-1/c/mi-1" }, step: "node", evidence: "eks-hybrid", action: "Do not select it."},
		"Region":     {reason: "A node in another region gets no ENI.", change: func(s *scene) { none(s); s.node.Spec.ProviderID = "aws:///eu-west-1a/i-0123456789abcdef0" }, step: "node", evidence: "region eu-west-1", action: "Do not select it."},
		"Plan": {reason: "A selected node without an ENI has the condition of the NodeENI.", change: func(s *scene) {
			none(s)
			s.nodeENI.SetConditions(v1alpha1.NodesNotUsable(v1alpha1.ReasonNoSubnetInZone, "n1"))
		}, step: "plan", evidence: "NodesUsable is False, NoSubnetInZone: n1", action: "Add a subnet of that zone."},
		"Provider": {reason: "A provider that does not run is named.", change: func(s *scene) { none(s); s.nodeENI.Status.ObservedGeneration = 0 }, step: "plan", evidence: "the provider has not observed the NodeENI", action: "Wait."},
		"NoObject": {reason: "A missing attachment is named.", change: func(s *scene) { s.at, s.hi = &ec2v1alpha1.NetworkInterfaceAttachment{}, &v1alpha1.HostInterface{} }, step: "attachment", evidence: "networkinterfaceattachment/c1 does not exist", action: "Wait."},
		"NoHost":   {reason: "A missing HostInterface is named.", change: func(s *scene) { s.hi = &v1alpha1.HostInterface{} }, step: "host", evidence: "the HostInterface does not exist yet", action: "DaemonSet"},
		"Agent":    {reason: "An agent that has not responded is named.", change: func(s *scene) { s.hi.Status = v1alpha1.HostInterfaceStatus{} }, step: "host", evidence: "the agent on the node has not responded", action: "kubectl get pods -A -o wide -l app.kubernetes.io/part-of=provider-aws-eni --field-selector spec.nodeName=n1"},
		"Stale":    {reason: "A host with an earlier generation waits.", change: func(s *scene) { s.hi.Generation = 2 }, step: "host", evidence: "generation 1 of 2", action: "DaemonSet"},
		"WaitsForHost": {reason: "The attachment that waits for its host is not the cause.", change: func(s *scene) {
			s.at.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForHost, ""))
			s.hi.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonDriverNotLoaded, "vfio-pci"))
		}, step: "host", evidence: "DriverNotLoaded: vfio-pci", action: "Run modprobe"},
		"Class": {reason: "The advice is for the class of the error, which is the reason of Ready.", change: func(s *scene) {
			s.ni.SetConditions(xpv2.ReconcileError(errors.New("no such group")), v1alpha1.NotReady(v1alpha1.ReasonSecurityGroupNotFound, ""))
		}, step: "network interface", evidence: "no such group", action: "Specify groups of the subnet's VPC."},
		"Releasing": {reason: "A release waits for the pods that the host names.", change: func(s *scene) {
			s.at.DeletionTimestamp, s.at.Finalizers = new(metav1.Now()), []string{"x"}
			s.hi.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForPods, "pod default/web"))
		}, step: "attachment", evidence: "WaitingForPods: pod default/web", action: "Delete the pods"},
		"Spec": {reason: "A spec that cannot be applied is the cause, although the ENI is ready.", change: func(s *scene) {
			s.nodeENI.SetConditions(v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetNotFound, "subnet-1 does not exist"))
		}, step: "plan", evidence: "the network interface remains as it is: the spec cannot be applied; nodeeni/data: SubnetNotFound: subnet-1 does not exist", action: "Correct the id or name."},
		"OtherZone": {reason: "A subnet in another zone does not concern the ENIs of the node.", change: func(s *scene) {
			s.nodeENI.SetConditions(v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetInOtherZone, "subnet-2"))
		}},
		"NoLabel": {reason: "A missing label is named.", change: func(s *scene) { none(s); delete(s.node.Labels, "role") }, step: "selector", evidence: `the node has no label role, which must be "data"`, action: "Label the node"},
		"Deleted": {reason: "An attachment that a user deletes is released.", change: func(s *scene) {
			s.at.DeletionTimestamp, s.at.Finalizers = new(metav1.Now()), []string{"x"}
			s.at.SetConditions(xpv2.Deleting())
		}, step: "attachment", evidence: "it is being deleted", action: "Wait."},
		"Network": {reason: "Pods need the network.", change: func(s *scene) {
			s.nodeENI.Spec.Network = &v1alpha1.NodeENINetwork{}
			s.nodeENI.SetConditions(v1alpha1.NetworkNotDefined(v1alpha1.ReasonMultusNotInstalled, "no CRD"))
		}, step: "pods", evidence: "NetworkDefined is False, MultusNotInstalled: no CRD", action: "Multus"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			tc.change(s)
			all, err := s.explain(t, "node/n1")
			if err != nil || len(all) != 1 {
				t.Fatalf("%d explanations, %v", len(all), err)
			}
			step, evidence, action := failed(all[0])
			if step != tc.step || !strings.Contains(evidence, tc.evidence) || !strings.Contains(action, tc.action) || (tc.action == "") != (action == "") {
				t.Errorf("\n%s\nstep %q: %s\nwhat to do: %s\nwant step %q: %s\nwhat to do: %s", tc.reason, step, evidence, action, tc.step, tc.evidence, tc.action)
			}
		})
	}
}

// TestEveryReason makes each reason of the product the cause, on the object that has it.
func TestEveryReason(t *testing.T) {
	raw, err := os.ReadFile("../../../apis/networking/v1alpha1/conditions.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`ConditionReason = "([A-Za-z0-9]+)"`).FindAllStringSubmatch(string(raw), -1) {
		if m[1] == string(v1alpha1.ReasonWaitingForHost) {
			continue // not a cause
		}
		bad := v1alpha1.NotReady(xpv2.ConditionReason(m[1]), "the cause")
		for object, set := range map[string]func(s *scene){
			"NetworkInterface":           func(s *scene) { s.ni.SetConditions(bad) },
			"NetworkInterfaceAttachment": func(s *scene) { s.at.SetConditions(bad) },
			"HostInterface":              func(s *scene) { s.hi.SetConditions(bad) },
		} {
			s := newScene()
			set(s)
			all, err := s.explain(t, "eni/eni-1")
			if err != nil || len(all) != 1 {
				t.Fatalf("%d explanations, %v", len(all), err)
			}
			want, _ := advice.Of(object, m[1])
			if _, evidence, action := failed(all[0]); !strings.Contains(evidence, m[1]+": the cause") || action != want.Action {
				t.Errorf("%s of a %s:\n%s\nwhat to do: %s\nwant: %s", m[1], object, evidence, action, want.Action)
			}
		}
	}
}

func TestSubjects(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   string
		want   string // of the error
	}{
		"Node":        {reason: "A node is a subject.", args: "node/n1"},
		"NodeENI":     {reason: "A NodeENI is a subject.", args: "neni/data"},
		"LongKind":    {reason: "The names of kubectl get -o name are accepted.", args: "nodeeni.networking.k8s.aws/data"},
		"ENI":         {reason: "An ENI is a subject.", args: "eni/eni-1"},
		"Name":        {reason: "The name of a NetworkInterface is a subject.", args: "eni/c1"},
		"NoKind":      {reason: "A subject has a kind.", args: "n1", want: `cannot explain "n1": use node/NAME, neni/NAME or eni/ID`},
		"NoName":      {reason: "A subject has a name.", args: "node/", want: `cannot explain "node/"`},
		"OtherKind":   {reason: "Other kinds are not explained.", args: "pod/web", want: `cannot explain kind "pod"`},
		"NoNode":      {reason: "The node must exist.", args: "node/n2", want: `node "n2" does not exist`},
		"NoNodeENI":   {reason: "The NodeENI must exist.", args: "neni/dtaa", want: `NodeENI "dtaa" does not exist`},
		"UnknownENI":  {reason: "The ENI must be an ENI of a NodeENI.", args: "eni/eni-2", want: `no NodeENI has network interface "eni-2"`},
		"EmptyString": {reason: "A subject is not empty.", args: "", want: "cannot explain"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := newScene().explain(t, tc.args)
			if (err == nil) != (tc.want == "") || err != nil && !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("\n%s\ngot %v, want %q", tc.reason, err, tc.want)
			}
		})
	}
}
