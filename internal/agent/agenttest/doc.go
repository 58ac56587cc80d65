// Package agenttest is a host for tests: a network namespace of its own, in
// which a test plugs links in and pulls them out, and which prints itself as
// the commands that an operator would type to make another like it.
//
// It needs no root: Main runs a test binary again in a user namespace. Where
// that is not allowed, tests skip and say why. It is imported by tests only.
package agenttest
