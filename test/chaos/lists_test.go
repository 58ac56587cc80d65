// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// Decode each list into a new object: decoding into a used one keeps fields that the
// response omits.
func networkInterfaces() client.ObjectList { return &ec2v1alpha1.NetworkInterfaceList{} }
func attachments() client.ObjectList       { return &ec2v1alpha1.NetworkInterfaceAttachmentList{} }
func hostInterfaces() client.ObjectList    { return &v1alpha1.HostInterfaceList{} }

func objects(l client.ObjectList) []client.Object {
	var out []client.Object
	switch l := l.(type) {
	case *ec2v1alpha1.NetworkInterfaceList:
		for i := range l.Items {
			out = append(out, &l.Items[i])
		}
	case *ec2v1alpha1.NetworkInterfaceAttachmentList:
		for i := range l.Items {
			out = append(out, &l.Items[i])
		}
	case *v1alpha1.HostInterfaceList:
		for i := range l.Items {
			out = append(out, &l.Items[i])
		}
	case *v1alpha1.NodeENIList:
		for i := range l.Items {
			out = append(out, &l.Items[i])
		}
	}
	return out
}

// fromVersion returns options to watch from the resource version of a list.
func fromVersion(l client.ObjectList) *metav1.ListOptions {
	return &metav1.ListOptions{ResourceVersion: l.GetResourceVersion()}
}
