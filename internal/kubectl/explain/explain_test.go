// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
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
	leases  []*coordinationv1.Lease
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
	s.hi.Status.ObservedGeneration, s.hi.Status.InterfaceName = 1, "eth1"
	s.hi.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
	return s
}

// explain explains a subject. Objects without a name do not exist.
func (s *scene) explain(t *testing.T, subject string) ([]explain.Explanation, error) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), coordinationv1.AddToScheme(scheme), apis.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	b := fake.NewClientBuilder().WithScheme(scheme)
	for _, o := range []client.Object{s.nodeENI, s.node, s.ni, s.at, s.hi, s.config} {
		if o.GetName() != "" {
			b = b.WithObjects(o)
		}
	}
	for _, l := range s.leases {
		b = b.WithObjects(l)
	}
	kube := b.Build()
	f, err := fleet.Read(t.Context(), kube)
	if err == nil {
		err = errors.Join(f.ReadConfigs(t.Context(), kube), f.ReadLeases(t.Context(), kube, now))
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
		}, step: "network interface", evidence: "no such group", action: "Specify groups of the subnet's VPC: securityGroupIDs"},
		"Releasing": {reason: "A release waits for the pods that the host names.", change: func(s *scene) {
			s.at.DeletionTimestamp, s.at.Finalizers = new(metav1.Now()), []string{"x"}
			s.hi.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForPods, "pod default/web"))
		}, step: "attachment", evidence: "WaitingForPods: pod default/web", action: "Delete the pods"},
		"Spec": {reason: "A spec that cannot be applied is the cause, although the ENI is ready.", change: func(s *scene) {
			s.nodeENI.SetConditions(v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetNotFound, "subnet-1 does not exist"))
		}, step: "plan", evidence: "the network interface remains as it is: the spec is not applied; nodeeni/data: SubnetNotFound: subnet-1 does not exist", action: "Correct the id or name."},
		"OtherZone": {reason: "A subnet in another zone does not concern the ENIs of the node.", change: func(s *scene) {
			s.nodeENI.SetConditions(v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetInOtherZone, "subnet-2"))
		}},
		"Creating": {reason: "An ENI that is being created is not a failure.", change: func(s *scene) { s.at.SetConditions(xpv2.Creating()) }, step: "attachment", evidence: "Ready is False, Creating", action: "Wait."},
		"Paused": {
			reason: "Crossplane's condition of a paused object has no message.", change: func(s *scene) { s.ni.SetConditions(xpv2.ReconcilePaused()) },
			step: "network interface", evidence: "Synced is False, ReconcilePaused: the annotation crossplane.io/paused is set", action: "Remove the annotation crossplane.io/paused",
		},
		"PausedNodeENI": {
			reason: "A paused NodeENI keeps its ENIs.", change: func(s *scene) { s.nodeENI.SetConditions(xpv2.ReconcilePaused().WithMessage(v1alpha1.PausedMessage)) },
			step: "plan", evidence: "the network interface remains as it is: the spec is not applied; nodeeni/data: ReconcilePaused", action: "Remove the annotation crossplane.io/paused",
		},
		"Device": {
			reason: "A link that another client removes.", change: func(s *scene) {
				s.hi.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForDevice, "no link of this host has the MAC address"))
			},
			step: "host", evidence: "hostinterface/system.c1 is for MAC address", action: "Wait",
		},
		"DeletedNode": {
			reason: "The ENI of a deleted node is kept for a grace period.",
			change: func(s *scene) {
				s.node.Name = ""
				s.nodeENI.Status.Attachments = []v1alpha1.NodeENIAttachment{{Name: "c1", NodeID: "n1", Message: "released at 2030"}}
			},
			step: "node", evidence: "node n1 does not exist; released at 2030", action: "Nothing, unless the node is to keep",
		},
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
			advised, _ := advice.Of(object, m[1])
			want := strings.ReplaceAll(advised.Action, "NAMESPACE NAME", "system c1")
			if object == "NetworkInterface" {
				want = strings.ReplaceAll(want, "confirm-deleted=ID", "confirm-deleted=eni-1")
			}
			if _, evidence, action := failed(all[0]); !strings.Contains(evidence, m[1]+": the cause") || action != want {
				t.Errorf("%s of a %s:\n%s\nwhat to do: %s\nwant: %s", m[1], object, evidence, action, want)
			}
		}
	}
}

// standalone returns a scene whose network interface has no NodeENI, and whose objects have different
// names.
func standalone() *scene {
	s := newScene()
	s.nodeENI.Name, s.node.Name = "", ""
	s.ni.Namespace, s.ni.Name, s.ni.Labels = "team", "outside", nil
	s.at.Namespace, s.at.Name, s.at.Labels = "team", "outside-a", nil
	s.at.Spec.ForProvider.NodeName, s.at.Spec.ForProvider.InstanceID = nil, new("i-1")
	s.at.Spec.ForProvider.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: "outside"}
	s.at.Spec.Host = &v1alpha1.HostConfig{}
	s.hi.Name, s.hi.Labels, s.hi.Spec.AttachmentRef = "team.outside-a", nil, v1alpha1.AttachmentReference{Namespace: "team", Name: "outside-a"}
	return s
}

// TestExplainStandalone explains network interfaces without a NodeENI.
func TestExplainStandalone(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*scene)
		step   string // the first that is not done
		// evidence of that step, or of the last, and what to do.
		evidence, action string
		steps            int
	}{
		"Ready":        {reason: "All steps of an ENI that is ready are done.", steps: 3, evidence: "hostinterface/team.outside-a has the link"},
		"NoAttachment": {reason: "An ENI needs no attachment.", change: func(s *scene) { s.at.Name, s.hi.Name = "", "" }, steps: 1, evidence: "networkinterface/outside is eni-1"},
		"NoHost":       {reason: "Without spec.host, the attachment is the last step.", change: func(s *scene) { s.hi.Name, s.at.Spec.Host = "", nil }, steps: 2, evidence: "networkinterfaceattachment/outside-a is attached to instance  at device index 2"},
		"NoGroup": {
			reason: "A spec that EC2 rejects.", steps: 3, step: "network interface", evidence: "no such group", action: "Specify groups of the subnet's VPC: securityGroupIDs",
			change: func(s *scene) {
				s.ni.SetConditions(xpv2.ReconcileError(errors.New("no such group")), v1alpha1.NotReady(v1alpha1.ReasonSecurityGroupNotFound, ""))
			},
		},
		"RejectedChange": {
			reason: "A change that EC2 rejects: the ENI stays ready.", steps: 3, step: "network interface", evidence: "no such group", action: "Correct what the message names",
			change: func(s *scene) { s.ni.SetConditions(xpv2.ReconcileError(errors.New("no such group"))) },
		},
		"NoInterface": {
			reason: "The NetworkInterface that the attachment references must exist.", steps: 3, step: "network interface", evidence: "networkinterface/outside does not exist",
			action: "Create NetworkInterface outside in namespace team, unless another controller such as a Composition creates it. Or delete the attachment: kubectl delete enia -n team outside-a",
			change: func(s *scene) { s.ni.Name = "" },
		},
		"ByID": {
			reason: "An attachment by the id of the ENI needs no NetworkInterface.", steps: 2, evidence: "hostinterface/team.outside-a has the link",
			change: func(s *scene) {
				s.ni.Name = ""
				s.at.Spec.ForProvider.NetworkInterfaceRef, s.at.Spec.ForProvider.NetworkInterfaceID = nil, new("eni-1")
			},
		},
		"DeletedInterface": {
			reason: "A deleted NetworkInterface waits for an attachment that is not deleted.", steps: 3, step: "network interface", action: "Delete the NetworkInterfaceAttachment of the ENI",
			evidence: "Ready is False, Deleting: attached by eni-attach-1; networkinterfaceattachment/outside-a attaches it, and is not being deleted",
			change: func(s *scene) {
				s.ni.DeletionTimestamp, s.ni.Finalizers = new(metav1.Now()), []string{"x"}
				s.ni.SetConditions(xpv2.Deleting().WithMessage("attached by eni-attach-1"))
			},
		},
		"NoNode": {
			reason: "spec.host needs an instance that is a node of the cluster.", steps: 3, step: "attachment", evidence: "HostReady is False, NoNode: no node", action: "Remove spec.host",
			change: func(s *scene) {
				s.hi.Name = ""
				s.at.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForHost, ""), v1alpha1.HostReady(corev1.ConditionFalse, v1alpha1.ReasonNoNode, "no node"))
			},
		},
		"ElasticIP": {
			reason: "An Elastic IP in the spec is a step.", steps: 4, step: "elastic IP", evidence: "ElasticIPAssociated is False, ElasticIPInUse: used", action: "Disassociate it there",
			change: func(s *scene) {
				s.ni.Spec.ForProvider.ElasticIPAllocationID = new(ec2v1alpha1.ElasticIPAllocationID("eipalloc-1"))
				s.ni.SetConditions(v1alpha1.ElasticIPNotAssociated(v1alpha1.ReasonElasticIPInUse, "used"))
			},
		},
		"NoElasticIPYet": {
			reason: "The Elastic IP is not associated yet.", steps: 4, step: "elastic IP", evidence: "the network interface has no Elastic IP", action: "Wait.",
			change: func(s *scene) {
				s.ni.Spec.ForProvider.ElasticIPAllocationID = new(ec2v1alpha1.ElasticIPAllocationID("eipalloc-1"))
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := standalone()
			if tc.change != nil {
				tc.change(s)
			}
			subject := "eni/outside"
			if s.at.Name != "" {
				subject = "enia/outside-a"
			}
			got, err := s.explain(t, subject)
			if err != nil || len(got) != 1 {
				t.Fatalf("\n%s\n%d explanations, %v", tc.reason, len(got), err)
			}
			step, evidence, action := failed(got[0])
			if step == "" {
				evidence = strings.Join(got[0].Steps[len(got[0].Steps)-1].Evidence, "; ")
			}
			if step != tc.step || len(got[0].Steps) != tc.steps || !strings.Contains(evidence, tc.evidence) || !strings.HasPrefix(action, tc.action) {
				t.Errorf("\n%s\nstep %q of %d, %q, %q\nwant %q of %d, %q, %q", tc.reason, step, len(got[0].Steps), evidence, action, tc.step, tc.steps, tc.evidence, tc.action)
			}
		})
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
		"Attachment":  {reason: "The name of an attachment is a subject.", args: "enia/c1"},
		"Namespaced":  {reason: "The name of an attachment may have its namespace.", args: "enia/system/c1"},
		"Namespace":   {reason: "The namespace must match.", args: "eni/team/c1", want: `network interface "team/c1" does not exist`},
		"Host":        {reason: "The name of a HostInterface is a subject.", args: "hif/system.c1"},
		"NoKind":      {reason: "A subject has a kind.", args: "n1", want: `cannot explain "n1": use node/NAME, neni/NAME, eni/ID, eni/NAME, enia/NAME or hif/NAME`},
		"NoName":      {reason: "A subject has a name.", args: "node/", want: `cannot explain "node/"`},
		"OtherKind":   {reason: "Other kinds are not explained.", args: "pod/web", want: `cannot explain kind "pod"`},
		"NoNode":      {reason: "The node must exist.", args: "node/n2", want: `node "n2" does not exist`},
		"NoNodeENI":   {reason: "The NodeENI must exist.", args: "neni/dtaa", want: `NodeENI "dtaa" does not exist`},
		"UnknownENI":  {reason: "An object must have the ENI.", args: "eni/eni-2", want: `network interface "eni-2" does not exist`},
		"UnknownHost": {reason: "The HostInterface must exist.", args: "hif/c1", want: `HostInterface "c1" does not exist: see kubectl get eni,enia -A, and kubectl get hif`},
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
