// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package bundle writes a support bundle: an archive with the objects, events and logs of the
// provider, without Secrets.
package bundle

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/explain"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// partOf is the label of the provider's and the agents' objects.
const partOf = "app.kubernetes.io/part-of"

// name is the value of partOf, and the directory of the archive.
const name = "provider-aws-eni"

// Pods reads from pods.
type Pods struct {
	// Log returns the last lines of the log of a container.
	Log func(ctx context.Context, namespace, pod, container string) ([]byte, error)
	// Metrics returns the metrics of a pod, through the API server.
	Metrics func(ctx context.Context, namespace, pod string) ([]byte, error)
}

// A Source is what a bundle is collected from.
type Source struct {
	// Client reads from the API server.
	Client client.Reader
	Pods   Pods
	// Versions are the versions of the plugin and of the API server, as text.
	Versions string
	// Now is the time of the bundle.
	Now time.Time
}

// Write writes a bundle as a gzip-compressed tar archive. What cannot be read is listed in the
// file errors.txt, and in the result.
func Write(ctx context.Context, w io.Writer, s Source) ([]string, error) {
	z := gzip.NewWriter(w)
	b := &builder{tar: tar.NewWriter(z), Source: s}
	b.file("versions.txt", []byte(s.Versions))
	b.objects(ctx)
	b.explanations(ctx)
	b.logs(ctx)
	b.metrics(ctx)
	b.file("errors.txt", []byte(strings.Join(b.missing, "\n")+"\n"))
	return b.missing, errors.Wrap(errors.Join(b.err, b.tar.Close(), z.Close()), "cannot write the bundle")
}

// A builder writes an archive.
type builder struct {
	Source

	tar     *tar.Writer
	missing []string
	err     error        // the first error of the archive
	pods    []corev1.Pod // of the provider and its agents
}

// file adds a file.
func (b *builder) file(path string, content []byte) {
	if b.err != nil {
		return
	}
	b.err = b.tar.WriteHeader(&tar.Header{Name: name + "/" + path, Mode: 0o600, Size: int64(len(content)), ModTime: b.Now})
	if b.err == nil {
		_, b.err = b.tar.Write(content)
	}
}

// lacks records what cannot be read.
func (b *builder) lacks(what string, err error) {
	b.missing = append(b.missing, fmt.Sprintf("%s: %v", what, err))
}

// objects adds a file for each kind.
func (b *builder) objects(ctx context.Context) {
	own := client.MatchingLabels{partOf: name}
	pods := &corev1.PodList{}
	for _, l := range []struct {
		file string
		list client.ObjectList
		opts []client.ListOption
	}{
		{"nodeenis", &v1alpha1.NodeENIList{}, nil},
		{"networkinterfaces", &ec2v1alpha1.NetworkInterfaceList{}, nil},
		{"networkinterfaceattachments", &ec2v1alpha1.NetworkInterfaceAttachmentList{}, nil},
		{"hostinterfaces", &v1alpha1.HostInterfaceList{}, nil},
		{"clusterproviderconfigs", &v1alpha1.ClusterProviderConfigList{}, nil},
		{"providerconfigs", &v1alpha1.ProviderConfigList{}, nil},
		{"nodes", &corev1.NodeList{}, nil},
		{"events", &corev1.EventList{}, nil},
		{"deployments", &appsv1.DeploymentList{}, []client.ListOption{own}},
		{"daemonsets", &appsv1.DaemonSetList{}, []client.ListOption{own}},
		{"pods", pods, []client.ListOption{own}},
		{"leases", &coordinationv1.LeaseList{}, []client.ListOption{own}},
	} {
		if err := b.Client.List(ctx, l.list, l.opts...); err != nil {
			b.lacks(l.file, err)
			continue
		}
		clean(l.list)
		raw, err := yaml.Marshal(l.list)
		if err != nil {
			b.lacks(l.file, err)
			continue
		}
		b.file("objects/"+l.file+".yaml", raw)
	}
	b.pods = pods.Items
}

// explanations adds the explanation of each NodeENI.
func (b *builder) explanations(ctx context.Context) {
	f, err := fleet.Read(ctx, b.Client)
	if err != nil {
		b.lacks("explanations", err)
		return
	}
	if err := f.ReadLeases(ctx, b.Client, b.Now); err != nil {
		b.lacks("leases for the explanations", err)
	}
	for i := range f.NodeENIs {
		subject := "neni/" + f.NodeENIs[i].Name
		all, err := explain.Of(f, subject)
		if err != nil {
			b.lacks(subject, err)
			continue
		}
		b.file("explain/"+f.NodeENIs[i].Name+".txt", []byte(explain.Text(all)))
	}
}

// logs adds the logs of the provider's and the agents' containers.
func (b *builder) logs(ctx context.Context) {
	for i := range b.pods {
		p := &b.pods[i]
		for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
			path := p.Namespace + "/" + p.Name + "/" + c.Name
			raw, err := b.Pods.Log(ctx, p.Namespace, p.Name, c.Name)
			if err != nil {
				b.lacks("log of "+path, err)
				continue
			}
			b.file("logs/"+path+".log", raw)
		}
	}
}

// metrics adds the metrics of pods that have a port for them.
func (b *builder) metrics(ctx context.Context) {
	for i := range b.pods {
		p := &b.pods[i]
		if !slices.ContainsFunc(p.Spec.Containers, hasMetrics) {
			continue
		}
		raw, err := b.Pods.Metrics(ctx, p.Namespace, p.Name)
		if err != nil {
			b.lacks("metrics of "+p.Namespace+"/"+p.Name, err)
			continue
		}
		b.file("metrics/"+p.Namespace+"/"+p.Name+".txt", raw)
	}
}

// MetricsPort is the name of the port with the metrics.
const MetricsPort = "metrics"

func hasMetrics(c corev1.Container) bool {
	return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.Name == MetricsPort })
}
