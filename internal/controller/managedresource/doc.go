// Package managedresource holds what the controllers of both managed resources
// share: how they are queued, polled and tracked.
package managedresource
