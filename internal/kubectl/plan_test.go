// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// planner returns a client of a cluster whose provider completes each plan with a status,
// and the specs of the plans. A nil status is never completed.
func planner(t *testing.T, status *v1alpha1.NodeENIPlanStatus) (client.Client, *[]v1alpha1.NodeENIPlanSpec) {
	t.Helper()
	s := runtime.NewScheme()
	if err := apis.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	var specs []v1alpha1.NodeENIPlanSpec
	api := fake.NewClientBuilder().WithScheme(s).WithStatusSubresource(&v1alpha1.NodeENIPlan{}).WithInterceptorFuncs(interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			p, ok := o.(*v1alpha1.NodeENIPlan)
			if !ok {
				return errors.Errorf("created a %T", o)
			}
			specs = append(specs, p.Spec)
			if err := c.Create(ctx, o, opts...); err != nil || status == nil {
				return err
			}
			done := p.DeepCopy()
			done.Status = *status
			return c.Status().Update(ctx, done)
		},
	}).Build()
	return api, &specs
}

// planned returns a plan with an ENI of each action.
func planned() *v1alpha1.NodeENIPlanStatus {
	s := &v1alpha1.NodeENIPlanStatus{
		Totals: v1alpha1.PlanTotals{Create: 1, Change: 1, Keep: 1, Release: 1, Wait: 1}, Seconds: 12,
		ENIs: []v1alpha1.PlannedENI{
			{Action: v1alpha1.PlanCreate, NodeENI: "data", Name: "data-1", Node: "node-a", SubnetID: "subnet-1", DeviceIndex: new(int32(2)), Calls: []string{"CreateNetworkInterface", "AttachNetworkInterface"}},
			{Action: v1alpha1.PlanKeep, NodeENI: "data", Name: "data-2", Node: "node-a", SubnetID: "subnet-1", ENIID: "eni-2", DeviceIndex: new(int32(3))},
			{Action: v1alpha1.PlanChange, NodeENI: "data", Name: "data-3", Node: "node-b", SubnetID: "subnet-1", ENIID: "eni-3", NetworkCardIndex: new(int32(1)), DeviceIndex: new(int32(1)), Calls: []string{"CreateTags", "ModifyNetworkInterfaceAttribute"}, Changes: []string{"tags", "description"}},
			{Action: v1alpha1.PlanRelease, NodeENI: "data", Name: "data-4", Node: "node-c", SubnetID: "subnet-2", ENIID: "eni-4", DeviceIndex: new(int32(2)), Calls: []string{"DetachNetworkInterface", "DeleteNetworkInterface"}, Message: "after others"},
			{Action: v1alpha1.PlanWait, NodeENI: "data", Name: "data-5", Node: "node-d", SubnetID: "subnet-2", Message: "instance i-4 supports 3 network interfaces and has 3"},
		},
		Subnets: []v1alpha1.PlannedSubnet{{SubnetID: "subnet-1", AvailabilityZone: "us-east-1a", Free: 3, Taken: 1}, {SubnetID: "subnet-2", AvailabilityZone: "us-east-1b", Free: 3, Returned: 1}},
		Calls: []v1alpha1.PlannedCalls{
			{Action: "AttachNetworkInterface", Count: 1, Seconds: 12}, {Action: "CreateNetworkInterface", Count: 1},
		},
		Problems: []string{"node node-e has no subnet in its zone", "subnet subnet-9 is in the zone of no selected node"},
	}
	s.SetConditions(v1alpha1.Planned())
	return s
}

// TestPlanFull shows the warning about a full subnet in the rows of its network interfaces, and below the headline.
func TestPlanFull(t *testing.T) {
	s := planned()
	s.Subnets[0].Free, s.Problems = 0, []string{"subnet subnet-1 has too few free IPv4 addresses: 1 are taken, 0 are free and 0 are returned"}
	api, _ := planner(t, s)
	got, err := runWith(t.Context(), api, "", "plan", "data")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "plan-full.txt", got)
}

func TestPlan(t *testing.T) {
	for name, args := range map[string][]string{
		"plan.txt": {"plan", "data"}, "plan-wide.txt": {"plan", "data", "-o", "wide"}, "plan-name.txt": {"plan", "data", "-o", "name"},
		"plan-several.txt": {"plan", "data", "mgmt"},
	} {
		t.Run(name, func(t *testing.T) {
			api, _ := planner(t, planned())
			got, err := runWith(t.Context(), api, "", args...)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, got)
			l := &v1alpha1.NodeENIPlanList{}
			if err := api.List(t.Context(), l); err != nil || len(l.Items) > 0 {
				t.Errorf("\nThe command deletes its plans.\n%d are left, %v", len(l.Items), err)
			}
		})
	}
}

func TestPlanSpecs(t *testing.T) {
	const file = `
apiVersion: v1
kind: Namespace
metadata: {name: other}
---
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata: {name: data}
spec: {nodeSelector: {role: data}, subnetID: subnet-1}
---
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata: {name: mgmt}
spec: {nodeSelector: {role: mgmt}, subnetName: mgmt}
`
	ttl := new(int32(planTTL))
	cases := map[string]struct {
		reason string
		in     string
		args   []string
		want   []v1alpha1.NodeENIPlanSpec
	}{
		"File": {
			reason: "Each NodeENI of a file is planned. Other objects are not.", in: file, args: []string{"-f", "-"},
			want: []v1alpha1.NodeENIPlanSpec{
				{NodeENI: "data", Apply: &v1alpha1.NodeENISpec{NodeSelector: map[string]string{"role": "data"}, SubnetID: new(v1alpha1.SubnetID("subnet-1"))}, TTLSecondsAfterFinished: ttl},
				{NodeENI: "mgmt", Apply: &v1alpha1.NodeENISpec{NodeSelector: map[string]string{"role": "mgmt"}, SubnetName: new("mgmt")}, TTLSecondsAfterFinished: ttl},
			},
		},
		"Names":  {reason: "Names are planned as they are.", args: []string{"data", "mgmt"}, want: []v1alpha1.NodeENIPlanSpec{{NodeENI: "data", TTLSecondsAfterFinished: ttl}, {NodeENI: "mgmt", TTLSecondsAfterFinished: ttl}}},
		"Delete": {reason: "A deletion.", args: []string{"--delete", "data"}, want: []v1alpha1.NodeENIPlanSpec{{NodeENI: "data", Delete: true, TTLSecondsAfterFinished: ttl}}},
		"Label": {
			reason: "Changes of labels as for kubectl label.", args: []string{"--label", "node/node-a", "role=data", "empty=", "old-"},
			want: []v1alpha1.NodeENIPlanSpec{{NodeLabels: []v1alpha1.NodeLabelChange{{Node: "node-a", Set: map[string]string{"role": "data", "empty": ""}, Remove: []string{"old"}}}, TTLSecondsAfterFinished: ttl}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			api, specs := planner(t, planned())
			if _, err := runWith(t.Context(), api, tc.in, append([]string{"plan"}, tc.args...)...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, *specs); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestPlanErrors(t *testing.T) {
	failed := &v1alpha1.NodeENIPlanStatus{}
	failed.SetConditions(v1alpha1.NotPlanned(`NodeENI "dtaa" does not exist`))
	missing := &v1alpha1.NodeENIPlanStatus{}
	missing.SetConditions(v1alpha1.NotPlanned(`NodeENI "dtaa" does not exist: plan a new NodeENI with spec.apply of the plan, or with kubectl eni plan -f FILE`))
	cases := map[string]struct {
		reason string
		status *v1alpha1.NodeENIPlanStatus
		in     string
		args   []string
		want   string
	}{
		"Nothing":    {reason: "A change is required.", want: "nothing to plan: use -f FILE, the name of a NodeENI, --delete=NODEENI or --label=NODE KEY=VALUE"},
		"Two":        {reason: "One kind of change is planned.", args: []string{"data", "--delete", "data"}, want: "use one of -f, the name of a NodeENI, --delete and --label"},
		"NoFile":     {reason: "A file that does not exist.", args: []string{"-f", "/does/not/exist"}, want: `cannot read NodeENIs: the path "/does/not/exist" does not exist`},
		"OtherKinds": {reason: "A file without a NodeENI.", in: "{apiVersion: v1, kind: Pod}", args: []string{"-f", "-"}, want: "standard input has no NodeENI"},
		"NoName":     {reason: "A NodeENI without a name.", in: "{apiVersion: networking.k8s.aws/v1alpha1, kind: NodeENI}", args: []string{"-f", "-"}, want: "a NodeENI in standard input has no metadata.name"},
		"Malformed":  {reason: "A file that is not YAML.", in: "kind: [\n", args: []string{"-f", "-"}, want: "cannot read NodeENIs: "},
		"Version": {
			reason: "A version that does not exist is an error.", in: "apiVersion: networking.k8s.aws/v1\nkind: NodeENI\nmetadata: {name: data}\nspec: {}\n",
			args: []string{"-f", "-"}, want: `NodeENI "data" in standard input has apiVersion networking.k8s.aws/v1: use networking.k8s.aws/v1alpha1`,
		},
		"Type": {
			reason: "A value of another type is an error that names the field.", in: "apiVersion: networking.k8s.aws/v1alpha1\nkind: NodeENI\nmetadata: {name: data}\nspec: {securityGroupIDs: sg-1}\n",
			args: []string{"-f", "-"}, want: `cannot read NodeENI "data" in standard input: json: cannot unmarshal string into Go struct field NodeENISpec.spec.securityGroupIDs of type []v1alpha1.SecurityGroupID`,
		},
		"Unknown": {
			reason: "A field that does not exist is an error.", in: "{apiVersion: networking.k8s.aws/v1alpha1, kind: NodeENI, metadata: {name: data}, spec: {subnet: subnet-1}}",
			args: []string{"-f", "-"}, want: `cannot read NodeENI "data" in standard input: unknown field "spec.subnet"`,
		},
		"NoChange":  {reason: "A node without changes.", args: []string{"--label", "node-a"}, want: "--label needs changes as arguments: KEY=VALUE or KEY-"},
		"BadChange": {reason: "A change that is none.", args: []string{"--label", "node-a", "role"}, want: `"role" is no change of a label: use KEY=VALUE or KEY-`},
		"Failed":    {reason: "The message of the provider.", status: failed, args: []string{"dtaa"}, want: `cannot plan: NodeENI "dtaa" does not exist`},
		"NoDelete":  {reason: "A NodeENI to delete must exist.", status: missing, args: []string{"--delete", "dtaa"}, want: `cannot plan: NodeENI "dtaa" does not exist: see kubectl get nodeeni`},
		"NoNodeENI": {reason: "A NodeENI to apply can be in a file.", status: missing, args: []string{"dtaa"}, want: `cannot plan: NodeENI "dtaa" does not exist: plan a new NodeENI`},
		"Format":    {reason: "An unknown format is an error that names the formats.", status: planned(), args: []string{"data", "-o", "tree"}, want: `unknown output format "tree": use wide, json, yaml or name`},
		"Timeout":   {reason: "A provider that does not run.", args: []string{"data", "--timeout", "300ms"}, want: "the provider has not completed the plan within 300ms: is it running?"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			api, _ := planner(t, tc.status)
			_, err := runWith(ctx, api, tc.in, append([]string{"plan"}, tc.args...)...)
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("\n%s\ngot %v, want %s", tc.reason, err, tc.want)
			}
		})
	}
}
