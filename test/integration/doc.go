// Package integration tests the provider as a whole: a real kube-apiserver, the
// real AWS SDK talking to the emulator over HTTP, the provider under the rights
// that its manifests give it.
package integration
