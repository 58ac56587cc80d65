// Package fake is a host's links in memory. It keeps state and refuses what a
// kernel refuses, with the errors of package link, so that a test sees an order
// of steps fail here that would fail on a node.
package fake
