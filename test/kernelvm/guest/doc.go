//go:build linux

// Command guest is the first and only program of the kernel tests' virtual
// machine, beside those that a test starts: it mounts, loads and configures what
// a host has when its node agent starts, and then does as it is told over the
// second serial port (package wire).
//
// It prepares the host, and nothing that the agent is to prepare: no module of
// vfio or uio is loaded, no link but the primary one is touched.
//
// Its orphans stay: whoever starts a program that starts others should know.
package main
