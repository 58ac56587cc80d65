// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/explain"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// A situation is a cluster with node a-001 and NodeENI a, in which something is wrong.
type situation struct {
	*simulatedCluster

	node *corev1.Node
	neni *v1alpha1.NodeENI
}

// fault injects a fault.
func (s *situation) fault(action, code string) {
	s.ec2.Inject(ec2emulator.Fault{Action: action, Code: code})
}

// edit changes the NodeENI.
func (s *situation) edit(change func(spec *v1alpha1.NodeENISpec)) {
	s.t.Helper()
	n := &v1alpha1.NodeENI{}
	if err := s.api.Get(s.t.Context(), keyOf("a"), n); err != nil {
		s.t.Fatal(err)
	}
	change(&n.Spec)
	if err := s.api.Update(s.t.Context(), n); err != nil {
		s.t.Fatal(err)
	}
}

// retag changes a tag of all ENIs of the provider, as a user of the console does.
func (s *situation) retag(key, value string) {
	s.t.Helper()
	for _, n := range s.ours() {
		if _, err := s.otherClient().CreateTags(s.t.Context(), &awsec2.CreateTagsInput{Resources: []string{n.ID}, Tags: []ec2types.Tag{{Key: &key, Value: &value}}}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// otherClient returns a client of EC2 with the credentials of a user.
func (s *simulatedCluster) otherClient() *awsec2.Client {
	return awsec2.New(awsec2.Options{
		Region: "us-east-1", BaseEndpoint: new("http://ec2.example"), HTTPClient: &http.Client{Transport: direct{s.ec2}},
		Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7OTHER00", "secret", "")),
	})
}

// restart restarts the provider with changed settings.
func (s *situation) restart(change func()) {
	s.t.Helper()
	s.stop()
	change()
	s.start()
}

// setHosts sets the condition Ready of all HostInterfaces, or of a node's, as an agent does. It returns
// the last one.
func (s *simulatedCluster) setHosts(node string, ready xpv2.Condition) *v1alpha1.HostInterface {
	s.t.Helper()
	var last *v1alpha1.HostInterface
	l := &v1alpha1.HostInterfaceList{}
	if err := s.api.List(s.t.Context(), l); err != nil {
		s.t.Fatal(err)
	}
	for i := range l.Items {
		h := &l.Items[i]
		if node != "" && h.Spec.NodeName != node {
			continue
		}
		h.Status.ObservedGeneration = h.GetGeneration()
		h.SetConditions(ready)
		if err := s.api.Status().Update(s.t.Context(), h); err != nil {
			s.t.Fatal(err)
		}
		last = h
	}
	if last == nil {
		s.t.Fatal("there is no HostInterface")
	}
	return last
}

// explain explains a subject, and returns the first step that is not done.
func (s *situation) explain(subject string) (explain.Step, explain.Explanation, error) {
	f, err := fleet.Read(s.t.Context(), s.api)
	if err != nil {
		return explain.Step{}, explain.Explanation{}, err
	}
	all, err := explain.Of(f, subject)
	if err != nil {
		return explain.Step{}, explain.Explanation{}, err
	}
	for _, e := range all {
		for _, step := range e.Steps {
			if step.State != explain.Done && step.State != explain.Open {
				return step, e, nil
			}
		}
	}
	return explain.Step{}, explain.Explanation{}, errors.New("nothing is wrong")
}

// TestExplain produces situations in which a node does not get its interface, with the real
// controllers and the emulator, and explains them. The agents' situations are in
// test/integration: here no agent runs.
func TestExplain(t *testing.T) {
	for name, tc := range situations() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSituation(t)
				defer s.close()
				if tc.before != nil {
					tc.before(s)
				}
				s.create(s.node)
				s.create(s.neni)
				if !tc.stopped {
					s.start()
				}
				if tc.after != nil || tc.agent {
					s.must(10*time.Minute, func() error { return s.wellWith(1) })
				}
				if tc.agent {
					s.setHosts("", v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
				}
				if tc.after != nil {
					tc.after(s)
				}
				var step explain.Step
				var e explain.Explanation
				err := s.within(20*time.Minute, func() error {
					var err error
					if step, e, err = s.explain("node/a-001"); err != nil {
						return err
					}
					if step.Name != tc.step || step.Reason != tc.want {
						return errors.Errorf("step %q has reason %q, want step %q with reason %q", step.Name, step.Reason, tc.step, tc.want)
					}
					return nil
				})
				text := explain.Text([]explain.Explanation{e})
				switch evidence := strings.Join(step.Evidence, "; "); {
				case err != nil:
					t.Errorf("\n%s\n%v\n%s", tc.reason, err, text)
				case !strings.Contains(evidence, tc.evidence):
					t.Errorf("\n%s\nThe evidence does not contain %q:\n%s", tc.reason, tc.evidence, text)
				case e.Action == "" || !strings.Contains(e.Action, tc.action):
					t.Errorf("\n%s\nWhat to do does not contain %q:\n%s", tc.reason, tc.action, text)
				}
			})
		})
	}
}

func newSituation(t *testing.T) *situation {
	t.Helper()
	s := &situation{simulatedCluster: newCluster(t, ec2emulator.Options{})}
	if _, err := s.ec2.AddInstance(ec2emulator.Instance{ID: instanceOf("a", 1), Type: "m5.large", SubnetID: "subnet-0"}); err != nil {
		t.Fatal(err)
	}
	s.node = &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: nodeOf("a", 1), Labels: map[string]string{"pool": "a", corev1.LabelTopologyZone: "us-east-1a"}},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///us-east-1a/" + instanceOf("a", 1)},
		Status:     corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}},
	}
	s.neni = &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: v1alpha1.NodeENISpec{
		NodeSelector: map[string]string{"pool": "a"}, SubnetIDs: []v1alpha1.SubnetID{fleetSubnet1},
	}}
	return s
}

// addSubnet adds a subnet, with a Name tag unless it is empty.
func (s *situation) addSubnet(subnet ec2emulator.Subnet, name string) {
	s.t.Helper()
	if name != "" {
		subnet.Tags = map[string]string{"Name": name}
	}
	if _, err := s.ec2.AddSubnet(subnet); err != nil {
		s.t.Fatal(err)
	}
}

// A situationCase is a situation with its explanation.
type situationCase struct {
	reason string
	// before makes the situation before the node and the NodeENI exist, after once the ENI
	// is attached.
	before, after func(s *situation)
	// stopped is true if the provider does not run, and agent is true if an agent has
	// configured the link.
	stopped, agent bool
	// step and want are the step that is not done, and its reason.
	step, want string
	// evidence and action are parts of the evidence and of what to do.
	evidence, action string
}

func situations() map[string]situationCase {
	const node, plan, ni, at, host, pods = "node", "plan", "network interface", "attachment", "host", "pods"
	return map[string]situationCase{
		"Selector":   {reason: "The node has another label.", before: func(s *situation) { s.node.Labels["pool"] = "b" }, step: "selector", evidence: `label pool of the node is "b", not "a"`, action: "Label the node"},
		"ProviderID": {reason: "The node has no providerID.", before: func(s *situation) { s.node.Spec.ProviderID = "" }, step: node, want: "WaitingForProviderID"},
		"NotEC2":     {reason: "The node is no instance.", before: func(s *situation) { s.node.Spec.ProviderID = "eks-hybrid:///us-east-1/c/mi-1" }, step: node, want: "NotEC2Instance"},
		"Region": {reason: "The node is in another region.", before: func(s *situation) {
			s.node.Spec.ProviderID = "aws:///eu-west-1a/i-0123456789abcdef0"
		}, step: plan, want: "NodeInOtherRegion", evidence: "eu-west-1"},
		"Zone": {reason: "No subnet is in the node's zone.", before: func(s *situation) {
			s.addSubnet(ec2emulator.Subnet{ID: "subnet-b", VPCID: "vpc-1", CIDR: "10.0.64.0/20", AvailabilityZone: "us-east-1b"}, "")
			s.neni.Spec.SubnetIDs = []v1alpha1.SubnetID{"subnet-b"}
		}, step: plan, want: "NoSubnetInZone"},
		"VPC": {reason: "The subnet is in another VPC.", before: func(s *situation) {
			if _, err := s.ec2.AddVPC(ec2emulator.VPC{ID: "vpc-2", CIDR: "10.1.0.0/16"}); err != nil {
				s.t.Fatal(err)
			}
			s.addSubnet(ec2emulator.Subnet{ID: "subnet-v", VPCID: "vpc-2", CIDR: "10.1.0.0/20", AvailabilityZone: "us-east-1a"}, "")
			s.neni.Spec.SubnetIDs = []v1alpha1.SubnetID{"subnet-v"}
		}, step: plan, want: "NoSubnetInZone"},
		"Subnet":     {reason: "The subnet does not exist.", before: func(s *situation) { s.neni.Spec.SubnetIDs = []v1alpha1.SubnetID{"subnet-9"} }, step: plan, want: "SubnetNotFound", evidence: `subnet "subnet-9" does not exist`},
		"SubnetName": {reason: "No subnet has the name.", before: func(s *situation) { s.neni.Spec.SubnetIDs, s.neni.Spec.SubnetName = nil, new("data") }, step: plan, want: "SubnetNotFound", evidence: `"data"`},
		"Ambiguous": {reason: "Two subnets of the zone have the name.", before: func(s *situation) {
			for i := range 2 {
				s.addSubnet(ec2emulator.Subnet{ID: fmt.Sprintf("subnet-n%d", i), VPCID: "vpc-1", CIDR: fmt.Sprintf("10.0.%d.0/20", 64+16*i), AvailabilityZone: "us-east-1a"}, "data")
			}
			s.neni.Spec.SubnetIDs, s.neni.Spec.SubnetName = nil, new("data")
		}, step: plan, want: "SubnetAmbiguous"},
		"Provider": {reason: "The provider does not run.", stopped: true, step: plan, evidence: "the provider has not observed the NodeENI", action: "read the log of the provider"},
		"Paused": {reason: "The NodeENI is paused.", before: func(s *situation) {
			s.neni.Annotations = map[string]string{meta.AnnotationKeyReconciliationPaused: "true"}
		}, step: plan, want: "ReconcilePaused"},
		"Credentials": {reason: "The Secret of the credentials does not exist.", before: func(s *situation) {
			s.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "aws"}})
		}, step: plan, want: "CannotReachEC2", evidence: `cannot get credentials Secret "aws" in namespace "ns"`},
		"InvalidKey": {reason: "EC2 rejects the credentials.", before: func(s *situation) { s.fault("*", "AuthFailure") }, step: plan, want: "CredentialsRejected"},
		"Outage":     {reason: "EC2 returns only failures.", before: func(s *situation) { s.ec2.SetOutage(ec2emulator.OutageUnavailable) }, step: plan, want: "CannotReachEC2"},
		"Unreachable": {reason: "EC2 cannot be reached.", before: func(s *situation) {
			s.ec2.SetOutage(ec2emulator.OutageCut)
		}, step: plan, want: "CannotReachEC2"},
		"DescribeDenied": {reason: "The role may not describe subnets.", before: func(s *situation) { s.fault("DescribeSubnets", "UnauthorizedOperation") }, step: plan, want: "MissingPermission"},
		"CreateDenied":   {reason: "The role may not create ENIs.", before: func(s *situation) { s.fault("CreateNetworkInterface", "UnauthorizedOperation") }, step: ni, want: "MissingPermission"},
		"AttachDenied":   {reason: "The role may not attach ENIs.", before: func(s *situation) { s.fault("AttachNetworkInterface", "UnauthorizedOperation") }, step: at, want: "MissingPermission"},
		"Throttled":      {reason: "EC2 throttles the calls.", before: func(s *situation) { s.fault("CreateNetworkInterface", "RequestLimitExceeded") }, step: ni, want: "EC2Throttled"},
		"Quota":          {reason: "The account has as many ENIs as its quota allows.", before: func(s *situation) { s.fault("CreateNetworkInterface", "NetworkInterfaceLimitExceeded") }, step: ni, want: "QuotaExceeded"},
		"SubnetFull": {reason: "The subnet has no free address.", before: func(s *situation) {
			s.addSubnet(ec2emulator.Subnet{ID: "subnet-s", VPCID: "vpc-1", CIDR: "10.0.64.0/28", AvailabilityZone: "us-east-1a"}, "")
			for range 11 {
				if _, err := s.ec2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: "subnet-s"}); err != nil {
					s.t.Fatal(err)
				}
			}
			s.neni.Spec.SubnetIDs = []v1alpha1.SubnetID{"subnet-s"}
		}, step: ni, want: "SubnetFull"},
		"Group": {reason: "The security group does not exist.", before: func(s *situation) { s.neni.Spec.SecurityGroupIDs = []v1alpha1.SecurityGroupID{"sg-9"} }, step: ni, want: "NotFound"},
		"Addresses": {reason: "The instance type supports fewer addresses.", before: func(s *situation) {
			s.neni.Spec.Addresses = &v1alpha1.NodeENIAddresses{SecondaryPrivateIPCount: new(int32(12))}
		}, step: at, want: "AddressLimit"},
		"Full": {reason: "The instance has as many ENIs as it supports.", before: func(s *situation) {
			s.attachForeign(instanceOf("a", 1), 1)
			s.attachForeign(instanceOf("a", 1), 2)
		}, step: ni, want: "InstanceENILimit"},
		"Instance": {reason: "The instance is being stopped.", before: func(s *situation) {
			if err := s.ec2.SetInstanceState(instanceOf("a", 1), "stopping"); err != nil {
				s.t.Fatal(err)
			}
		}, step: at, want: "WaitingForInstance"},
		"Rejected": {reason: "EC2 rejects the attach call.", before: func(s *situation) { s.fault("AttachNetworkInterface", "UnsupportedOperation") }, step: at, want: "Unsupported"},
		"Card":     {reason: "The instance has no such network card.", before: func(s *situation) { s.neni.Spec.NetworkCardIndex = new(int32(1)) }, step: at, want: "InvalidParameters"},
		"Foreign":  {reason: "Another cluster took the ENI over.", after: func(s *situation) { s.retag(eni.TagCluster, "other") }, step: ni, want: "NotOurs"},
		"Detached": {reason: "A user has detached the ENI, and EC2 rejects to attach it again.", after: func(s *situation) {
			s.fault("AttachNetworkInterface", "UnauthorizedOperation")
			s.unplug(s.ours()[0])
		}, step: at, want: "MissingPermission"},
		"OtherRegion": {reason: "The provider was restarted in another region.", after: func(s *situation) {
			s.restart(func() { s.settings.Region = "us-west-2" })
		}, step: ni, want: "WrongRegion"},
		"NoAgent": {reason: "No agent runs on the node.", after: func(*situation) {}, step: host, evidence: "the agent on the node has not responded", action: "DaemonSet"},
		"Held": {reason: "The selector no longer matches most nodes.", after: func(s *situation) {
			s.addNodes("a", 2, 3)
			s.must(10*time.Minute, func() error { return s.wellWith(3) })
			s.edit(func(spec *v1alpha1.NodeENISpec) { spec.NodeSelector = map[string]string{"pool": "z"} })
		}, step: "selector"},
		"Releasing": {reason: "EC2 does not detach the ENI.", after: func(s *situation) {
			s.ec2.Inject(ec2emulator.Fault{Action: "DetachNetworkInterface", Ignore: true})
			s.delete(s.neni)
		}, step: at, want: "Deleting"},
		"Multus": {reason: "The cluster has no Multus.", before: func(s *situation) {
			s.neni.Spec.Network = &v1alpha1.NodeENINetwork{PodNetwork: v1alpha1.PodNetwork{Type: "host-device"}}
		}, agent: true, step: pods, want: "MultusNotInstalled"},
		"ElasticIP": {reason: "The Elastic IP does not exist.", before: func(s *situation) {
			s.neni.Spec.ElasticIP = &v1alpha1.NodeENIElasticIP{AllocationIDs: []v1alpha1.ElasticIPAllocationID{"eipalloc-9"}}
		}, agent: true, step: "elastic IP", want: "ElasticIPNotFound"},
	}
}
