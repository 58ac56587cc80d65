package internal

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// The policies that are shipped: for all clusters of an account, and for one, whose
// name replaces a placeholder.
const (
	policyFile           = "cluster/iam/policy.json"
	oneClusterPolicyFile = "cluster/iam/policy-one-cluster.json"
	policyPlaceholder    = "CLUSTER-NAME"

	// thisCluster is the cluster of the provider in these tests.
	thisCluster = "production"
)

// A statement of an IAM policy, as far as the provider's needs it.
type statement struct {
	Sid, Effect string
	Action      stringOrList
	Resource    stringOrList
	Condition   map[string]map[string]string
}

// A stringOrList is a string or a list of them, as IAM allows.
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
		t.Fatalf("the IAM policy of the provider is not there: %s", err)
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
			t.Errorf("statement %q has the effect %q: the policy allows what it names, and nothing else is allowed", s.Sid, s.Effect)
		}
	}
	return p.Statement
}

// What the provider may call and what it can call are one list: a right that
// is missing fails at a user's, one too many is a gift to whoever breaks in.
func TestIAMPolicyIsTheAPI(t *testing.T) {
	for _, file := range []string{policyFile, oneClusterPolicyFile} {
		t.Run(file, func(t *testing.T) { policyIsTheAPI(t, file) })
	}
}

func policyIsTheAPI(t *testing.T, file string) {
	t.Helper()
	allowed := map[string]bool{}
	for _, s := range policy(t, file) {
		for _, a := range s.Action {
			name, ok := strings.CutPrefix(a, "ec2:")
			if !ok || strings.Contains(name, "*") {
				t.Errorf("statement %q allows %q: name each EC2 action, and nothing else", s.Sid, a)
				continue
			}
			allowed[name] = true
		}
	}
	if diff := cmp.Diff(apiMethods(t), slices.Sorted(maps.Keys(allowed))); diff != "" {
		t.Errorf("%s must allow exactly the methods of interface API in internal/clients/ec2/ec2.go: -API, +policy:\n%s", file, diff)
	}
}

// A resource that a call concerns, as IAM sees it.
type iamResource struct {
	kind string
	// cluster is the value of the tag by which a cluster's ENIs are known, if the
	// resource carries it.
	cluster string
}

// An iamCall is one call with all that IAM checks about it.
type iamCall struct {
	action    string
	resources []iamResource
	// tagged is the cluster whose tag the request puts on what it makes, if any.
	tagged string
	// creating is the action that a CreateTags is a part of.
	creating string
}

// concerns are the kinds of resources that IAM checks for each action, besides
// the ENI: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
func concerns() map[string][]string {
	return map[string][]string{
		"AssignIpv6Addresses":             nil,
		"AssignPrivateIpAddresses":        nil,
		"AttachNetworkInterface":          {"instance"},
		"CreateTags":                      nil,
		"DeleteNetworkInterface":          nil,
		"DeleteTags":                      nil,
		"DetachNetworkInterface":          {"instance"},
		"ModifyNetworkInterfaceAttribute": {"instance", "security-group"},
		"UnassignIpv6Addresses":           nil,
		"UnassignPrivateIpAddresses":      nil,
	}
}

// Every action that changes an ENI is allowed on one that carries the cluster's
// tag and on no other. The key of the tag is the code's: the policy and the code
// cannot change without each other.
func TestIAMPolicyKeepsToOwnENIs(t *testing.T) {
	t.Run(policyFile, func(t *testing.T) { policyKeepsToOwnENIs(t, policyFile, true) })
	t.Run(oneClusterPolicyFile, func(t *testing.T) { policyKeepsToOwnENIs(t, oneClusterPolicyFile, false) })
}

// policyKeepsToOwnENIs checks a policy. Of another cluster's ENIs it allows what
// others says.
func policyKeepsToOwnENIs(t *testing.T, file string, others bool) {
	t.Helper()
	p := policy(t, file)
	check := func(reason string, c iamCall, want bool) {
		t.Helper()
		if got := allows(t, p, c); got != want {
			t.Errorf("%s\n%+v is allowed: %t, want %t", reason, c, got, want)
		}
	}
	for _, action := range apiMethods(t) {
		if strings.HasPrefix(action, "Describe") || action == "CreateNetworkInterface" {
			continue
		}
		also, ok := concerns()[action]
		if !ok {
			t.Errorf("%s changes something: say in this test which resources it concerns, and limit it in %s", action, file)
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
		check("ENIs of others, the nodes' primary ones among them, are out of reach.", iamCall{action: action, resources: on("")}, false)
		check("Only the policy for one cluster tells clusters apart.", iamCall{action: action, resources: on("staging")}, others)
		if slices.Contains(also, "instance") {
			continue
		}
		check("Nothing but ENIs is changed.", iamCall{action: action, resources: []iamResource{{kind: "instance", cluster: thisCluster}}}, false)
	}
	where := []iamResource{{kind: "network-interface"}, {kind: "subnet"}, {kind: "security-group"}}
	check("An ENI is made with the cluster's tag.", iamCall{action: "CreateNetworkInterface", resources: where, tagged: thisCluster}, true)
	check("Only the policy for one cluster makes none with another cluster's.", iamCall{action: "CreateNetworkInterface", resources: where, tagged: "staging"}, others)
	check("An ENI without the tag could not be deleted again.", iamCall{action: "CreateNetworkInterface", resources: where}, false)
	check("Tags are put on what is being made.", iamCall{action: "CreateTags", resources: []iamResource{{kind: "network-interface"}}, tagged: thisCluster, creating: "CreateNetworkInterface"}, true)
	check("Nobody's ENI is made the cluster's by a tag.", iamCall{action: "CreateTags", resources: []iamResource{{kind: "network-interface"}}, tagged: thisCluster}, false)
	check("An instance that is made by somebody is not tagged.", iamCall{action: "CreateTags", resources: []iamResource{{kind: "instance"}}, creating: "RunInstances"}, false)
	for _, action := range apiMethods(t) {
		if strings.HasPrefix(action, "Describe") {
			check("Looking is not limited: EC2 cannot.", iamCall{action: action, resources: []iamResource{{kind: "any"}}}, true)
		}
	}
}

// allows evaluates the policy as IAM does: each resource that a call concerns
// must be allowed by some statement.
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
	if c.tagged != "" {
		context["aws:RequestTag/"+eni.TagCluster] = c.tagged
	}
	if c.creating != "" {
		context["ec2:CreateAction"] = c.creating
	}
	for operator, keys := range s.Condition {
		for key, want := range keys {
			value, there := context[key]
			switch operator {
			case "Null": // "true": the key is not there
				if there == (want == "true") {
					return false
				}
			case "StringEquals":
				if value != want {
					return false
				}
			default:
				t.Fatalf("statement %q has the condition operator %s, which this test does not know: teach it", s.Sid, operator)
			}
		}
	}
	return true
}

// glob matches as IAM does: * is any text, / and : included.
func glob(pattern, arn string) bool {
	flat := strings.NewReplacer("/", "|", ":", "|")
	ok, err := path.Match(flat.Replace(pattern), flat.Replace(arn))
	return err == nil && ok
}

// apiMethods returns the methods of interface API, sorted.
func apiMethods(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "internal/clients/ec2/ec2.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var methods []string
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.TypeSpec)
		if !ok || s.Name.Name != "API" {
			return true
		}
		i, ok := s.Type.(*ast.InterfaceType)
		if !ok {
			return true
		}
		for _, m := range i.Methods.List {
			for _, name := range m.Names {
				methods = append(methods, name.Name)
			}
		}
		return false
	})
	if len(methods) == 0 {
		t.Fatal("interface API was not found in internal/clients/ec2/ec2.go: the rule looks in the wrong place")
	}
	slices.Sort(methods)
	return methods
}
