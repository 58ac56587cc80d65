// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package eni creates, attaches, detaches and deletes EC2 Elastic Network Interfaces (ENIs)
// for Go programs that do not run as Crossplane controllers. It makes its calls through the
// same client as the controllers of provider-aws-eni:
//
//   - Calls stay within a share of EC2's request rates, and stop while EC2 returns only
//     failures.
//   - Concurrent descriptions of ENIs, and of instances, share calls.
//   - A Client changes only ENIs that carry the tag of its owner id. ENIs of AWS services, of
//     other controllers such as the VPC CNI, and primary ENIs are never changed.
//   - Create with a ClientToken, Attach, Detach and Delete can be repeated after a lost
//     response or a crash.
//
// Use one Client for each account and region: Clients do not share their request rates.
//
//	cfg, err := config.LoadDefaultConfig(ctx)
//	…
//	client, err := eni.NewFromConfig(cfg, eni.WithOwner("team/app"))
//	…
//	n, err := client.Create(ctx, &eni.CreateInput{SubnetID: "subnet-…", ClientToken: "node-7"})
//
// # Errors
//
// Classify errors with the predicates of this package, such as IsNotFound. RetryAfter and
// IsTransient report whether a later call may succeed. Errors wrap the errors of the AWS SDK:
// errors.As finds a smithy.APIError.
//
// # Tests
//
// Package enitest runs a Client against an EC2 emulator in the process of a test. Code that
// depends on the interface API, or on one of the interfaces that it consists of, can also use
// a fake of its own.
package eni
