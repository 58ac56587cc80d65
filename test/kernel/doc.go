// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package kernel tests the provider and its node agent on a real Linux kernel: a
// virtual machine is the node, the agent is the program itself, and an ENI that
// the EC2 emulator attaches is a PCI device that is plugged into the machine.
// API server and provider run beside it, as in test/integration.
//
// It covers what network namespaces cannot show: hot-plug of devices,
// drivers that reject a change, other drivers, a reboot. Everything else
// is in the tests of internal/agent, which take milliseconds.
//
//	make e2e-kernel e2e-managers
//	KERNELVM=$(test/kernelvm/ensure.sh) go test ./test/kernel -run TestLink -v
//
// managers_test.go and its users run network managers beside the agent: systemd-networkd
// with a stand-in for the software of Amazon Linux 2023, NetworkManager, and udev. They
// check the settings of docs/host-network.md.
//
// A test that fails prints the machine's console, the agent's log and the
// objects. A boot takes three seconds, ten on a machine under load: tests of
// one kind of machine share one.
package kernel
