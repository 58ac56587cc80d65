// Package v1alpha1 holds the kinds that speak of nodes: a NodeENI says "each
// node matching this has an ENI like that, prepared so", a HostInterface says
// what one node must do with one link and what it did, and a ProviderConfig
// says how to reach an AWS account.
//
// Every NodeENI written for aws-multi-eni-controller applies unchanged.
//
// +kubebuilder:object:generate=true
// +groupName=networking.k8s.aws
// +versionName=v1alpha1
package v1alpha1
