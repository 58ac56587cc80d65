// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// secret is a value that must not be in a bundle.
const secret = "wJalrXUtnFEMI"

// cluster returns a client of a cluster with secrets in several places.
func cluster(t *testing.T, funcs interceptor.Funcs) client.Reader {
	t.Helper()
	s := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(s), appsv1.AddToScheme(s), coordinationv1.AddToScheme(s), apis.AddToScheme(s)); err != nil {
		t.Fatal(err)
	}
	own := map[string]string{partOf: name}
	pod := corev1.PodSpec{Containers: []corev1.Container{{Name: "provider", Ports: []corev1.ContainerPort{{Name: MetricsPort, ContainerPort: 8443}}, Args: []string{"--region=us-east-1"}, Env: []corev1.EnvVar{{Name: "AWS_SECRET_ACCESS_KEY", Value: secret}}}}}
	return fake.NewClientBuilder().WithScheme(s).WithInterceptorFuncs(funcs).WithObjects(
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "aws"}, Data: map[string][]byte{"credentials": []byte(secret)}},
		&v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data", Annotations: map[string]string{corev1.LastAppliedConfigAnnotation: secret}}, Spec: v1alpha1.NodeENISpec{NodeSelector: map[string]string{"role": "data"}}},
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-a", Annotations: map[string]string{"other": secret}}},
		&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "provider-aws-eni-1", Labels: own}, Spec: pod},
		&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "other"}, Spec: pod},
		&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "provider-aws-eni", Labels: own}, Spec: appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{Spec: pod}}},
		&appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "provider-aws-eni-agent", Labels: own}, Spec: appsv1.DaemonSetSpec{Template: corev1.PodTemplateSpec{Spec: pod}}},
		&corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "ours"}, InvolvedObject: corev1.ObjectReference{APIVersion: "networking.k8s.aws/v1alpha1", Kind: "NodeENI", Name: "data"}, Message: "Created 2 NetworkInterfaces"},
		&corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "other"}, InvolvedObject: corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Name: "web"}, Message: secret},
	).Build()
}

// read returns the files of a bundle.
func read(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = string(content)
	}
}

func write(t *testing.T, c client.Reader, pods Pods) (map[string]string, []string) {
	t.Helper()
	var out bytes.Buffer
	missing, err := Write(t.Context(), &out, Source{Client: c, Pods: pods, Versions: "kubectl-eni v1\n", Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return read(t, out.Bytes()), missing
}

func TestWrite(t *testing.T) {
	files, missing := write(t, cluster(t, interceptor.Funcs{}), Pods{
		Log: func(_ context.Context, namespace, pod, container string) ([]byte, error) {
			return []byte("log of " + namespace + "/" + pod + "/" + container), nil
		},
		Metrics: func(_ context.Context, namespace, pod string) ([]byte, error) {
			return []byte("metrics of " + namespace + "/" + pod), nil
		},
	})
	want := []string{
		"errors.txt", "explain/data.txt", "logs/system/provider-aws-eni-1/provider.log", "metrics/system/provider-aws-eni-1.txt",
		"objects/clusterproviderconfigs.yaml", "objects/daemonsets.yaml", "objects/deployments.yaml", "objects/events.yaml", "objects/hostinterfaces.yaml", "objects/leases.yaml",
		"objects/networkinterfaceattachments.yaml", "objects/networkinterfaces.yaml", "objects/nodeenis.yaml", "objects/nodes.yaml", "objects/pods.yaml", "objects/providerconfigs.yaml",
		"versions.txt",
	}
	for i := range want {
		want[i] = "provider-aws-eni/" + want[i]
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(files))); diff != "" || len(missing) > 0 {
		t.Errorf("files: -want, +got:\n%s\nmissing: %v", diff, missing)
	}
	for file, text := range files {
		if strings.Contains(text, secret) {
			t.Errorf("\nA bundle has no secrets.\n%s:\n%s", file, text)
		}
	}
	for file, part := range map[string]string{
		"objects/nodeenis.yaml": "role: data", "objects/events.yaml": "Created 2 NetworkInterfaces", "objects/pods.yaml": "--region=us-east-1",
		"objects/nodes.yaml": "node-a", "explain/data.txt": "no node of the cluster matches", "versions.txt": "kubectl-eni v1",
		"logs/system/provider-aws-eni-1/provider.log": "log of system/provider-aws-eni-1/provider", "metrics/system/provider-aws-eni-1.txt": "metrics of system/provider-aws-eni-1",
	} {
		if !strings.Contains(files["provider-aws-eni/"+file], part) {
			t.Errorf("%s does not contain %q:\n%s", file, part, files["provider-aws-eni/"+file])
		}
	}
}

// TestWriteWithoutPermissions collects what a user may read.
func TestWriteWithoutPermissions(t *testing.T) {
	c := cluster(t, interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) error {
		if _, ok := l.(*corev1.EventList); ok {
			return errors.New("events is forbidden")
		}
		return c.List(ctx, l, opts...)
	}})
	files, missing := write(t, c, Pods{
		Log: func(context.Context, string, string, string) ([]byte, error) {
			return nil, errors.New("pods/log is forbidden")
		},
		Metrics: func(context.Context, string, string) ([]byte, error) {
			return nil, errors.New("pods/proxy is forbidden")
		},
	})
	want := []string{"events: events is forbidden", "log of system/provider-aws-eni-1/provider: pods/log is forbidden", "metrics of system/provider-aws-eni-1: pods/proxy is forbidden"}
	if diff := cmp.Diff(want, missing); diff != "" {
		t.Errorf("missing: -want, +got:\n%s", diff)
	}
	if files["provider-aws-eni/objects/pods.yaml"] == "" || !strings.Contains(files["provider-aws-eni/errors.txt"], want[0]) {
		t.Errorf("files: %v", slices.Sorted(maps.Keys(files)))
	}
}
