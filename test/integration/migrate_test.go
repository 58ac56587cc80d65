// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kuberetry "k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/migrate"
)

const (
	oldNamespace = "eni-controller-system"
	oldFinalizer = "nodeeni.networking.k8s.aws/finalizer"
	oldManifest  = `apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: multus-eni-config
  finalizers: [` + oldFinalizer + `]
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-0f59b4f14737be9ad
  securityGroupIDs: [sg-05da196f3314d4af8]
  deviceIndex: 2
  mtu: 9001
  deleteOnTermination: true
  description: "Multus ENI for secondary network interfaces"
`
)

// An oldSystem is what aws-multi-eni-controller leaves in a cluster and in EC2: its CRD, its
// workloads, a NodeENI with finalizer and status, and attached ENIs with its tags.
type oldSystem struct {
	*env
	ns map[string]string // network namespaces by node
}

// newOldSystem creates the state on two nodes with real links, which the old node pod has
// brought up. The control plane's CRD of NodeENIs is the old one.
func newOldSystem(t *testing.T) *oldSystem {
	t.Helper()
	e, hosts := newHostEnv(t, options{noProvider: true, discard: true})
	p := &oldSystem{env: e, ns: map[string]string{}}
	p.replaceCRD()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(e.kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: oldNamespace}}))
	template := func(app string) corev1.PodTemplateSpec {
		return corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "manager", Image: "example.org/aws-multi-eni-controller:v1.3.8"}}},
		}
	}
	selector := func(app string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}
	}
	must(e.kube.Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: oldNamespace, Name: "eni-controller"},
		Spec:       appsv1.DeploymentSpec{Replicas: new(int32(1)), Selector: selector("eni-controller"), Template: template("eni-controller")},
	}))
	manager := &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: oldNamespace, Name: "eni-manager"},
		Spec:       appsv1.DaemonSetSpec{Selector: selector("eni-manager"), Template: template("eni-manager")},
	}
	manager.Spec.Template.Spec.NodeSelector = map[string]string{"ng": "multi-eni"}
	must(e.kube.Create(t.Context(), manager))
	e.goRun(p.runWorkloads)

	e.apply(oldManifest)
	var attachments []any
	for _, name := range []string{"node-a", "node-b"} {
		n := e.node(name, "ng=multi-eni")
		p.ns[name], _ = e.addHost(hosts, n)
		attachments = append(attachments, p.attach(n, "multus-eni-config", 2))
		p.eventually(10*time.Second, func() error {
			if out, err := exec.Command("ip", "-n", p.ns[name], "link", "show", "ens7").CombinedOutput(); err != nil {
				return fmt.Errorf("%s", out)
			}
			return nil
		})
		ip(p.t, p.ns[name], "link", "set", "ens7", "mtu", "9001", "up")
	}
	p.setAttachments("multus-eni-config", attachments...)
	return p
}

// setAttachments writes the status of a NodeENI as aws-multi-eni-controller does: only with its
// own fields.
func (p *oldSystem) setAttachments(name string, attachments ...any) {
	p.t.Helper()
	p.writeStatus(name, func([]any) []any { return attachments })
}

// writeStatus writes the attachments in the status of a NodeENI, and nothing else. The provider
// may write its conditions at the same time.
func (p *oldSystem) writeStatus(name string, change func([]any) []any) {
	p.t.Helper()
	if err := kuberetry.RetryOnConflict(kuberetry.DefaultBackoff, func() error {
		n := &unstructured.Unstructured{}
		n.SetGroupVersionKind(v1alpha1.NodeENIGroupVersionKind)
		if err := p.kube.Get(p.t.Context(), client.ObjectKey{Name: name}, n); err != nil {
			return err
		}
		attachments, _, err := unstructured.NestedSlice(n.Object, "status", "attachments")
		if err != nil {
			return err
		}
		n.Object["status"] = map[string]any{"attachments": change(attachments)}
		return p.kube.Status().Update(p.t.Context(), n)
	}); err != nil {
		p.t.Fatalf("aws-multi-eni-controller cannot write its status: %v", err)
	}
}

// attach creates and attaches an ENI as aws-multi-eni-controller does, and returns its entry
// in the status.
func (p *oldSystem) attach(n *corev1.Node, nodeENI string, index int32) map[string]any {
	p.t.Helper()
	const subnet = "subnet-0f59b4f14737be9ad"
	var tags []ec2types.Tag
	for k, v := range map[string]string{
		"Name": "nodeeni-" + nodeENI + "-" + n.Name, "NodeENI": nodeENI, "Node": n.Name, "SubnetID": subnet,
		"kubernetes.io/cluster/managed-by": "nodeeni-controller", "node.k8s.amazonaws.com/no_manage": "true",
	} {
		tags = append(tags, ec2types.Tag{Key: new(k), Value: new(v)})
	}
	made, err := p.ec2Client().CreateNetworkInterface(p.t.Context(), &awsec2.CreateNetworkInterfaceInput{
		SubnetId: new(subnet), Groups: []string{"sg-05da196f3314d4af8"}, Description: new("Multus ENI for secondary network interfaces"),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeNetworkInterface, Tags: tags}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	id := *made.NetworkInterface.NetworkInterfaceId
	attached, err := p.ec2Client().AttachNetworkInterface(p.t.Context(), attachInputFor(id, instanceID(n), index))
	if err != nil {
		p.t.Fatal(err)
	}
	return map[string]any{
		"nodeID": n.Name, "instanceID": instanceID(n), "eniID": id, "attachmentID": *attached.AttachmentId, "subnetID": subnet, "subnetCIDR": "10.0.0.0/24",
		"mtu": int64(9001), "deviceIndex": int64(index), "status": "attached", "lastUpdated": "2026-11-01T00:00:00Z",
	}
}

// replaceCRD replaces the CRD of NodeENIs by one with the old CRD's printer columns, without
// validation.
func (p *oldSystem) replaceCRD() {
	p.t.Helper()
	p.changeCRD(func(c *apiextensionsv1.CustomResourceDefinition) {
		v := &c.Spec.Versions[0]
		v.AdditionalPrinterColumns = []apiextensionsv1.CustomResourceColumnDefinition{{Name: "Nodes", Type: "integer", JSONPath: ".status.attachments"}}
		v.Schema.OpenAPIV3Schema = &apiextensionsv1.JSONSchemaProps{Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{
			"spec":   {Type: "object", XPreserveUnknownFields: new(true), Required: []string{"nodeSelector"}},
			"status": {Type: "object", XPreserveUnknownFields: new(true)},
		}}
	})
}

func (p *oldSystem) changeCRD(f func(*apiextensionsv1.CustomResourceDefinition)) {
	p.t.Helper()
	c := &apiextensionsv1.CustomResourceDefinition{}
	if err := p.kube.Get(p.t.Context(), client.ObjectKey{Name: "nodeenis.networking.k8s.aws"}, c); err != nil {
		p.t.Fatal(err)
	}
	f(c)
	if err := p.kube.Update(p.t.Context(), c); err != nil {
		p.t.Fatal(err)
	}
}

// runWorkloads creates and deletes the pods of the old workloads, as controllers would.
func (p *oldSystem) runWorkloads(ctx context.Context) error {
	for ctx.Err() == nil {
		d, s := &appsv1.Deployment{}, &appsv1.DaemonSet{}
		if err := errors.Join(p.kube.Get(ctx, client.ObjectKey{Namespace: oldNamespace, Name: "eni-controller"}, d), p.kube.Get(ctx, client.ObjectKey{Namespace: oldNamespace, Name: "eni-manager"}, s)); err != nil {
			return err
		}
		for app, run := range map[string]bool{"eni-controller": *d.Spec.Replicas > 0, "eni-manager": s.Spec.Template.Spec.NodeSelector["ng"] == "multi-eni"} {
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: oldNamespace, Name: app, Labels: map[string]string{"app": app}}, Spec: d.Spec.Template.Spec}
			if run {
				_ = p.kube.Create(ctx, pod) // it may exist
			} else {
				_ = p.kube.Delete(ctx, pod, client.GracePeriodSeconds(0))
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

// install installs this provider: its CRDs replace the old one, and it starts.
func (p *oldSystem) install() {
	p.t.Helper()
	crd, err := os.ReadFile(filepath.Join("..", "..", "package", "crds", "networking.k8s.aws_nodeenis.yaml"))
	if err != nil {
		p.t.Fatal(err)
	}
	ours := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.Unmarshal(crd, ours); err != nil {
		p.t.Fatal(err)
	}
	p.changeCRD(func(c *apiextensionsv1.CustomResourceDefinition) { c.Spec = ours.Spec })
	p.provider = p.startProvider(nil)
}

// A snapshot is what a migration must not change, or a rollback must restore.
type snapshot struct {
	ENIs       map[string]string
	Finalizers []string
	Spec       v1alpha1.NodeENISpec
	Attached   []v1alpha1.NodeENIAttachment
	Workloads  []string
}

func (p *oldSystem) snapshot() snapshot {
	p.t.Helper()
	n := p.nodeENI("multus-eni-config")
	s := snapshot{ENIs: map[string]string{}, Finalizers: n.Finalizers, Spec: n.Spec, Attached: n.Status.Attachments}
	for _, x := range p.EC2.ENIs(ec2emulator.Exists) {
		if x.Attachment != nil && x.Attachment.DeviceIndex > 0 {
			s.ENIs[x.ID] = fmt.Sprintf("%s of %s at %d", x.Attachment.ID, x.Attachment.InstanceID, x.Attachment.DeviceIndex)
		}
	}
	d, m := &appsv1.Deployment{}, &appsv1.DaemonSet{}
	if err := errors.Join(p.kube.Get(p.t.Context(), client.ObjectKey{Namespace: oldNamespace, Name: "eni-controller"}, d), p.kube.Get(p.t.Context(), client.ObjectKey{Namespace: oldNamespace, Name: "eni-manager"}, m)); err != nil {
		p.t.Fatal(err)
	}
	s.Workloads = []string{fmt.Sprint(*d.Spec.Replicas), fmt.Sprint(m.Spec.Template.Spec.NodeSelector)}
	return s
}

// noInterruption runs f, and fails if a link went down or an ENI was created, attached,
// detached or deleted meanwhile.
func (p *oldSystem) noInterruption(f func()) {
	p.t.Helper()
	from := p.EC2.Mark()
	type monitor struct {
		cmd *exec.Cmd
		out *bytes.Buffer
	}
	monitors := map[string]monitor{}
	for node, ns := range p.ns {
		m := monitor{exec.Command("ip", "-n", ns, "-o", "monitor", "link"), &bytes.Buffer{}}
		m.cmd.Stdout = m.out
		if err := m.cmd.Start(); err != nil {
			p.t.Fatal(err)
		}
		monitors[node] = m
	}
	f()
	for node, m := range monitors {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
		for line := range strings.Lines(m.out.String()) {
			if strings.Contains(line, "ens7") && (!strings.Contains(line, ",UP") || strings.Contains(line, "Deleted") || !strings.Contains(line, "mtu 9001")) {
				p.t.Errorf("the link of %s changed: %s", node, line)
			}
		}
	}
	for _, action := range []string{"CreateNetworkInterface", "AttachNetworkInterface", "DetachNetworkInterface", "DeleteNetworkInterface"} {
		if n := len(p.EC2.Since(from, ec2emulator.ByAction(action))); n != 0 {
			p.t.Errorf("%d calls of %s, want none", n, action)
		}
	}
}

// TestMigrate moves a NodeENI of aws-multi-eni-controller to this provider and back, with the
// command. No ENI is detached, and no link goes down.
func TestMigrate(t *testing.T) {
	p := newOldSystem(t)
	run := func(args ...string) (string, error) {
		out, problem, err := p.plugin("", append([]string{"migrate"}, args...)...)
		t.Logf("kubectl eni migrate %s\n%s%s%v", strings.Join(args, " "), out, problem, err)
		return out + problem, err
	}

	t.Log("the installed provider leaves the NodeENI alone, and aws-multi-eni-controller can write its status")
	p.install()
	p.eventually(30*time.Second, p.hasSynced("ManagedByMultiENIController"))
	before := p.snapshot()
	p.writeStatus("multus-eni-config", func(same []any) []any { return same })
	p.consistently(2*time.Second, func() error {
		if diff := cmp.Diff(before, p.snapshot()); diff != "" {
			return fmt.Errorf("changed: -before, +now:\n%s", diff)
		}
		return nil
	})

	t.Log("the dry run changes nothing")
	out, err := run("--dry-run")
	if err != nil || !strings.Contains(out, "NodeENI multus-eni-config can be moved: 2 ENIs are adopted as they are") {
		t.Fatalf("%v: %s", err, out)
	}
	if diff := cmp.Diff(before, p.snapshot()); diff != "" {
		t.Errorf("a dry run changed: -before, +now:\n%s", diff)
	}

	t.Log("devices for userspace drivers need a boot ID, a PCI address and a permission")
	p.dryRunOfDPDK(run)
	before = p.snapshot()

	for range 2 { // a rollback leaves a state that can be migrated
		p.noInterruption(func() {
			if out, err := run("multus-eni-config"); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			p.eventually(30*time.Second, p.ready("multus-eni-config", 2))
		})
		now := p.snapshot()
		if diff := cmp.Diff([]string{v1alpha1.FinalizerNodeENI}, now.Finalizers); diff != "" {
			t.Errorf("finalizers: -want, +got:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"0", "map[networking.k8s.aws/stopped-for-migration:true]"}, now.Workloads); diff != "" {
			t.Errorf("the old workloads: -want, +got:\n%s", diff)
		}
		if diff := cmp.Diff(before.ENIs, now.ENIs); diff != "" {
			t.Errorf("attachments: -before, +now:\n%s", diff)
		}
		p.noInterruption(func() {
			if out, err := run("multus-eni-config", "--rollback"); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		})
		p.isAsBefore(before)
	}
}

// dryRunOfDPDK plans the migration of a NodeENI whose device the old manager bound to vfio-pci.
func (p *oldSystem) dryRunOfDPDK(run func(args ...string) (string, error)) {
	p.t.Helper()
	n := &corev1.Node{}
	if err := p.kube.Get(p.t.Context(), client.ObjectKey{Name: "node-a"}, n); err != nil {
		p.t.Fatal(err)
	}
	p.label(n, "dpdk", "true")
	p.apply(strings.NewReplacer("multus-eni-config", "dpdk", "ng: multi-eni", `dpdk: "true"`, "mtu: 9001", "enableDPDK: true").Replace(oldManifest))
	entry := p.attach(n, "dpdk", 3)
	entry["dpdkBound"], entry["dpdkDriver"], entry["dpdkResourceName"] = true, "vfio-pci", "intel.com/dpdk"
	p.setAttachments("dpdk", entry)
	blocked := func(want string, args ...string) {
		p.t.Helper()
		if out, err := run(append([]string{"dpdk", "--dry-run"}, args...)...); err == nil || !strings.Contains(out, want) {
			p.t.Errorf("want %q, got %v: %s", want, err, out)
		}
	}
	blocked("does not report a boot ID")
	p.updateStatus(n, func(n *corev1.Node) { n.Status.NodeInfo.BootID = "boot-1" })
	blocked("has not recorded its PCI address")
	entry["dpdkPCIAddress"] = "0000:00:07.0"
	p.setAttachments("dpdk", entry)
	blocked("have no IOMMU")
	out, err := run("dpdk", "--dry-run", "--allow-no-iommu")
	if err != nil || !strings.Contains(out, "1 ENIs are adopted as they are") || !strings.Contains(out, "host.dpdk.allowNoIOMMU is set") {
		p.t.Errorf("%v: %s", err, out)
	}
}

// isAsBefore fails if the state is not the one before the migration, or objects of this
// provider remain.
func (p *oldSystem) isAsBefore(before snapshot) {
	p.t.Helper()
	now := p.snapshot()
	for i := range now.Attached {
		if now.Attached[i].LastUpdated != nil {
			now.Attached[i].LastUpdated = before.Attached[i].LastUpdated // the time zone differs
		}
	}
	if diff := cmp.Diff(before, now); diff != "" {
		p.t.Errorf("after the rollback: -before, +now:\n%s", diff)
	}
	for _, x := range p.EC2.ENIs(ec2emulator.Exists) {
		if x.Attachment != nil && x.Tags["networking.k8s.aws/keep"] != "true" && x.Tags["networking.k8s.aws/mr-uid"] != "" {
			p.t.Errorf("%s may be collected as garbage: %v", x.ID, x.Tags)
		}
	}
	if n := p.nodeENI("multus-eni-config"); migrate.Migrated(n) || n.Annotations[v1alpha1.AnnotationTakeOver] != "" {
		p.t.Errorf("annotations: %v", n.Annotations)
	}
	interfaces := &metav1.PartialObjectMetadataList{}
	for _, kind := range []string{"NetworkInterface", "NetworkInterfaceAttachment"} {
		interfaces.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind(kind + "List"))
		interfaces.APIVersion = "ec2.networking.k8s.aws/v1alpha1"
		if err := p.kube.List(p.t.Context(), interfaces); err != nil {
			p.t.Fatal(err)
		}
		if len(interfaces.Items) > 0 {
			p.t.Errorf("%d %ss remain", len(interfaces.Items), kind)
		}
	}
}

func (p *oldSystem) hasSynced(reason string) func() error {
	return func() error {
		if c := p.nodeENI("multus-eni-config").GetCondition("Synced"); string(c.Reason) != reason {
			return fmt.Errorf("condition Synced: %+v", c)
		}
		return nil
	}
}

// TestMigrateInterrupted interrupts a migration, and its rollback, at each write. Then the
// rollback restores the state before, or the repeated migration completes.
func TestMigrateInterrupted(t *testing.T) {
	p := newOldSystem(t)
	p.install()
	p.eventually(30*time.Second, p.hasSynced("ManagedByMultiENIController"))
	before := p.snapshot()
	every := 1
	if testing.Short() {
		every = 3
	}
	steps := 0
	p.noInterruption(func() {
		for cut, done := 1, false; !done; cut += every {
			t.Logf("write %d of the migration and of the rollback is interrupted", cut)
			first := p.migration(cut).Run(t.Context())
			if done = first == nil; !done && cut%2 == 0 {
				if err := p.migration(0).Run(t.Context()); err != nil {
					t.Fatalf("the repeated migration: %v", err)
				}
			}
			second := p.migration(cut).Rollback(t.Context())
			if second != nil {
				done = false
				if err := p.migration(0).Rollback(t.Context()); err != nil {
					t.Fatalf("the repeated rollback: %v", err)
				}
			}
			p.isAsBefore(before)
			steps = cut
			if t.Failed() {
				return
			}
		}
	})
	t.Logf("%d writes", steps)
}

// migration returns a migration whose write number cut fails, and all later ones; 0: none.
func (p *oldSystem) migration(cut int) *migrate.Migration {
	writes := 0
	fail := func() error {
		if writes++; cut > 0 && writes >= cut {
			return errors.New("interrupted")
		}
		return nil
	}
	c := interceptor.NewClient(p.kube, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if err := fail(); err != nil {
				return err
			}
			return c.Create(ctx, o, opts...)
		},
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			options := &client.UpdateOptions{}
			if options.ApplyOptions(opts); len(options.DryRun) > 0 {
				return c.Update(ctx, o, opts...)
			}
			if err := fail(); err != nil {
				return err
			}
			return c.Update(ctx, o, opts...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, opts ...client.PatchOption) error {
			if err := fail(); err != nil {
				return err
			}
			return c.Patch(ctx, o, patch, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			if err := fail(); err != nil {
				return err
			}
			return c.Delete(ctx, o, opts...)
		},
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			if err := fail(); err != nil {
				return err
			}
			return c.SubResource(sub).Update(ctx, o, opts...)
		},
	})
	return &migrate.Migration{
		Client: c, Timeout: time.Minute, Printf: p.t.Logf,
		Plan: func(ctx context.Context, spec v1alpha1.NodeENIPlanSpec) (*v1alpha1.NodeENIPlanStatus, error) {
			plan := &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{GenerateName: "migrate-"}, Spec: spec}
			if err := p.kube.Create(ctx, plan); err != nil {
				return nil, err
			}
			for plan.Status.CompletionTime == nil {
				if err := p.kube.Get(ctx, client.ObjectKeyFromObject(plan), plan); err != nil {
					return nil, err
				}
				time.Sleep(50 * time.Millisecond)
			}
			return &plan.Status, nil
		},
	}
}
