// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Chart generates the files of the Helm chart that derive from other files, and the plain
// manifests from the chart.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/nodeeni/provider-aws-eni/hack/chart/render"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("chart", flag.ContinueOnError)
	root := flags.String("root", "../..", "root of the repository")
	version := flags.String("version", "", "version of the chart, for package; default: the version in Chart.yaml")
	appVersion := flags.String("app-version", "", "default tag of the images, for package; default: the appVersion in Chart.yaml")
	name := flags.String("name", render.Name, "name of the release, for template")
	namespace := flags.String("namespace", render.Namespace, "namespace of the release, for template")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(flags.Output(), `usage: chart [flags] command
  generate   write the chart's copy of the CRDs, README.md, and generated parts of values.schema.json
  manifests  write cluster/manifests
  template   print the objects of a release with the default values, as helm template does
  package    write the packaged chart to dist`)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch command := flags.Arg(0); command {
	case "generate":
		return write(filepath.Join(*root, render.Dir), func() (map[string]string, error) { return generated(*root) })
	case "manifests":
		return write(filepath.Join(*root, render.ManifestsDir), func() (map[string]string, error) { return render.Manifests(*root) })
	case "template":
		files, err := render.Templates(*root, render.Release{Name: *name, Namespace: *namespace, Service: "Helm"}, nil)
		if err != nil {
			return err
		}
		for _, path := range slices.Sorted(maps.Keys(files)) {
			fmt.Printf("---\n%s\n", files[path])
		}
		return nil
	case "package":
		return pack(*root, *version, *appVersion)
	default:
		flags.Usage()
		return fmt.Errorf("unknown command %q", command)
	}
}

// write writes files by path in a directory.
func write(dir string, files func() (map[string]string, error)) error {
	all, err := files()
	if err != nil {
		return err
	}
	for path, text := range all {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pack writes the packaged chart to dist.
func pack(root, version, appVersion string) error {
	chart, err := loader.Load(filepath.Join(root, render.Dir))
	if err != nil {
		return fmt.Errorf("cannot load the chart: %w", err)
	}
	if version != "" {
		chart.Metadata.Version = version
	}
	if appVersion != "" {
		chart.Metadata.AppVersion = appVersion
	}
	path, err := chartutil.Save(chart, filepath.Join(root, "dist"))
	if err != nil {
		return fmt.Errorf("cannot package the chart: %w", err)
	}
	fmt.Println("packaged", path)
	return nil
}
