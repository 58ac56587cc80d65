// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"k8s.io/utils/ptr"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// hostChanges returns the settings of the host's interface that change, such as host.mtu. They
// need no calls of EC2: the agent applies them.
func hostChanges(before, after *ec2v1alpha1.NetworkInterfaceAttachment) []string {
	if before == nil || after == nil {
		return nil
	}
	was, will := fieldsOf(before.Spec.Host), fieldsOf(after.Spec.Host)
	keys := map[string]bool{}
	for k := range was {
		keys[k] = true
	}
	for k := range will {
		keys[k] = true
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if !bytes.Equal(was[k], will[k]) {
			out = append(out, "host."+k)
		}
	}
	return out
}

// fieldsOf returns the fields of a host configuration in JSON, by name.
func fieldsOf(h *v1alpha1.HostConfig) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	raw, err := json.Marshal(h)
	if err != nil || json.Unmarshal(raw, &out) != nil {
		return nil // the provider's own types can be encoded
	}
	return out
}

// keptIndex states that a change of deviceIndex does not move ENIs that are attached, or returns "".
func (s *scope) keptIndex() string {
	if s.before == nil || s.after.GetDeletionTimestamp() != nil || ptr.Equal(s.before.Spec.DeviceIndex, s.after.Spec.DeviceIndex) {
		return ""
	}
	for name := range s.will.Children {
		if at := s.will.Attachments[name]; at != nil && at.Status.AtProvider.AttachmentID != "" {
			return fmt.Sprintf("spec.deviceIndex changes: network interfaces that are attached keep their device indexes, because EC2 cannot move them; delete their NetworkInterfaceAttachments of %s to attach them again", s.after.GetName())
		}
	}
	return ""
}
