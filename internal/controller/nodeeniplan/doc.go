// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package nodeeniplan computes NodeENIPlans: what the controllers would do after a NodeENI is
// applied or deleted, or after labels of nodes change.
//
// The controllers' own code decides. It reads the cluster through an overlay, in which the
// change is made: first the NodeENIs and nodes, from which package nodeeni computes the
// objects of each NodeENI, and then these objects, from which packages networkinterface and
// networkinterfaceattachment compute the EC2 calls. The overlay has no writes.
package nodeeniplan
