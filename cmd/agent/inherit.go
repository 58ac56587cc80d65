// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
)

// inspectCommand is the name of the command that prints the state of the node.
const inspectCommand = "inspect"

// arguments returns the arguments of this process. For inspect in the container of an agent they
// include the agent's flags, which kubectl exec does not pass.
func arguments(own []string) []string {
	if len(own) == 0 || own[0] != inspectCommand || !isAgent("/proc/1/exe") {
		return own
	}
	raw, err := os.ReadFile("/proc/1/cmdline")
	if err != nil {
		return own
	}
	running := strings.Split(strings.TrimRight(string(raw), "\x00"), "\x00")
	return inherit(own, running[1:])
}

// isAgent reports whether a program is the program of this process.
func isAgent(exe string) bool {
	one, err := os.Stat(exe)
	if err != nil {
		return false
	}
	own, err := os.Stat("/proc/self/exe")
	return err == nil && os.SameFile(one, own)
}

// inherit adds the flags of a running agent to the arguments of inspect, except flags that the
// arguments have.
func inherit(own, running []string) []string {
	name := func(flag string) string {
		n, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimLeft(flag, "-"), "no-"), "=")
		return n
	}
	given := map[string]bool{}
	for _, a := range own {
		if strings.HasPrefix(a, "-") {
			given[name(a)] = true
		}
	}
	out := append([]string{}, own...)
	taken := false
	for _, a := range running {
		switch {
		case strings.HasPrefix(a, "-"):
			if taken = !given[name(a)]; taken {
				out = append(out, a)
			}
		case taken && a != "run": // the value of the flag before it
			out = append(out, a)
		}
	}
	return out
}
