// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command ec2emulator runs the EC2 emulator, for manual tests of clients.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

type flags struct {
	address  string
	seedFile string
	options  ec2emulator.Options
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, parse(os.Args[1:])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // Nothing is left for stop to undo.
	}
}

func parse(args []string) flags {
	f := flags{}
	app := kingpin.New("ec2emulator", "Emulates the EC2 API over HTTP, in memory.")
	app.Flag("address", "Address to listen on; port 0 selects a free port.").Default("127.0.0.1:4566").StringVar(&f.address)
	app.Flag("region", "Region of the endpoint.").Default("us-east-1").StringVar(&f.options.Region)
	app.Flag("account-id", "Account that owns all resources.").Default("123456789012").StringVar(&f.options.AccountID)
	app.Flag("seed-file", "File with initial resources, in YAML or JSON. Default: a VPC in three zones.").ExistingFileVar(&f.seedFile)
	app.Flag("throttle", "Throttle calls with RequestLimitExceeded, at EC2's documented request rates.").BoolVar(&f.options.Throttle)
	app.Flag("attach-delay", "Time from attaching to attached; 0 is none.").Default("800ms").DurationVar(&f.options.AttachDelay)
	app.Flag("detach-delay", "Time from detaching to detached; 0 is none.").Default("600ms").DurationVar(&f.options.DetachDelay)
	app.Flag("instance-delay", "Duration of each transitional state of an instance; 0 is none.").Default("500ms").DurationVar(&f.options.InstanceDelay)
	app.Flag("visibility-delay", "Time until describe calls return a change.").Default("0s").DurationVar(&f.options.VisibilityDelay)
	app.Flag("seed", "Seed of identifiers and probabilities.").Default("1").Uint64Var(&f.options.Seed)
	kingpin.MustParse(app.Parse(args))
	for _, d := range []*time.Duration{&f.options.AttachDelay, &f.options.DetachDelay, &f.options.InstanceDelay} {
		if *d == 0 {
			// For the emulator, zero is the default and a negative value is none.
			*d = -1
		}
	}
	return f
}

func run(ctx context.Context, f flags) error {
	seed := ec2emulator.DefaultSeed(f.options.Region)
	if f.seedFile != "" {
		data, err := os.ReadFile(f.seedFile)
		if err != nil {
			return errors.Wrapf(err, "cannot read seed file %q", f.seedFile)
		}
		if seed, err = ec2emulator.ParseSeed(data); err != nil {
			return errors.Wrapf(err, "cannot use seed file %q", f.seedFile)
		}
	}
	s := ec2emulator.New(f.options)
	defer s.Close()
	if err := s.Seed(seed); err != nil {
		return err
	}
	url, err := s.Start(ctx, f.address)
	if err != nil {
		return err
	}
	fmt.Printf("EC2 is at %s\n\n", url)
	fmt.Printf("  AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any aws --region %s --endpoint-url %s ec2 describe-subnets\n", s.Options().Region, url)
	fmt.Printf("  curl %s/_emulator/ledger\n", url)
	<-ctx.Done()
	return nil
}
