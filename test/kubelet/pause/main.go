// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command pause is the program of test containers. It ignores SIGTERM, so that its pod
// takes the whole grace period.
package main

import (
	"os/signal"
	"syscall"
)

func main() {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
	_ = syscall.Pause() // Until SIGKILL; an ignored signal does not interrupt it.
}
