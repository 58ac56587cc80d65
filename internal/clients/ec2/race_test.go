//go:build race

package ec2

// raced is true if the race detector watches the tests.
const raced = true
