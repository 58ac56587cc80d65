// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package ec2emulator emulates the EC2 API over HTTP, in memory, with fault injection and a ledger of calls.
//
// It emulates network interfaces and the resources that they need: VPCs, subnets and their addresses, security groups,
// instances and instance types, Elastic IPs, tags, asynchronous attachments, limits, error codes and request rates. It implements
// the Query protocol, for unmodified SDKs, the AWS CLI or any other client, and STS's GetCallerIdentity, AssumeRole and
// AssumeRoleWithWebIdentity.
//
// Its tests use the AWS SDK for Go. TestCLI (cli_walks_test.go) and TestJavaScript (testdata/javascript) use the AWS
// CLI and the AWS SDK for JavaScript, which parse responses independently. They need these clients and some minutes:
// make e2e runs them, and fails without the clients.
//
// It does not depend on Kubernetes, this provider, or the hosts of the instances. A test that creates a link for each
// attachment registers a hook (Server.OnAttachment). It verifies no signatures, evaluates no policies, and forwards no
// packets.
//
// It is strict. It rejects invalid requests with EC2's error code, HTTP status and, if known, message: an unknown
// parameter, an unknown filter, a page size with identifiers, an address in use. It also rejects a request that is
// unsigned or signed for another Region.
//
// # Use
//
//	s := ec2emulator.New(ec2emulator.Options{})
//	defer s.Close()
//	url, err := s.Start(ctx, "")
//
// A new Server is empty. Seed and the Add methods add resources with identifiers of the caller's choice; EC2's own
// actions generate identifiers. State, ENIs and the ledger (Calls, Since, Count) return the result. ENIs includes
// deleted network interfaces, so that a test can find leaks and duplicates.
//
// # Time
//
// State transitions are scheduled on Options.Clock. They are executed when they are due, or at the next call after
// that. With a fake clock, step it and call Server.Drain.
//
// # Faults
//
// A Fault applies to the n-th call, the first calls, a share of the calls, or the calls for one resource. It returns an
// error, delays the call, or cuts the connection before (Drop) or after (LoseResponse) the call takes effect; the
// latter needs a ClientToken to retry safely. SetOutage makes the whole endpoint unavailable.
//
// # Accounts and Regions
//
// A Server is one account and Region. A Router serves several Servers at one address, and routes each request by the
// account and Region of its signature.
//
// # Control surface
//
// Other processes control the Server over HTTP, in JSON, without a signature. Requests may also be in YAML. The
// response to an invalid request is 400 and {"error": "..."}.
//
//	GET    /_emulator/state                    all existing resources, as State
//	GET    /_emulator/enis                     all network interfaces, including deleted ones, as []NetworkInterface
//	GET    /_emulator/ledger                   all calls, as []Call; filter with ?since=<sequence> and ?action=<name>
//	POST   /_emulator/reset-ledger             removes all calls
//	GET    /_emulator/faults                   the injected rules
//	POST   /_emulator/faults                   injects a Fault, with a delay such as "250ms"; returns it with its id
//	DELETE /_emulator/faults                   removes all rules
//	DELETE /_emulator/faults/{id}              removes a rule
//	POST   /_emulator/outage                   {"outage": ""}, "Unavailable" or "Cut"; the control surface stays available
//	POST   /_emulator/seed                     adds a Seed; returns the State
//	POST   /_emulator/instances/{id}/{state}   sets the state of an instance immediately
package ec2emulator
