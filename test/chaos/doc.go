// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package chaos runs the provider under many faults at once, for as many rounds as
// requested, and compares the result with what must exist.
//
// A world is a real kube-apiserver with etcd, EC2 emulators, fake agents, and the
// provider as a process that can be killed. A round changes the desired state,
// injects faults into EC2 calls, kills the provider, and sometimes stops the API
// server or etcd. Then all faults end and the world must converge. Rounds continue
// in the same world.
//
// A model of nodes, NodeENIs and manually created objects determines the expected
// state. It shares no code with the provider.
//
//	go test ./test/chaos -run TestChaos -count=1 -timeout 60m -v -args -rounds 500
//
// Without -rounds or -seed a few rounds of a fixed seed are run.
//
// The seed and number of a round determine its steps. A failure prints both and the
// steps. -args -seed S -first N -rounds 1 repeats round N in a world with the
// expected state of the previous round. -steps also prints the steps of rounds that
// pass, and -without excludes faults of known effect.
//
// # Faults and actors
//
//   - Errors, lost responses, delays, throttling and outages of EC2 (faults).
//   - Successful EC2 responses without resources that exist, for a moment, until the
//     end of a round, or over several rounds (omissions). An omission that lasts
//     longer than the absence period omits more resources than the provider accepts
//     as deleted at once.
//   - Another account, another region, a rotated, rejected or missing access key,
//     while the provider runs or over a restart (places). The other account and
//     region have the same subnets, so that ENIs could be created there.
//   - Other owners: tenants who reference ENIs and attachments of other owners,
//     another cluster with objects of the same names, the VPC CNI on the same
//     instances (owners).
//   - Two replicas with leader election. The leader is killed, or stopped for longer
//     than its Lease and continued (modes).
//   - The default poll interval, at which the provider must converge by events and
//     its own requeues (modes).
//   - etcd restored from a backup (backup). Instances cannot be restored: kubelets
//     register their nodes again, and Nodes of terminated instances are deleted.
//   - Clock skew: the clock of each node, with which its agent renews its Lease, is
//     off by minutes and jumps, and so do the times of detach requests in objects
//     (agents). The provider's own clock is not changed: a static Go program reads
//     it without a library that could be replaced, and a time namespace changes only
//     the monotonic clocks.
//   - A selector that matches no node for a while, nodes that are replaced, objects
//     and ENIs that are deleted outside the controller (changes).
//
// Some conditions request an action of an administrator: to confirm that an ENI was
// deleted, or that a change may release most nodes. The test confirms both after the
// faults have ended, if they are true in EC2 (admin).
//
// # Checks
//
// The test checks the emulator's call ledger while and after the world converges. No
// mutating call may refer to an ENI or attachment that the provider has not created,
// be made for a tenant, or be made in the wrong account or region. No ENI of the
// provider is detached or deleted unless a step of the round requires it, and none
// before its host has released it. No ENI is leaked or created twice.
//
// The provider runs with shorter timings (see shortTimings), because the emulator is
// faster than EC2. It is otherwise unchanged. -provider tests an existing binary.
//
// TestMutations verifies these checks: it breaks the provider in ways that only
// crashes, lost responses and wrong responses reveal, and the same rounds must fail:
//
//	go test ./test/chaos -run TestMutations -count=1 -timeout 45m -v -args -mutations
package chaos
