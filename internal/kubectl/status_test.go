// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/bundle"
)

var update = flag.Bool("update", false, "write the expected output of testdata")

const system = "provider-aws-eni-system"

// labels are the labels of the objects for an ENI on a node.
func labels(nodeENI, node string) map[string]string {
	return map[string]string{v1alpha1.LabelNodeENI: nodeENI, v1alpha1.LabelNode: node}
}

func nodeENI(name string, conditions ...xpv2.Condition) *v1alpha1.NodeENI {
	n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.NodeENISpec{NodeSelector: map[string]string{"role": name}}}
	n.Status.ObservedGeneration = 1
	n.SetConditions(conditions...)
	return n
}

func node(name, role string) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"role": role, corev1.LabelTopologyZone: "us-east-1a", corev1.LabelInstanceTypeStable: "m5.xlarge"}},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///us-east-1a/i-0123456789abcdef0"},
	}
}

// child returns the objects of a ready network interface, after changes.
func child(nodeENI, node, name string, index int32, change ...func(ni *ec2v1alpha1.NetworkInterface, at *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface)) []client.Object {
	ni := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: name, Labels: labels(nodeENI, node)}}
	ni.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID("subnet-1"))
	ni.Status.AtProvider.ID = "eni-" + name
	meta.SetExternalName(ni, "eni-"+name)
	ni.SetConditions(xpv2.ReconcileSuccess(), xpv2.Available())

	at := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: system, Name: name, Labels: labels(nodeENI, node)}}
	at.Spec.ForProvider.NodeName = &node
	at.Status.AtProvider.Status, at.Status.AtProvider.DeviceIndex, at.Status.AtProvider.InstanceID = "attached", &index, "i-0123456789abcdef0"
	at.SetConditions(xpv2.ReconcileSuccess(), xpv2.Available())

	h := &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.HostInterfaceName(system, name), Labels: labels(nodeENI, node), Generation: 1}}
	h.Spec.NodeName, h.Spec.AttachmentRef = node, v1alpha1.AttachmentReference{Namespace: system, Name: name}
	h.Status.ObservedGeneration, h.Status.InterfaceName = 1, "ens6"
	h.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
	for _, f := range change {
		f(ni, at, h)
	}
	var out []client.Object
	for _, o := range []client.Object{ni, at, h} {
		if o.GetName() != "" {
			out = append(out, o)
		}
	}
	return out
}

// world returns the objects of the tests: a situation on each node.
func world() []client.Object {
	type (
		networkInterface = *ec2v1alpha1.NetworkInterface
		attachment       = *ec2v1alpha1.NetworkInterfaceAttachment
		host             = *v1alpha1.HostInterface
	)
	data := nodeENI("data", v1alpha1.NodesNotUsable(v1alpha1.ReasonNoSubnetInZone, "no configured subnet is in the zone of: n-zone"))
	data.Status.Attachments = []v1alpha1.NodeENIAttachment{{Name: "c-removed", NodeID: "n-removed", Message: "its Node is deleted and its instance i-1 runs: released when the instance is terminated, or at 2030-01-02T03:04:05Z"}}
	out := []client.Object{
		data,
		nodeENI("idle", v1alpha1.Ready(v1alpha1.ReasonNoMatchingNodes, "no node matches nodeSelector and nodeSelectorTerms")),
		nodeENI("new", xpv2.ReconcileSuccess()),
		node("n-zone", "data"), node("n-other", "none"), node("n-new", "new"),
	}
	add := func(name string, objects ...[]client.Object) {
		out = append(out, node(name, "data"))
		for _, o := range objects {
			out = append(out, o...)
		}
	}
	add("n-agent", child("data", "n-agent", "c-agent", 1, func(_ networkInterface, at attachment, h host) {
		h.Status = v1alpha1.HostInterfaceStatus{}
		at.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForHost, "waiting for the host"))
	}))
	add("n-limit", child("data", "n-limit", "c-limit", 1, func(ni networkInterface, at attachment, h host) {
		ni.Status.AtProvider.ID = ""
		meta.SetExternalName(ni, "")
		ni.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonInstanceENILimit, "instance i-1 supports 3 network interfaces and has 3"))
		at.Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{}
		*h = v1alpha1.HostInterface{}
	}))
	add("n-error", child("data", "n-error", "c-error", 1, func(ni networkInterface, _ attachment, _ host) {
		ni.SetConditions(xpv2.ReconcileError(errors.New("UnauthorizedOperation: add ec2:CreateTags to the policy")))
	}), child("data", "n-error", "c-error2", 2))
	add("n-pods", child("data", "n-pods", "c-pods", 1, func(_ networkInterface, at attachment, h host) {
		at.DeletionTimestamp, at.Finalizers = new(metav1.Now()), []string{"x"}
		h.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForPods, "the link is in use by pod default/web"))
	}))
	add("n-ready", child("data", "n-ready", "c-ready", 1), child("data", "n-ready", "c-ready2", 2), standalone("n-ready"))
	add("n-paused", child("data", "n-paused", "c-paused", 1, func(ni networkInterface, _ attachment, _ host) {
		ni.SetConditions(xpv2.ReconcilePaused())
	}))
	out = append(out, child("data", "n-removed", "c-removed", 1)...)
	out = append(out, standalone("")...)
	return append(out, child("data", "n-deleted", "c-kept", 0, func(ni networkInterface, at attachment, h host) {
		ni.Annotations[v1alpha1.AnnotationRetainedSince] = "2030-01-02T03:04:05Z"
		*at, *h = ec2v1alpha1.NetworkInterfaceAttachment{}, v1alpha1.HostInterface{}
	})...)
}

// standalone returns the objects of a network interface without a NodeENI, on a node or not attached.
func standalone(node string) []client.Object {
	out := child("", node, cmp.Or(node, "unattached")+"-own", 3)
	for _, o := range out {
		o.SetLabels(nil)
	}
	if node == "" {
		out = out[:1]
	}
	return out
}

// run runs the command with objects, and returns its standard output.
func run(t *testing.T, ctx context.Context, objects []client.Object, args ...string) (string, error) {
	t.Helper()
	s, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	api := fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).WithStatusSubresource(&v1alpha1.NodeENIPlan{}).Build()
	return runWith(ctx, api, "", args...)
}

// runWith runs the command with a client and a standard input.
func runWith(ctx context.Context, api client.Client, in string, args ...string) (string, error) {
	var out, problem bytes.Buffer
	c := &command{
		IOStreams: genericiooptions.IOStreams{In: strings.NewReader(in), Out: &out, ErrOut: &problem},
		client:    func() (client.Client, error) { return api, nil }, every: 10 * time.Millisecond,
		pods: func() (bundle.Pods, string, error) {
			return bundle.Pods{
				Log:     func(context.Context, string, string, string) ([]byte, error) { return []byte("log"), nil },
				Metrics: func(context.Context, string, string) ([]byte, error) { return []byte("metrics"), nil },
			}, "", nil
		},
	}
	root := c.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return out.String() + problem.String(), err
}

// golden compares output with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: -want, +got (go test ./internal/kubectl -update writes it):\n%s", file, diff)
	}
}

func TestStatus(t *testing.T) {
	for name, args := range map[string][]string{
		"status.txt":      {"status"},
		"status-data.txt": {"status", "data", "--no-headers"},
		"status-wide.txt": {"status", "-o", "wide"},
		"status-name.txt": {"status", "-o", "name"},
		"status.yaml":     {"status", "-o", "yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, t.Context(), world(), args...)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, got)
		})
	}
}

func TestStatusJSON(t *testing.T) {
	got, err := run(t, t.Context(), world(), "status", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var all []nodeStatus
	if err := json.Unmarshal([]byte(got), &all); err != nil || len(all) != 13 {
		t.Errorf("\nThe output is a list in JSON, with an element for each node.\n%d elements, %v\n%s", len(all), err, got)
	}
}

func TestStatusErrors(t *testing.T) {
	cases := map[string]struct {
		reason  string
		objects []client.Object
		args    []string
		want    string
	}{
		"Unknown": {reason: "An unknown NodeENI is an error.", objects: world(), args: []string{"status", "dtaa"}, want: `NodeENI "dtaa" does not exist: see kubectl get nodeeni`},
		"Format":  {reason: "An unknown format is an error that names the formats.", objects: world(), args: []string{"status", "-o", "tree"}, want: `unknown output format "tree": use wide, json, yaml or name`},
		"Watch":   {reason: "--watch prints a table.", objects: world(), args: []string{"status", "-w", "-o", "json"}, want: "--watch prints a table: use it without --output, or with --output=wide"},
		"Command": {reason: "An unknown command is an error.", args: []string{"statu"}, want: `unknown command "statu" for "kubectl eni"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, t.Context(), tc.objects, tc.args...)
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("\n%s\ngot %v, want %s", tc.reason, err, tc.want)
			}
		})
	}
	if got, err := run(t, t.Context(), nil, "status"); err != nil || got != "No NodeENIs found\n" {
		t.Errorf("\nWithout NodeENIs the table is empty, which is no error.\n%q, %v", got, err)
	}
}

// TestStatusWatch prints the lines that change, until it is interrupted.
func TestStatusWatch(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	got, err := run(t, ctx, world(), "status", "--watch")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "status.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("Lines that do not change are printed once: -want, +got:\n%s", diff)
	}
}

func TestExplain(t *testing.T) {
	for name, subject := range map[string]string{
		"explain-data.txt": "neni/data", "explain-idle.txt": "neni/idle", "explain-new.txt": "node/n-new",
		"explain-other.txt": "node/n-other", "explain-ready.txt": "node/n-ready", "explain-eni.txt": "eni/eni-c-kept",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, t.Context(), world(), "explain", subject)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, got)
		})
	}
}

func TestExplainArguments(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   []string
		same   string // subject with the same output
		want   string // of the error
	}{
		"NodeENI": {reason: "A kind and a name, as for kubectl get.", args: []string{"nodeeni", "data"}, same: "neni/data"},
		"Short":   {reason: "A short name of the kind.", args: []string{"neni", "data"}, same: "neni/data"},
		"ENI":     {reason: "The id of an ENI.", args: []string{"eni", "eni-c-kept"}, same: "eni/eni-c-kept"},
		"Node":    {reason: "A node.", args: []string{"node", "n-ready"}, same: "node/n-ready"},
		"Nothing": {reason: "Without a subject there are examples.", want: "nothing to explain: name one of node/NAME, neni/NAME, eni/ID, eni/NAME, enia/NAME or hif/NAME, for example:\n\n  kubectl eni explain node/"},
		"Two":     {reason: "One subject is explained.", args: []string{"neni/data", "neni/idle"}, want: "cannot explain 2 subjects"},
		"Three":   {reason: "One name is explained.", args: []string{"neni", "data", "idle"}, want: "cannot explain 3 subjects"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, t.Context(), world(), append([]string{"explain"}, tc.args...)...)
			if tc.want != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
					t.Errorf("\n%s\ngot %v, want %s", tc.reason, err, tc.want)
				}
				return
			}
			want, wrong := run(t, t.Context(), world(), "explain", tc.same)
			if err != nil || wrong != nil || got != want {
				t.Errorf("\n%s\n%v, %v: -want, +got\n%s", tc.reason, err, wrong, gocmp.Diff(want, got))
			}
		})
	}
}
