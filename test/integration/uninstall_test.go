// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// uninstallCommands returns the first block of commands below the heading Uninstall.
func uninstallCommands(t *testing.T) [][]string {
	t.Helper()
	_, section, ok := strings.Cut(read(t, "docs/install.md"), "\n## Uninstall\n")
	if !ok {
		t.Fatal("docs/install.md has no heading Uninstall")
	}
	block := regexp.MustCompile(`(?m)(^    kubectl .*\n)+`).FindString(section)
	var out [][]string
	for line := range strings.Lines(block) {
		line, _, _ = strings.Cut(line, "#")
		out = append(out, strings.Fields(line)[1:])
	}
	return out
}

// applyManifests applies the manifests. The ClusterProviderConfig keeps the credentials and the
// endpoint of the emulator.
func (e *env) applyManifests() {
	e.t.Helper()
	emulator, applied := &v1alpha1.ClusterProviderConfig{}, &v1alpha1.ClusterProviderConfig{}
	if err := e.kube.Get(e.t.Context(), client.ObjectKey{Name: "default"}, emulator); err != nil {
		e.t.Fatal(err)
	}
	e.delete(emulator.DeepCopy())
	for _, dir := range []string{"cluster/manifests/dpdk", "cluster/manifests"} {
		cmd := e.kubectl(e.t.Context(), "apply", "--server-side", "--force-conflicts", "-k", dir)
		cmd.Dir = testbed.RepositoryRoot()
		if out, err := cmd.CombinedOutput(); err != nil {
			e.t.Fatalf("%v\n%s", err, out)
		}
	}
	if err := e.kube.Get(e.t.Context(), client.ObjectKey{Name: "default"}, applied); err != nil {
		e.t.Fatal(err)
	}
	applied.Spec = emulator.Spec
	if err := e.kube.Update(e.t.Context(), applied); err != nil {
		e.t.Fatal(err)
	}
}

// TestUninstall applies the manifests, creates ENIs, and runs the commands of
// docs/install.md that remove everything. The provider stops as soon as its Deployment is
// deleted.
func TestUninstall(t *testing.T) {
	e := newEnv(t, options{noProvider: true})
	kubectl := func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := e.kubectl(ctx, args...)
		cmd.Dir = testbed.RepositoryRoot()
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("kubectl %s: %v after %s\n%s", strings.Join(args, " "), err, time.Since(began).Round(time.Second), out)
		}
	}
	e.applyManifests()
	p := e.startProvider(nil)
	e.goRun(func(ctx context.Context) error { return e.runControllers(ctx, p.stop) })
	e.node("node-a")
	e.apply(basic)
	e.eventually(20*time.Second, e.ready("multus-eni-config", 1))

	commands := uninstallCommands(t)
	if len(commands) < 6 {
		t.Fatalf("docs/install.md has %d commands: %q", len(commands), commands)
	}
	for _, args := range commands {
		if strings.Contains(strings.Join(args, " "), "package/crds") {
			continue // The control plane is shared with other tests.
		}
		kubectl(args...)
	}
	if live := e.live(); len(live) > 0 {
		t.Errorf("ENIs are left: %v", live)
	}
	configs := &v1alpha1.ClusterProviderConfigList{}
	if err := e.kube.List(t.Context(), configs); err != nil || len(configs.Items) > 0 {
		t.Errorf("%d ClusterProviderConfigs are left, which would keep their CRD: %v", len(configs.Items), err)
	}
}

// collectUsages deletes ProviderConfigUsages without an owner, as the garbage collector
// does.
func (e *env) collectUsages(ctx context.Context) error {
	l := &v1alpha1.ProviderConfigUsageList{}
	if err := e.kube.List(ctx, l); err != nil {
		return err
	}
	for i := range l.Items {
		u := &l.Items[i]
		owner := &metav1.PartialObjectMetadata{}
		ref := metav1.GetControllerOf(u)
		if ref == nil {
			continue
		}
		owner.SetGroupVersionKind(schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind))
		err := e.kube.Get(ctx, client.ObjectKey{Namespace: u.GetNamespace(), Name: ref.Name}, owner)
		if kerrors.IsNotFound(err) {
			err = client.IgnoreNotFound(e.kube.Delete(ctx, u))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// runControllers deletes the Deployment of a deleted namespace, finalizes the namespace,
// and collects garbage, as the controllers of Kubernetes do. It calls stop when the provider's
// Deployment does not exist any more.
func (e *env) runControllers(ctx context.Context, stop func()) error {
	for ctx.Err() == nil {
		d := &appsv1.Deployment{}
		key := client.ObjectKey{Namespace: testbed.Namespace, Name: "provider-aws-eni"}
		if err := e.kube.Get(ctx, key, d); kerrors.IsNotFound(err) {
			stop()
		}
		if err := e.collectUsages(ctx); err != nil {
			return err
		}
		ns := &corev1.Namespace{}
		if err := e.kube.Get(ctx, client.ObjectKey{Name: testbed.Namespace}, ns); err == nil && ns.DeletionTimestamp != nil {
			if err := e.kube.DeleteAllOf(ctx, &appsv1.Deployment{}, client.InNamespace(testbed.Namespace)); err != nil {
				return err
			}
			ns.Spec.Finalizers = nil
			if err := e.kube.SubResource("finalize").Update(ctx, ns); client.IgnoreNotFound(err) != nil && !kerrors.IsConflict(err) {
				return err
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}
