// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// maxAnnotation is the size of AnnotationTakeOver up to which the annotations of a NodeENI fit
// in the API server's limit of 256 KiB.
const maxAnnotation = 200 << 10

// takeOvers returns what aws-multi-eni-controller has recorded about the devices of a NodeENI,
// by ENI: about devices that are bound to a userspace driver or advertised to pods. It reports
// devices that the agents cannot identify.
func takeOvers(n *v1alpha1.NodeENI, nodes map[string]*corev1.Node, r *Report) map[string]v1alpha1.TakeOver {
	out := map[string]v1alpha1.TakeOver{}
	for _, a := range n.Status.Attachments {
		node := nodes[a.NodeID]
		if !bound(a) && a.DPDKResourceName == "" && n.Spec.DPDKResourceName == nil || node == nil || a.ENIID == "" {
			continue
		}
		t := v1alpha1.TakeOver{BootID: node.Status.NodeInfo.BootID}
		switch {
		case t.BootID == "":
			r.blockf("node %s does not report a boot ID, so that it cannot be known whether it was booted since the device of %s was bound", a.NodeID, a.ENIID)
		case bound(a) && a.DPDKPCIAddress == "":
			r.blockf("the device of %s on node %s is bound to a userspace driver, and aws-multi-eni-controller has not recorded its PCI address, so that it cannot be identified: drain the node and replace it, or reboot it with the manager's DaemonSet stopped", a.ENIID, a.NodeID)
		case bound(a):
			t.PCIAddress = new(v1alpha1.PCIAddress(a.DPDKPCIAddress))
		}
		out[a.ENIID] = t
	}
	return out
}

// encode returns AnnotationTakeOver.
func encode(taken map[string]v1alpha1.TakeOver) (string, error) {
	b, err := json.Marshal(taken)
	if err == nil && len(b) > maxAnnotation {
		err = errors.Errorf("the NodeENI has %d devices for userspace drivers, whose records exceed %d bytes: split the NodeENI by node label first", len(taken), maxAnnotation)
	}
	return string(b), err
}
