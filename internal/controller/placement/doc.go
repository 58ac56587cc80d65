// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package placement holds the inputs of the choice of a device index, which package eni
// makes: the ENIs that are attached to an instance, the order in which NodeENIs are
// served, and the range of device indexes that a NodeENI has on a node. Controllers that
// create ENIs and controllers that attach them import it, so that both decide alike.
package placement
