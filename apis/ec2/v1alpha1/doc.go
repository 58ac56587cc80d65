// Package v1alpha1 holds the managed resources that command EC2: one
// NetworkInterface is one elastic network interface (ENI), one
// NetworkInterfaceAttachment is one ENI on one instance at one device index.
//
// Field names follow the NetworkInterface kinds of ec2.aws.m.upbound.io
// wherever the meaning is the same, so that a manifest moves over by changing
// its apiVersion.
//
// +kubebuilder:object:generate=true
// +groupName=ec2.networking.k8s.aws
// +versionName=v1alpha1
package v1alpha1
