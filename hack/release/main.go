// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Release builds what users install, from the binaries that `make build` writes to dist:
// OCI images of the provider and the agent, and the Crossplane package. It needs no
// container daemon. The same commit gives the same digests, in any directory and on any
// day.
//
// It writes OCI image layouts, with a software bill of materials and a provenance
// statement beside each, and pushes the images if a registry is given.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// A release is what is built, and from what.
type release struct {
	root     string    // of the repository
	dist     string    // the directory of the binaries, to which all is written
	version  string    // of the binaries, and the tag of the images
	revision string    // the commit
	created  time.Time // of the commit
	registry string    // to push to, such as registry.example.org/team, or empty
	insecure bool      // push over HTTP
}

// platforms are the architectures of each image.
var platforms = []string{"amd64", "arm64"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	r := release{}
	flags.StringVar(&r.root, "root", "../..", "root of the repository")
	flags.StringVar(&r.version, "version", "", "version of the binaries, and tag of the images")
	flags.StringVar(&r.registry, "registry", os.Getenv("IMAGE_REGISTRY"), "registry and path to push to, such as registry.example.org/team; empty pushes nothing")
	flags.BoolVar(&r.insecure, "insecure", false, "push over HTTP")
	url := flags.String("plugin-url", "", "for krew: HTTPS URL of the directory in which the archives of the kubectl plugin are published")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: release [flags] images|package|krew|lint")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	r.dist = filepath.Join(r.root, "dist")
	if err := r.readCommit(ctx); err != nil {
		return err
	}
	switch what := flags.Arg(0); what {
	case "images":
		return r.images(ctx)
	case "package":
		return r.pack(ctx)
	case "krew":
		return r.krew(*url)
	case "lint":
		return r.lint(ctx)
	default:
		flags.Usage()
		return fmt.Errorf("cannot build %q: name images, package, krew or lint", what)
	}
}
