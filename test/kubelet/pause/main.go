// Command pause is all that the containers of a test run. It does not end when
// asked to: its pod takes all of its grace period.
package main

import (
	"os/signal"
	"syscall"
)

func main() {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
	_ = syscall.Pause() // Until SIGKILL; an ignored signal ends no pause.
}
