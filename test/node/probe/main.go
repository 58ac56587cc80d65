// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command probe is the program of the pods of test/node, whose images contain no other.
//
//	probe                                                waits until it is terminated
//	probe show                                           prints links, addresses and routes
//	probe devices                                        prints the PCI devices of the container
//	probe settle                                         waits until no address is tentative
//	probe ping [-source ADDRESS] [-size BYTES] TARGET…   pings targets concurrently
//
// It prints JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func main() {
	if len(os.Args) < 2 {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM, os.Interrupt)
		<-c
		return
	}
	out, err := run(os.Args[1], os.Args[2:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// devices returns the PCI addresses that the SR-IOV network device plugin has allocated, by
// environment variable.
func devices() map[string]string {
	out := map[string]string{}
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "PCIDEVICE_") {
			out[name] = value
		}
	}
	return out
}

func run(command string, args []string) (any, error) {
	switch command {
	case "show":
		return show()
	case "devices":
		return devices(), nil
	case "settle":
		return settle()
	case "ping":
		return pings(args)
	default:
		return nil, errors.Errorf("unknown command %q", command)
	}
}
