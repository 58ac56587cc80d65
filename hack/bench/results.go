// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"
)

// A phase contains the EC2 calls and API server writes of a part of the run.
type phase struct {
	calls  calls
	writes writes
}

// results are the measurements. A field is nil if it was not measured.
type results struct {
	life    *phase // from the creation of the NodeENI to the deletion of the last ENI
	rollout *rolloutResult
	restart *restartResult
	steady  *steadyResult
	release *releaseResult
	agent   *agentResult
	changes []changeResult
	// peak is the maximum memory of any provider process, except with --fill.
	peak int64
}

type rolloutResult struct {
	phase

	attached time.Duration // from the apply to the last ENI attached
	ready    time.Duration // from the apply to all Ready

	completed []time.Duration // from the apply to all ENIs of a node attached, sorted
}

type restartResult struct {
	phase

	took  time.Duration
	quiet bool
	// wouldThrottle is computed by a replay if the emulator does not throttle.
	wouldThrottle int
}

type steadyResult struct {
	phase

	window time.Duration
	memory memory
	cpu    time.Duration
}

type releaseResult struct {
	phase

	deleted time.Duration // from the delete to the last ENI deleted in EC2
	all     time.Duration // … to the removal of the NodeENI
}
