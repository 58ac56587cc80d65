// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package enitest tests programs that use package eni. A Server emulates EC2 in the process of
// a test: its Clients make real calls, which it validates, and which fail as the test requests.
//
//	server, err := enitest.NewServer(ctx, enitest.Options{})
//	…
//	defer server.Close()
//	client, err := server.Client(eni.WithOwner("team/app"))
//
// A new Server has one VPC with the subnets, security groups and instances that the constants
// of this package name. Add more with the Add methods.
package enitest
