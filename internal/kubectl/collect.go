// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/kubectl/bundle"
	"github.com/nodeeni/provider-aws-eni/internal/version"
)

// logLines is the number of lines of each log in a bundle.
const logLines = 5000

// collect returns the command collect.
func (c *command) collect() *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Writes a support bundle: objects, events and logs, without Secrets",
		Long: `Writes an archive with the objects of the provider, their events, the explanations of all NodeENIs,
and the pods, logs and metrics of the provider and its agents. It has no Secrets, no values of environment
variables, and no events of other objects. What you may not read is left out, and listed in
errors.txt of the archive. Read the archive before you send it: it has the names of nodes, and the
ids and addresses of instances and network interfaces.`,
		Example: `  kubectl eni collect
  kubectl eni collect --file=- | tar -tz`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now()
			if file == "" {
				file = "kubectl-eni-" + now.UTC().Format("20060102-150405") + ".tar.gz"
			}
			return c.writeBundle(cmd.Context(), file, now)
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "File to write. - is standard output. Default: kubectl-eni-TIME.tar.gz.")
	return cmd
}

// writeBundle writes a bundle to a file, or to the standard output.
func (c *command) writeBundle(ctx context.Context, file string, now time.Time) error {
	api, err := c.client()
	if err != nil {
		return err
	}
	pods, server, err := c.pods()
	if err != nil {
		return err
	}
	s := bundle.Source{Client: api, Pods: pods, Now: now, Versions: "kubectl-eni " + version.Version + "\n" + server}
	if file == "-" {
		return c.bundle(ctx, c.Out, s)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec,forbidigo // the user names the file
	if err != nil {
		return errors.Wrap(err, "cannot create the bundle")
	}
	if err := errors.Join(c.bundle(ctx, f, s), f.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.Out, file)
	return err
}

// bundle writes a bundle, and prints what is not in it.
func (c *command) bundle(ctx context.Context, w io.Writer, s bundle.Source) error {
	missing, err := bundle.Write(ctx, w, s)
	if err != nil {
		return err
	}
	for _, m := range missing {
		if _, err := fmt.Fprintln(c.ErrOut, "Not collected: "+m); err != nil {
			return err
		}
	}
	return nil
}

// podsOf returns functions that read from pods, and a line with the version of the API server.
func podsOf(config *rest.Config) (bundle.Pods, string, error) {
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return bundle.Pods{}, "", errors.Wrap(err, "cannot connect to the API server")
	}
	server := ""
	if v, err := api.Discovery().ServerVersion(); err == nil {
		server = "API server " + v.String() + "\n"
	}
	return bundle.Pods{
		Log: func(ctx context.Context, namespace, pod, container string) ([]byte, error) {
			return api.CoreV1().Pods(namespace).GetLogs(pod, &corev1.PodLogOptions{Container: container, TailLines: new(int64(logLines)), Timestamps: true}).DoRaw(ctx)
		},
		Metrics: func(ctx context.Context, namespace, pod string) ([]byte, error) {
			return metricsOf(ctx, api, namespace, pod)
		},
	}, server, nil
}

// metricsOf returns the metrics of a pod through the proxy of the API server, which does not send the
// user's credentials to the pod.
func metricsOf(ctx context.Context, api kubernetes.Interface, namespace, pod string) ([]byte, error) {
	raw, err := api.CoreV1().Pods(namespace).ProxyGet("http", pod, bundle.MetricsPort, "metrics", nil).DoRaw(ctx)
	if err == nil {
		return raw, nil
	}
	if raw, err = api.CoreV1().Pods(namespace).ProxyGet("https", pod, bundle.MetricsPort, "metrics", nil).DoRaw(ctx); err == nil {
		return raw, nil
	}
	return nil, errors.Wrap(err, "the metrics are only served to authenticated clients, unless --no-metrics-secure is set: copy them from Prometheus")
}
