// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	extensionsv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	fnv1 "github.com/crossplane/crossplane/v2/proto/fn/v1"
)

const (
	root     = "../../.."
	examples = root + "/examples/compositions"
)

func read(t *testing.T, dir, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(examples, dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// documents returns the objects of a file.
func documents(t *testing.T, dir, file string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for text := range bytes.SplitSeq(read(t, dir, file), []byte("\n---\n")) {
		o := map[string]any{}
		if err := yaml.UnmarshalStrict(text, &o); err != nil {
			t.Fatalf("%s/%s: %v", dir, file, err)
		}
		out = append(out, o)
	}
	return out
}

// compositions returns the Compositions of a directory by name. The first one is the
// default.
func compositions(t *testing.T, dir string) (byName map[string]*extensionsv1.Composition, first string) {
	t.Helper()
	byName = map[string]*extensionsv1.Composition{}
	for _, o := range documents(t, dir, "composition.yaml") {
		text, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		c := &extensionsv1.Composition{}
		if err := yaml.UnmarshalStrict(text, c); err != nil {
			t.Fatalf("%s/composition.yaml: %v", dir, err)
		}
		byName[c.GetName()] = c
		if first == "" {
			first = c.GetName()
		}
	}
	return byName, first
}

// composite returns the example in xr.yaml, changed by a JSON merge patch, in YAML.
func composite(t *testing.T, dir, patch string) *unstructured.Unstructured {
	t.Helper()
	text, err := yaml.YAMLToJSON(read(t, dir, "xr.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if patch != "" {
		p, err := yaml.YAMLToJSON([]byte(patch))
		if err != nil {
			t.Fatal(err)
		}
		if text, err = jsonpatch.MergePatch(text, p); err != nil {
			t.Fatal(err)
		}
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	return u
}

// A rendering is the outcome of two reconciles: the first one has only the composite
// resource, the second one the composed resources as this provider reports them.
type rendering struct {
	xr            *unstructured.Unstructured
	first, second composition
}

// render composes an example twice, and checks that the API server would admit all objects.
func render(t *testing.T, dir, patch string) rendering {
	t.Helper()
	xr := composite(t, dir, patch)
	if err := compositeSchema(t, dir).admit(t, xr, nil); err != nil {
		t.Fatalf("the composite resource is rejected: %v", err)
	}
	byName, name := compositions(t, dir)
	if n, ok, _ := unstructured.NestedString(xr.Object, "spec", "crossplane", "compositionRef", "name"); ok {
		name = n
	}
	// Crossplane sets the reference before it runs the pipeline.
	if err := unstructured.SetNestedField(xr.Object, name, "spec", "crossplane", "compositionRef", "name"); err != nil {
		t.Fatal(err)
	}
	c, ok := byName[name]
	if !ok {
		t.Fatalf("there is no Composition %q", name)
	}
	schemas := composedSchemas(t)
	r := rendering{xr: xr}
	r.first = compose(t, c, xr, nil)
	created := map[string]*unstructured.Unstructured{}
	for name, u := range r.first.composed {
		created[name] = u.DeepCopy()
		if err := admitComposed(t, schemas, created[name]); err != nil {
			t.Errorf("%s is rejected: %v\n%s", name, err, toYAML(t, u.Object))
		}
	}
	r.second = compose(t, c, xr, observe(t, created))
	for name, u := range r.second.composed {
		if err := admitComposed(t, schemas, u.DeepCopy()); err != nil {
			t.Errorf("%s is rejected once the provider has reported it: %v\n%s", name, err, toYAML(t, u.Object))
		}
		if before, ok := r.first.composed[name]; ok {
			if diff := cmp.Diff(before.Object, u.Object); diff != "" {
				t.Errorf("%s changes once the provider has reported it: -before, +after:\n%s", name, diff)
			}
		} else if u.GetKind() != "Secret" {
			t.Errorf("%s is composed only once the provider has reported the others", name)
		}
	}
	after := xr.DeepCopy()
	after.Object["status"] = r.second.status
	if err := compositeSchema(t, dir).admit(t, after, xr); err != nil {
		t.Errorf("the status of the composite resource is rejected: %v", err)
	}
	return r
}

// checkReady checks that every step reports every resource ready in the second rendering
// and none in the first one, and that no function reports a warning.
func (r rendering) checkReady(t *testing.T) {
	t.Helper()
	if w := slices.Concat(r.first.warnings, r.second.warnings); len(w) > 0 {
		t.Errorf("the functions report warnings: %v", w)
	}
	for i, ready := range r.first.ready {
		for name, is := range ready {
			if is {
				t.Errorf("step %d reports %s ready before it exists", i, name)
			}
		}
	}
	for i, ready := range r.second.ready {
		for name, is := range ready {
			if !is {
				t.Errorf("step %d reports %s not ready", i, name)
			}
		}
	}
	if r.first.compositeReady == fnv1.Ready_READY_FALSE || r.second.compositeReady == fnv1.Ready_READY_FALSE {
		t.Error("a function reports that the composite resource is not ready")
	}
}

// unset returns the paths of the fields in a schema that an object lacks.
func unset(s *schema.Structural, object any, path string) []string {
	if len(s.Properties) == 0 {
		if object == nil {
			return []string{path}
		}
		return nil
	}
	var out []string
	m, _ := object.(map[string]any)
	for name := range s.Properties {
		p := s.Properties[name]
		out = append(out, unset(&p, m[name], strings.TrimPrefix(path+"."+name, "."))...)
	}
	slices.Sort(out)
	return out
}

// crossplaneStatus are the fields of the status that Crossplane sets.
var crossplaneStatus = regexp.MustCompile(`^conditions|^crossplane`)

func TestRendered(t *testing.T) {
	cases := []struct {
		dir string
		// empty are the fields of the status that the example does not set.
		empty []string
	}{
		{dir: "uplink"},
		{dir: "secondary-network", empty: []string{"nodes.first.ipv6Addresses", "nodes.second.ipv6Addresses"}},
		{dir: "appliance", empty: []string{"external.ipv6Addresses", "internal.ipv6Addresses"}},
		{dir: "node-network"},
	}
	var tested []string
	for _, c := range cases {
		tested = append(tested, c.dir)
		t.Run(c.dir, func(t *testing.T) {
			r := render(t, c.dir, "")
			r.checkReady(t)
			status := compositeSchema(t, c.dir).structural.Properties["status"]
			lacking := slices.DeleteFunc(unset(&status, r.second.status, ""), crossplaneStatus.MatchString)
			if diff := cmp.Diff(c.empty, lacking, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("empty fields of the status: -want, +got:\n%s", diff)
			}
			compareRendered(t, c.dir, r)
		})
	}
	dirs, err := filepath.Glob(filepath.Join(examples, "*/composition.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if name := filepath.Base(filepath.Dir(d)); !slices.Contains(tested, name) {
			t.Errorf("examples/compositions/%s is not tested", name)
		}
	}
}

const renderedHeader = `# What Crossplane makes of xr.yaml once the ENIs exist: the composite resource with its
# status, and the composed resources, without their owner references to it. A name that
# Crossplane generates has a random suffix; here the suffix is the name in the
# Composition.
#
# Generated: cd test/crossplane && CROSSPLANE_PROGRAMS=$(./ensure.sh) go test ./render -update
`

// compareRendered compares a rendering to rendered.yaml.
func compareRendered(t *testing.T, dir string, r rendering) {
	t.Helper()
	xr := &unstructured.Unstructured{Object: map[string]any{"status": r.second.status}}
	xr.SetAPIVersion(r.xr.GetAPIVersion())
	xr.SetKind(r.xr.GetKind())
	xr.SetName(r.xr.GetName())
	xr.SetNamespace(r.xr.GetNamespace())
	texts := []string{toYAML(t, xr.Object)}
	for _, name := range slices.Sorted(maps.Keys(r.second.composed)) {
		texts = append(texts, toYAML(t, normalise(r.second.composed[name], r.xr).Object))
	}
	got := renderedHeader + strings.Join(texts, "---\n")
	path := filepath.Join(examples, dir, "rendered.yaml")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("rendered.yaml is not current, run the test with -update: -want, +got:\n%s", diff)
	}
}

func toYAML(t *testing.T, object map[string]any) string {
	t.Helper()
	b, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestChanges changes the examples as users do.
func TestChanges(t *testing.T) {
	const oneNode = `{spec: {crossplane: null, nodes: {second: null}}}`
	cases := []struct {
		name, dir, patch string
		// composed are the composed resources of the first reconcile.
		composed []string
		// fields are fields of composed resources, or of the status, and their values. A nil
		// value is a field that is not set.
		fields map[string]any
	}{
		{
			name: "the MTU of an Uplink is the default", dir: "uplink", patch: `{spec: {mtu: null}}`,
			composed: []string{"attachment", "network-interface"},
			fields:   map[string]any{"attachment: spec.host.mtu": int64(1500)},
		},
		{
			name: "a SecondaryNetwork has one node", dir: "secondary-network", patch: oneNode,
			composed: []string{"first-attachment", "first-network-interface"},
			fields: map[string]any{
				"first-attachment: spec.forProvider.nodeName": "ip-10-0-128-10.ec2.internal",
				"first-attachment: spec.host.altNames":        []any{"storage"},
				"status: nodes.first.networkInterfaceId":      "eni-00000000000000001",
				"status: nodes.second":                        nil,
			},
		},
		{
			name: "a SecondaryNetwork has two security groups", dir: "secondary-network",
			patch: `{spec: {securityGroups: [sg-05da196f3314d4af8, sg-0a1b2c3d4e5f60718]}}`,
			fields: map[string]any{
				"first-network-interface: spec.forProvider.securityGroups":  []any{"sg-05da196f3314d4af8", "sg-0a1b2c3d4e5f60718"},
				"second-network-interface: spec.forProvider.securityGroups": []any{"sg-05da196f3314d4af8", "sg-0a1b2c3d4e5f60718"},
			},
		},
		{
			name: "a SecondaryNetwork has the defaults of EC2 and the driver", dir: "secondary-network",
			patch: `{spec: {securityGroups: null, mtu: null}}`,
			fields: map[string]any{
				"first-network-interface: spec.forProvider.securityGroups": nil,
				"second-attachment: spec.host.mtu":                         nil,
				"second-attachment: spec.host.addressing":                  "PolicyRouted",
			},
		},
		{
			name: "a SecondaryNetwork has IPv6 addresses and another MTU", dir: "secondary-network",
			patch: `{spec: {ipv6AddressCount: 1, mtu: 1500, addressing: Addresses}}`,
			fields: map[string]any{
				"second-network-interface: spec.forProvider.ipv6AddressCount": int64(1),
				"second-attachment: spec.host.mtu":                            int64(1500),
				"second-attachment: spec.host.addressing":                     "Addresses",
				"status: nodes.second.ipv6Addresses":                          []any{"2600:1f13::2:1"},
			},
		},
		{
			name: "an Appliance is on a node", dir: "appliance",
			patch:    `{spec: {instanceId: null, nodeName: ip-10-0-128-10.ec2.internal}}`,
			composed: []string{"external-attachment", "external-network-interface", "internal-attachment", "internal-network-interface"},
			fields: map[string]any{
				"external-attachment: spec.forProvider.nodeName":   "ip-10-0-128-10.ec2.internal",
				"external-attachment: spec.forProvider.instanceId": nil,
				"status: instanceId":                               "i-0123456789abcdef0",
			},
		},
		{
			name: "an Appliance is in another region, with IPv6 and other device indexes", dir: "appliance",
			patch: `{spec: {region: eu-west-1, external: {ipv6Addresses: ["2600:1f13::20"], deviceIndex: 3}, internal: {deviceIndex: 4}}}`,
			fields: map[string]any{
				"external-network-interface: spec.forProvider.region":        "eu-west-1",
				"internal-attachment: spec.forProvider.region":               "eu-west-1",
				"external-network-interface: spec.forProvider.ipv6Addresses": []any{"2600:1f13::20"},
				"external-attachment: spec.forProvider.deviceIndex":          int64(3),
				"internal-attachment: spec.forProvider.deviceIndex":          int64(4),
				"status: external.ipv6Addresses":                             []any{"2600:1f13::20"},
				"status: internal.deviceIndex":                               int64(4),
			},
		},
		{
			name: "an Appliance has the default security group, and two", dir: "appliance",
			patch: `{spec: {external: {securityGroups: null}, internal: {securityGroups: [sg-05da196f3314d4af8, sg-0a1b2c3d4e5f60718]}}}`,
			fields: map[string]any{
				"external-network-interface: spec.forProvider.securityGroups": nil,
				"internal-network-interface: spec.forProvider.securityGroups": []any{"sg-05da196f3314d4af8", "sg-0a1b2c3d4e5f60718"},
			},
		},
		{
			name: "the pods of a NodeNetwork use the ENIs", dir: "node-network", patch: `{spec: {podRange: null}}`,
			composed: []string{"network", "node-eni"},
			fields: map[string]any{
				"network: spec.config": `{"cniVersion":"0.3.1","type":"host-device","device":"storage-pods-0","ipam":{"type":"dhcp"}}`,
			},
		},
		{
			name: "a NodeNetwork has another name and namespace", dir: "node-network",
			patch: `{metadata: {name: media}, spec: {namespace: team-a}}`,
			fields: map[string]any{
				"network: metadata.namespace": "team-a",
				"network: metadata.name":      "media",
				"network: spec.config":        `{"cniVersion":"0.3.1","type":"ipvlan","master":"media-0","mode":"l2","ipam":{"type":"host-local","subnet":"192.168.1.0/24"}}`,
				"node-eni: metadata.name":     "media",
			},
		},
		{
			name: "a NodeNetwork has two security groups, IPv6 and the driver's MTU", dir: "node-network",
			patch: `{spec: {securityGroupIDs: [sg-05da196f3314d4af8, sg-0a1b2c3d4e5f60718], ipv6AddressCount: 1, mtu: null, podRange: "fd00::/64"}}`,
			fields: map[string]any{
				"node-eni: spec.securityGroupIDs":           []any{"sg-05da196f3314d4af8", "sg-0a1b2c3d4e5f60718"},
				"node-eni: spec.addresses.ipv6AddressCount": int64(1),
				"node-eni: spec.mtu":                        nil,
				"network: spec.config":                      `{"cniVersion":"0.3.1","type":"ipvlan","master":"storage-pods-0","mode":"l2","ipam":{"type":"host-local","subnet":"fd00::/64"}}`,
			},
		},
		{
			name: "a NodeNetwork has the default security group", dir: "node-network", patch: `{spec: {securityGroupIDs: null}}`,
			fields: map[string]any{"node-eni: spec.securityGroupIDs": nil, "node-eni: spec.addresses": nil},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := render(t, c.dir, c.patch)
			r.checkReady(t)
			if c.composed != nil {
				if diff := cmp.Diff(c.composed, slices.Sorted(maps.Keys(r.first.composed))); diff != "" {
					t.Errorf("composed resources: -want, +got:\n%s", diff)
				}
			}
			for field, want := range c.fields {
				name, path, _ := strings.Cut(field, ": ")
				object := r.second.status
				if name != "status" {
					u, ok := r.second.composed[name]
					if !ok {
						t.Errorf("%s is not composed", name)
						continue
					}
					object = u.Object
				}
				got, err := fieldpath.Pave(object).GetValue(path)
				if err != nil && !fieldpath.IsNotFound(err) {
					t.Error(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: -want, +got:\n%s", field, diff)
				}
			}
		})
	}
}

// TestAbsentSecondNode checks that the Composition for two nodes composes only the
// resources of the first node while there is no second one, and that the composite
// resource is not ready: the reason why there is a Composition for one node.
func TestAbsentSecondNode(t *testing.T) {
	r := render(t, "secondary-network", `{spec: {nodes: {second: null}}}`)
	want := []string{"first-attachment", "first-network-interface"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(r.second.composed))); diff != "" {
		t.Errorf("composed resources: -want, +got:\n%s", diff)
	}
	if r.second.compositeReady != fnv1.Ready_READY_FALSE || len(r.second.warnings) != 2 {
		t.Errorf("the composite resource has the readiness %v and warnings %q, want False and 2 warnings: is the Composition for one node still required?", r.second.compositeReady, r.second.warnings)
	}
}

// TestSecondNodeAdded checks that the resources of the first node stay when a
// SecondaryNetwork changes to the Composition for two nodes.
func TestSecondNodeAdded(t *testing.T) {
	one := render(t, "secondary-network", `{spec: {crossplane: null, nodes: {second: null}}}`)
	two := render(t, "secondary-network", "")
	if err := compositeSchema(t, "secondary-network").admit(t, two.xr.DeepCopy(), one.xr); err != nil {
		t.Errorf("the change is rejected: %v", err)
	}
	for name, u := range one.first.composed {
		if diff := cmp.Diff(u, two.first.composed[name]); diff != "" {
			t.Errorf("%s changes: -one node, +two nodes:\n%s", name, diff)
		}
	}
}

// TestRejected checks that definitions reject what the composed resources cannot express.
func TestRejected(t *testing.T) {
	cases := []struct {
		name, dir, patch, want string
		// update is true if only the change of the example is rejected.
		update bool
	}{
		{name: "a second node with the default Composition", dir: "secondary-network", patch: `{spec: {crossplane: null}}`, want: "nodes.second requires spec.crossplane.compositionRef.name"},
		{name: "another node", dir: "secondary-network", patch: `{spec: {nodes: {first: {name: other}}}}`, want: "an ENI cannot move", update: true},
		{name: "an unknown field", dir: "secondary-network", patch: `{spec: {mut: 1500}}`, want: "unknown fields: [spec.mut]"},
		{name: "an instance and a node", dir: "appliance", patch: `{spec: {nodeName: node-1}}`, want: "set either instanceId or nodeName"},
		{name: "no instance", dir: "appliance", patch: `{spec: {instanceId: null}}`, want: "set either instanceId or nodeName"},
		{name: "no address", dir: "appliance", patch: `{spec: {internal: {privateIp: null}}}`, want: "spec.internal.privateIp: Required value"},
		{name: "another instance", dir: "appliance", patch: `{spec: {instanceId: i-00000000000000001}}`, want: "instanceId cannot be changed", update: true},
		{name: "a node in place of the instance", dir: "appliance", patch: `{spec: {instanceId: null, nodeName: node-1}}`, want: "instanceId, nodeName and region cannot be changed", update: true},
		{name: "another address", dir: "appliance", patch: `{spec: {internal: {privateIp: 10.0.2.21}}}`, want: "subnetId, privateIp and deviceIndex cannot be changed", update: true},
		{name: "another external subnet", dir: "appliance", patch: `{spec: {external: {subnetId: subnet-00000000000000001}}}`, want: "subnetId, privateIp and deviceIndex cannot be changed", update: true},
		{name: "no node selector", dir: "node-network", patch: `{spec: {nodeSelector: null}}`, want: "spec.nodeSelector: Required value"},
		{name: "a range that is not a CIDR", dir: "node-network", patch: `{spec: {podRange: '192.168.1.0/24","x":"'}}`, want: "spec.podRange"},
		{name: "another namespace", dir: "node-network", patch: `{spec: {namespace: other}}`, want: "namespace cannot be changed", update: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := compositeSchema(t, c.dir)
			var old *unstructured.Unstructured
			if c.update {
				old = composite(t, c.dir, "")
				if err := s.admit(t, old, nil); err != nil {
					t.Fatal(err)
				}
				if err := s.admit(t, composite(t, c.dir, c.patch), nil); err != nil {
					t.Errorf("a new object is rejected: %v", err)
				}
			}
			err := s.admit(t, composite(t, c.dir, c.patch), old)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %q", err, c.want)
			}
		})
	}
}

// TestInputs checks the inputs of the functions strictly: a function ignores a field that it
// does not know.
func TestInputs(t *testing.T) {
	const module = "github.com/crossplane-contrib/function-patch-and-transform"
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = filepath.Join(root, "test/crossplane/servers/function-patch-and-transform")
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("cannot download %s: %v", module, err)
	}
	var m struct{ Dir string }
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	crd := &extv1.CustomResourceDefinition{}
	text, err = os.ReadFile(filepath.Join(m.Dir, "package/input/pt.fn.crossplane.io_resources.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, crd); err != nil {
		t.Fatal(err)
	}
	s := newSchema(t, crd)
	s.namespaced = false
	dirs, _ := filepath.Glob(filepath.Join(examples, "*/composition.yaml"))
	for _, d := range dirs {
		byName, _ := compositions(t, filepath.Base(filepath.Dir(d)))
		for name, c := range byName {
			u := &unstructured.Unstructured{}
			if err := u.UnmarshalJSON(c.Spec.Pipeline[0].Input.Raw); err != nil {
				t.Fatal(err)
			}
			if err := s.admit(t, u, nil); err != nil {
				t.Errorf("the input of Composition %s: %v", name, err)
			}
		}
	}
}

// TestFunctions checks that functions.yaml installs the functions of the pipelines, in the
// versions that the tests run.
func TestFunctions(t *testing.T) {
	installed := map[string]string{}
	for _, o := range documents(t, ".", "functions.yaml") {
		u := &unstructured.Unstructured{Object: o}
		image, _, _ := unstructured.NestedString(o, "spec", "package")
		installed[u.GetName()] = image
	}
	for name := range functions {
		mod, err := os.ReadFile(filepath.Join(root, "test/crossplane/servers", name, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`github\.com/[a-z-]+/` + name + ` (v[0-9.]+)`).FindStringSubmatch(string(mod))
		if m == nil {
			t.Fatalf("servers/%s/go.mod does not require %s", name, name)
		}
		if want := "registry.example.org/" + name + ":" + m[1]; installed[name] != want {
			t.Errorf("functions.yaml installs %q, want %q", installed[name], want)
		}
	}
	if len(installed) != len(functions) {
		t.Errorf("functions.yaml installs %v", installed)
	}
}
