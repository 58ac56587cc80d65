// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// auditPolicy logs the writes of the provider and the agents. Their Leases are renewed at any
// time.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: None
  verbs: [get, list, watch]
- level: None
  resources: [{group: coordination.k8s.io, resources: [leases]}]
- level: Metadata
  userGroups: ["system:serviceaccounts:provider-aws-eni-system"]
- level: None
`

func (c *cluster) auditLog() string { return filepath.Join(c.dir, "audit.log") }

// activity is what the provider and the agents have done since the start of the cluster.
type activity struct {
	writes []string // to the API server, without Leases
	calls  []string // of EC2 that change something
}

// activity returns the activity so far. The API server writes its audit log before it
// responds.
func (c *cluster) activity() (activity, error) {
	var out activity
	raw, err := os.ReadFile(c.auditLog())
	if err != nil {
		return out, err
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			Verb      string `json:"verb"`
			ObjectRef struct{ Resource, Subresource, Name string }
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return out, fmt.Errorf("cannot read %s: %w", c.auditLog(), err)
		}
		out.writes = append(out.writes, strings.Join([]string{e.Verb, e.ObjectRef.Resource, e.ObjectRef.Subresource, e.ObjectRef.Name}, " "))
	}
	for _, x := range c.world.EC2.Calls() {
		if ec2emulator.Mutating(x) {
			out.calls = append(out.calls, x.Action)
		}
	}
	return out, lines.Err()
}

// since returns the activity after an earlier one.
func (a activity) since(before activity) activity {
	return activity{writes: slices.Clone(a.writes[len(before.writes):]), calls: slices.Clone(a.calls[len(before.calls):])}
}
