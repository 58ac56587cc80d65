// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// attachedWithin is the time limit of an attachment after the object that it waited for
// exists. It is far below the poll interval of 10 minutes.
const attachedWithin = 10 * time.Second

// TestOrder creates attachments before the objects that they refer to, in every way to
// refer to one.
func TestOrder(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	owner := &corev1.ConfigMap{ObjectMeta: named("owner")}
	owner.Namespace = "default"
	if err := e.kube.Create(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	controlled := fmt.Sprintf("  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: %s, controller: true}]\n", owner.GetUID())
	const inSubnet = forProvider + "    subnetId: " + dataSubnet + "\n"
	existing, err := e.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: dataSubnet})
	if err != nil {
		t.Fatal(err)
	}
	imported := existing.ID
	cases := []struct {
		name       string
		reason     string
		attachment string // metadata
		ref        string // of forProvider
		eni        string // metadata
		then       func(client.Object)
	}{
		{name: "ref", reason: "The NetworkInterface of a reference is created later.", ref: "networkInterfaceRef: {name: ref}"},
		{name: "imported", reason: "The NetworkInterface that is created later has the id of an existing ENI.", ref: "networkInterfaceRef: {name: imported}", eni: "  annotations: {crossplane.io/external-name: " + imported + "}\n"},
		{name: "labels", reason: "The selected NetworkInterface is created later.", ref: "networkInterfaceSelector: {matchLabels: {pick: labels}}", eni: "  labels: {pick: labels}\n"},
		{name: "alias", reason: "The selector of the other name works like it.", ref: "networkInterfaceIdSelector: {matchLabels: {pick: alias}}", eni: "  labels: {pick: alias}\n"},
		{name: "controller", reason: "The NetworkInterface with the same controller is created later.", attachment: controlled, ref: "networkInterfaceSelector: {matchControllerRef: true}", eni: controlled},
		{name: "labelled", reason: "An existing NetworkInterface gets the labels later.", ref: "networkInterfaceSelector: {matchLabels: {pick: labelled}}", then: func(o client.Object) {
			e.patch(o, `{"metadata":{"labels":{"pick":"labelled"}}}`)
		}},
		{name: "owned", reason: "An existing NetworkInterface gets the same controller and labels later.", attachment: controlled, ref: "networkInterfaceSelector: {matchControllerRef: true, matchLabels: {pick: owned}}", eni: "  labels: {pick: owned}\n", then: func(o client.Object) {
			e.patch(o, fmt.Sprintf(`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":%q,"controller":true}]}}`, owner.GetUID()))
		}},
	}
	for _, tc := range cases {
		node := e.node("node-" + tc.name)
		e.apply(attachmentYAML(tc.name, tc.attachment, forProvider+"    nodeName: "+node.Name+"\n    "+tc.ref+"\n"))
	}
	for _, tc := range cases {
		e.eventually(attachedWithin, e.hasReason(tc.name, "WaitingForNetworkInterface"))
	}
	for _, tc := range cases {
		e.apply(interfaceYAML(tc.name, tc.eni, inSubnet))
	}
	for _, tc := range cases {
		if tc.then != nil {
			e.eventually(attachedWithin, e.eniReady(tc.name))
			tc.then(e.eni(tc.name))
		}
		t.Log(tc.name + ": " + tc.reason)
		e.eventually(attachedWithin, e.eniaReady(tc.name))
		if ref := e.enia(tc.name).Spec.ForProvider.NetworkInterfaceRef; ref == nil || ref.Name != tc.name {
			t.Errorf("\n%s\nattachment %s refers to %+v", tc.reason, tc.name, ref)
		}
	}
	if id := meta.GetExternalName(e.eni("imported")); id != imported {
		t.Errorf("the imported NetworkInterface has ENI %s, want %s", id, imported)
	}
}
