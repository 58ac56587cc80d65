// Package metricsauth lets only those clients read metrics whom the API server
// authenticates and authorizes, as controller-runtime's filter of that purpose
// does. That filter would link a good part of k8s.io/apiserver.
package metricsauth
