// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package nodeeni expands a NodeENI into a NetworkInterface and a
// NetworkInterfaceAttachment for each matching node and subnet. This package observes
// nodes, subnets and children, and applies the plan that package eni computes from them.
package nodeeni
