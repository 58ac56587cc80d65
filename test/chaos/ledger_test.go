// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// Names of checks in failures and TestMutations.
const (
	checkSettle    = "settle"
	checkDuplicate = "duplicate"
	checkWrongful  = "wrongful deletion or detach"
	checkRelease   = "detach before the host's release"
	checkFinalizer = "finalizer before the external resource"
	checkForce     = "forced detach"
	checkPanic     = "panic"
	checkForeign   = "change of a foreign resource"
	checkPlace     = "change in the wrong account or region"
	checkAdoption  = "second ENI in addition to one to adopt"
)

// A violation is a failed check.
type violation struct{ check, text string }

func (v violation) String() string { return v.check + ": " + v.text }

// permits are the ENIs that the provider may delete or detach in a round, by key, and
// the nodes whose agents it need not wait for, each from a position in the ledger on.
type permits struct {
	deletes, detaches map[key]ec2emulator.Mark
	unresponsive      map[string]ec2emulator.Mark
}

func newPermits() *permits {
	return &permits{deletes: map[key]ec2emulator.Mark{}, detaches: map[key]ec2emulator.Mark{}, unresponsive: map[string]ec2emulator.Mark{}}
}

// grant records the permits of a step before it is executed.
func (p *permits) grant(s step, at ec2emulator.Mark) {
	for _, k := range s.deletes {
		first(p.deletes, k, at)
		first(p.detaches, k, at)
	}
	for _, k := range s.detaches {
		first(p.detaches, k, at)
	}
	for _, n := range s.unresponsive {
		first(p.unresponsive, n, at)
	}
}

func first[K comparable](m map[K]ec2emulator.Mark, k K, at ec2emulator.Mark) {
	if _, ok := m[k]; !ok {
		m[k] = at
	}
}

func since[K comparable](m map[K]ec2emulator.Mark, k K, call uint64) bool {
	at, ok := m[k]
	return ok && call > uint64(at)
}

// verifyLedger returns the violations in the ledger of a round.
func (w *world) verifyLedger(mark ec2emulator.Mark, p *permits) []violation {
	all := w.EC2.ENIs(ownedByProvider)
	out := duplicates(all)
	keys := map[string]key{}
	nodes := map[string]string{}
	for _, n := range all {
		keys[n.ID], nodes[n.ID] = keyOf(n), n.Tags[tagNode]
	}
	out = append(out, w.verifyPlaces()...)
	out = append(out, w.verifyAdoption(all)...)
	for _, c := range w.EC2.Since(mark, byProvider) {
		out = append(out, w.verifyOwner(c)...)
		if c.Forced {
			out = append(out, violation{checkForce, fmt.Sprintf("call %d forced the detach of %v", c.Sequence, c.ResourceIDs)})
		}
		if !c.Committed {
			continue
		}
		switch c.Action {
		case "DeleteNetworkInterface":
			id := c.Parameters["NetworkInterfaceId"]
			if k := keys[id]; !since(p.deletes, k, c.Sequence) && !ofTenant(k) {
				out = append(out, violation{checkWrongful, fmt.Sprintf("call %d deleted ENI %s for %s, whose deletion no step of the round required", c.Sequence, id, k)})
			}
		case "DetachNetworkInterface":
			out = append(out, w.verifyDetach(c, keys, nodes, p)...)
		}
	}
	return out
}

// verifyDetach returns the violations of one detach, for which the ledger contains the
// ids of the attachment, the ENI and the instance.
func (w *world) verifyDetach(c ec2emulator.Call, keys map[string]key, nodes map[string]string, p *permits) []violation {
	if len(c.ResourceIDs) < 3 {
		return []violation{{checkWrongful, fmt.Sprintf("call %d detached %v, want the ids of an attachment, an ENI and an instance: the emulator's ledger has changed", c.Sequence, c.ResourceIDs)}}
	}
	var out []violation
	id := c.ResourceIDs[1]
	k := keys[id]
	if !since(p.detaches, k, c.Sequence) && !ofTenant(k) {
		out = append(out, violation{checkWrongful, fmt.Sprintf("call %d detached ENI %s for %s from %s, which no step of the round required", c.Sequence, id, k, c.ResourceIDs[2])})
	}
	if h, held := w.monitor.held(id, c.Sequence); held && !since(p.unresponsive, h.node, c.Sequence) {
		out = append(out, violation{checkRelease, fmt.Sprintf("call %d detached ENI %s for %s before the responsive node %s released HostInterface %s", c.Sequence, id, k, h.node, h.name)})
	}
	return out
}

// duplicates finds ENIs of one object that existed at the same time.
func duplicates(all []ec2emulator.NetworkInterface) []violation {
	byUID := map[string][]ec2emulator.NetworkInterface{}
	for _, n := range all {
		byUID[n.Tags[tagUID]] = append(byUID[n.Tags[tagUID]], n)
	}
	var out []violation
	for _, uid := range sorted(byUID) {
		of := byUID[uid]
		slices.SortFunc(of, func(a, b ec2emulator.NetworkInterface) int { return a.CreatedAt.Compare(b.CreatedAt) })
		for i := 1; i < len(of); i++ {
			if d := of[i-1].DeletedAt; d.IsZero() || d.After(of[i].CreatedAt) {
				out = append(out, violation{checkDuplicate, fmt.Sprintf("ENIs %s and %s of object %s (%s) existed at the same time: CreateNetworkInterface took effect twice", of[i-1].ID, of[i].ID, uid, keyOf(of[i]))})
			}
		}
	}
	return out
}
