// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package internal

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// The shipped policies: for all clusters of an account, and for one cluster, whose name
// replaces a placeholder.
const (
	policyFile           = "cluster/iam/policy.json"
	oneClusterPolicyFile = "cluster/iam/policy-one-cluster.json"
	migrationPolicyFile  = "cluster/iam/policy-migration.json"
	policyPlaceholder    = "CLUSTER-NAME"

	// thisCluster is the cluster of the provider in these tests.
	thisCluster = "production"
)

// A statement of an IAM policy, with the elements that the provider's policies use.
type statement struct {
	Sid, Effect string
	Action      stringOrList
	Resource    stringOrList
	Condition   map[string]map[string]string
}

// A stringOrList is a string or a list of strings, as in IAM policies.
type stringOrList []string

func (l *stringOrList) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*l = stringOrList{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}

func policy(t *testing.T, file string) []statement {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatalf("cannot read the IAM policy of the provider: %s", err)
	}
	var p struct {
		Version   string
		Statement []statement
	}
	d := json.NewDecoder(strings.NewReader(strings.ReplaceAll(string(raw), policyPlaceholder, thisCluster)))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("cannot read %s: %s", file, err)
	}
	for _, s := range p.Statement {
		if s.Effect != "Allow" {
			t.Errorf("statement %q has the effect %q: use Allow only; everything else is denied implicitly", s.Sid, s.Effect)
		}
	}
	return p.Statement
}

// TestIAMPolicyIsTheAPI verifies that the policies allow exactly the actions that the
// provider calls: a missing permission fails for users, and an extra permission violates
// least privilege.
func TestIAMPolicyIsTheAPI(t *testing.T) {
	for _, file := range []string{policyFile, oneClusterPolicyFile} {
		t.Run(file, func(t *testing.T) { policyIsTheAPI(t, file) })
	}
}

func policyIsTheAPI(t *testing.T, file string) {
	t.Helper()
	allowed, quotas := map[string]bool{}, 0
	for _, s := range policy(t, file) {
		for _, a := range s.Action {
			if slices.Contains(quotaActions(), a) {
				quotas++
				continue
			}
			name, ok := strings.CutPrefix(a, "ec2:")
			if !ok || strings.Contains(name, "*") {
				t.Errorf("statement %q allows %q: list EC2 actions individually", s.Sid, a)
				continue
			}
			allowed[name] = true
		}
	}
	if quotas != len(quotaActions()) {
		t.Errorf("%s must allow %v", file, quotaActions())
	}
	if diff := cmp.Diff(apiMethods(), slices.Sorted(maps.Keys(allowed))); diff != "" {
		t.Errorf("%s must allow exactly the methods of interface API in internal/clients/ec2/ec2.go: -API, +policy:\n%s", file, diff)
	}
}

// quotaActions are the actions of Service Quotas that ec2.Client.Quota calls.
func quotaActions() []string {
	return []string{"servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"}
}

// An iamResource is a resource of a call that IAM authorizes.
type iamResource struct {
	kind string
	// cluster is the value of the resource's cluster tag, if any.
	cluster string
	// managedBy is the value of the tag of aws-multi-eni-controller, if any.
	managedBy string
}

// An iamCall is the request context of one call.
type iamCall struct {
	action    string
	resources []iamResource
	// tagged is the value of the cluster tag in the request, if any.
	tagged string
	// creating is the create action that a CreateTags is part of.
	creating string
}

// concerns returns the resource types that IAM authorizes for each action, in addition to
// the ENI: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
func concerns() map[string][]string {
	return map[string][]string{
		"AssignIpv6Addresses":             nil,
		"AssignPrivateIpAddresses":        nil,
		"AssociateAddress":                {"elastic-ip"},
		"AttachNetworkInterface":          {"instance"},
		"CreateTags":                      nil,
		"DeleteNetworkInterface":          nil,
		"DeleteTags":                      nil,
		"DetachNetworkInterface":          {"instance"},
		"DisassociateAddress":             {"elastic-ip"},
		"ModifyNetworkInterfaceAttribute": {"instance", "security-group"},
		"UnassignIpv6Addresses":           nil,
		"UnassignPrivateIpAddresses":      nil,
	}
}

// TestIAMPolicyKeepsToOwnENIs verifies that the mutating actions are allowed only on ENIs
// with the cluster tag. The tag key is the constant of the code, so that policy and code
// stay consistent.
func TestIAMPolicyKeepsToOwnENIs(t *testing.T) {
	t.Run(policyFile, func(t *testing.T) { policyKeepsToOwnENIs(t, policyFile, true) })
	t.Run(oneClusterPolicyFile, func(t *testing.T) { policyKeepsToOwnENIs(t, oneClusterPolicyFile, false) })
}

// policyKeepsToOwnENIs verifies a policy. others is true if it allows changes to ENIs of
// other clusters.
func policyKeepsToOwnENIs(t *testing.T, file string, others bool) {
	t.Helper()
	p := policy(t, file)
	check := func(reason string, c iamCall, want bool) {
		t.Helper()
		if got := allows(t, p, c); got != want {
			t.Errorf("%s\n%+v is allowed: %t, want %t", reason, c, got, want)
		}
	}
	for _, action := range apiMethods() {
		if strings.HasPrefix(action, "Describe") || action == "CreateNetworkInterface" {
			continue
		}
		also, ok := concerns()[action]
		if !ok {
			t.Errorf("%s is a mutating action: add its resource types to this test, and restrict it in %s", action, file)
			continue
		}
		on := func(cluster string) []iamResource {
			r := []iamResource{{kind: "network-interface", cluster: cluster}}
			for _, kind := range also {
				r = append(r, iamResource{kind: kind})
			}
			return r
		}
		check("The provider changes ENIs of the cluster.", iamCall{action: action, resources: on(thisCluster)}, true)
		check("ENIs without the tag, such as primary ENIs, are not changed.", iamCall{action: action, resources: on("")}, false)
		check("Only the policy for one cluster denies changes to ENIs of other clusters.", iamCall{action: action, resources: on("staging")}, others)
		if slices.Contains(also, "instance") {
			continue
		}
		check("Only ENIs are changed.", iamCall{action: action, resources: []iamResource{{kind: "instance", cluster: thisCluster}}}, false)
	}
	where := []iamResource{{kind: "network-interface"}, {kind: "subnet"}, {kind: "security-group"}}
	check("An ENI is created with the cluster tag.", iamCall{action: "CreateNetworkInterface", resources: where, tagged: thisCluster}, true)
	check("Only the policy for one cluster denies creation with the tag of another cluster.", iamCall{action: "CreateNetworkInterface", resources: where, tagged: "staging"}, others)
	check("An ENI is not created without the tag: it could not be deleted.", iamCall{action: "CreateNetworkInterface", resources: where}, false)
	check("An ENI is tagged on creation.", iamCall{action: "CreateTags", resources: []iamResource{{kind: "network-interface"}}, tagged: thisCluster, creating: "CreateNetworkInterface"}, true)
	check("The cluster tag is not added to an existing ENI.", iamCall{action: "CreateTags", resources: []iamResource{{kind: "network-interface"}}, tagged: thisCluster}, false)
	check("An instance is not tagged on creation.", iamCall{action: "CreateTags", resources: []iamResource{{kind: "instance"}}, creating: "RunInstances"}, false)
	for _, action := range apiMethods() {
		if strings.HasPrefix(action, "Describe") {
			check("Describe actions have no resource-level permissions.", iamCall{action: action, resources: []iamResource{{kind: "any"}}}, true)
		}
	}
}

// TestIAMPolicyForMigration verifies that the policy for a migration only allows the first
// tags of an ENI of aws-multi-eni-controller: then the other policy applies to the ENI.
func TestIAMPolicyForMigration(t *testing.T) {
	p := policy(t, migrationPolicyFile)
	old := iamResource{kind: "network-interface", managedBy: "nodeeni-controller"}
	for reason, tc := range map[string]struct {
		resource iamResource
		action   string
		tagged   string
		want     bool
	}{
		"The ENI is tagged with the cluster.":                   {old, "CreateTags", thisCluster, true},
		"It is not tagged for another cluster.":                 {old, "CreateTags", "staging", false},
		"It is not tagged without the cluster.":                 {old, "CreateTags", "", false},
		"An ENI of another cluster's provider is not taken.":    {iamResource{kind: "network-interface", managedBy: "nodeeni-controller", cluster: "staging"}, "CreateTags", thisCluster, false},
		"Other ENIs are not tagged.":                            {iamResource{kind: "network-interface"}, "CreateTags", thisCluster, false},
		"Instances are not tagged.":                             {iamResource{kind: "instance", managedBy: "nodeeni-controller"}, "CreateTags", thisCluster, false},
		"Nothing else is allowed before the ENI has the tag.":   {old, "ModifyNetworkInterfaceAttribute", thisCluster, false},
		"The ENI is not detached before it has the tag either.": {old, "DetachNetworkInterface", thisCluster, false},
	} {
		c := iamCall{action: tc.action, resources: []iamResource{tc.resource}, tagged: tc.tagged}
		if got := allows(t, p, c); got != tc.want {
			t.Errorf("%s\n%+v is allowed: %t, want %t", reason, c, got, tc.want)
		}
	}
}

// allows evaluates the policy as IAM does: a statement must allow the call for each of
// its resources.
func allows(t *testing.T, p []statement, c iamCall) bool {
	t.Helper()
	for _, r := range c.resources {
		if !slices.ContainsFunc(p, func(s statement) bool { return s.allows(t, c, r) }) {
			return false
		}
	}
	return true
}

func (s *statement) allows(t *testing.T, c iamCall, r iamResource) bool {
	t.Helper()
	if !slices.Contains(s.Action, "ec2:"+c.action) {
		return false
	}
	arn := "arn:aws:ec2:eu-west-1:123456789012:" + r.kind + "/" + r.kind + "-1"
	if !slices.ContainsFunc(s.Resource, func(pattern string) bool { return glob(pattern, arn) }) {
		return false
	}
	context := map[string]string{}
	if r.cluster != "" {
		context["aws:ResourceTag/"+eni.TagCluster] = r.cluster
	}
	if r.managedBy != "" {
		context["aws:ResourceTag/kubernetes.io/cluster/managed-by"] = r.managedBy
	}
	if c.tagged != "" {
		context["aws:RequestTag/"+eni.TagCluster] = c.tagged
	}
	if c.creating != "" {
		context["ec2:CreateAction"] = c.creating
	}
	for operator, keys := range s.Condition {
		for key, want := range keys {
			value, present := context[key]
			switch operator {
			case "Null": // "true": the key is absent
				if present == (want == "true") {
					return false
				}
			case "StringEquals":
				if value != want {
					return false
				}
			default:
				t.Fatalf("statement %q has the condition operator %s, which this test does not support: add it", s.Sid, operator)
			}
		}
	}
	return true
}

// glob matches as IAM does: * matches any text, including / and :.
func glob(pattern, arn string) bool {
	flat := strings.NewReplacer("/", "|", ":", "|")
	ok, err := path.Match(flat.Replace(pattern), flat.Replace(arn))
	return err == nil && ok
}

// apiMethods returns the methods of interface API, sorted.
func apiMethods() []string {
	api := reflect.TypeFor[ec2.API]()
	methods := make([]string, 0, api.NumMethod())
	for m := range api.Methods() {
		methods = append(methods, m.Name)
	}
	slices.Sort(methods)
	return methods
}
