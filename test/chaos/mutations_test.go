// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A mutation breaks the provider in a way that only crashes, lost responses or timing
// reveal.
type mutation struct {
	name   string
	reason string
	edit   edit
	// motif adds steps that reveal it to each round. Random rounds also have these
	// steps, but too rarely for a short test.
	motif func(p *planner)
	// checks are the checks that may fail.
	checks []string
}

func mutations() []mutation {
	const (
		eni        = "internal/controller/networkinterface/external.go"
		attachment = "internal/controller/networkinterfaceattachment/external.go"
	)
	return []mutation{
		{
			name: "NoClientToken", motif: createTwice, checks: []string{checkDuplicate, checkSettle},
			reason: "Without a client token a create whose response was lost creates a second ENI.",
			edit:   edit{"internal/controller/networkinterface/apply.go", "\tin.ClientToken = new(eni.ClientToken(string(mg.GetUID()), meta.GetExternalName(mg), \"\"))\n", ""},
		},
		{
			name: "NoLookupByTag", motif: deleteDuringCreate, checks: []string{checkFinalizer, checkSettle},
			reason: "Without the search by ownership tag the ENI of an object that is deleted before its id is recorded is leaked.",
			edit: edit{
				"internal/controller/networkinterface/find.go", "\tif attempted || time.Since(mg.GetCreationTimestamp().Time) > e.ec2.Timings().RestoredAfter {\n",
				"\tif attempted && time.Since(mg.GetCreationTimestamp().Time) < 0 {\n",
			},
		},
		{
			name: "DetachBeforeRelease", checks: []string{checkRelease},
			reason: "A detach does not wait for the host's release.",
			edit: edit{
				"internal/controller/hostinterface/release.go", "\tif err := r.delete(ctx, h); err != nil {\n\t\treturn reconcile.Result{}, err\n\t}\n\ton, err := r.host(",
				"\tif err := r.delete(ctx, h); err != nil {\n\t\treturn reconcile.Result{}, err\n\t}\n\tif err := r.dropHold(ctx, a); err != nil {\n\t\treturn reconcile.Result{}, err\n\t}\n\ton, err := r.host(",
			},
		},
		{
			name: "AttachmentObjectDeletedFirst", checks: []string{checkFinalizer},
			reason: "An attachment's object is deleted before its detach, which is never requested again.",
			edit: edit{
				attachment, "\tcase a == nil || a.Status == ec2types.AttachmentStatusDetached:\n\t\treturn e.observeDetached(",
				"\tcase a == nil || a.Status == ec2types.AttachmentStatusDetached || meta.WasDeleted(mg):\n\t\treturn e.observeDetached(",
			},
		},
		{
			name: "InterfaceObjectDeletedFirst", checks: []string{checkFinalizer, checkSettle},
			reason: "An ENI's object is deleted while the ENI is attached, and the ENI is leaked.",
			edit: edit{
				eni, "\tif meta.WasDeleted(mg) || managedresource.ObserveOnly(mg) {\n\t\t// While being deleted, drift is not corrected",
				"\tif meta.WasDeleted(mg) && found.Attachment != nil {\n\t\treturn managed.ExternalObservation{}, nil\n\t}\n\tif meta.WasDeleted(mg) || managedresource.ObserveOnly(mg) {\n\t\t// While being deleted, drift is not corrected",
			},
		},
		{
			name: "AbsentIsDeleted", motif: omitENIs, checks: []string{checkDuplicate, checkWrongful, checkFinalizer},
			reason: "An ENI or instance that one EC2 response does not contain is considered deleted.",
			edit: edit{
				"internal/eni/absence.go", "\tif last.Sub(first) <= period {\n\t\treturn FateDoubtful, nil\n\t}\n",
				"\tif period > 0 {\n\t\treturn FateDeleted, nil\n\t}\n",
			},
		},
		{
			name: "OwnerNotChecked", motif: tenantClaims, checks: []string{checkForeign, checkWrongful},
			reason: "An object may change any ENI that it refers to.",
			edit:   edit{"internal/eni/gate.go", "\treturn notOwned(a, n)\n", "\treturn nil\n"},
		},
		{
			name: "PlaceNotChecked", motif: wrongPlace, checks: []string{checkPlace, checkFinalizer, checkWrongful},
			reason: "Objects are reconciled in the account and region that the provider config resolves to, without a check.",
			edit: edit{
				"internal/controller/managedresource/place.go", "func CheckPlace(recorded, actual ec2.Place, err error) error {\n\tswitch {\n",
				"func CheckPlace(recorded, actual ec2.Place, err error) error {\n\tif actual.Region != \"\" {\n\t\treturn nil\n\t}\n\tswitch {\n",
			},
		},
		{
			name: "LeaseAgeByWallClock", motif: slowAgent, checks: []string{checkRelease},
			reason: "The age of an agent's Lease is calculated from the node's clock and the provider's clock.",
			edit:   edit{"internal/controller/managedresource/agentlease.go", "return lease, l.stopwatch.Unchanged(\"lease/\"+node, renewal(lease)), nil", "return lease, time.Since(lease.Spec.RenewTime.Time), nil"},
		},
		{
			name: "OrphansNotAdopted", motif: (*planner).restoreNewer, checks: []string{checkAdoption},
			reason: "After a restore from a backup a second ENI is created for a node and slot whose ENI has no object.",
			edit:   edit{"internal/controller/nodeeni/adopt.go", "append(found, orphans...)", "append(found, orphans[:0]...)"},
		},
	}
}

// omitENIs omits all ENIs from EC2 responses for longer than a poll interval and less
// than the absence period.
func omitENIs(p *planner) {
	o := omission{actions: []string{"DescribeNetworkInterfaces"}, share: 1, last: 2500 * time.Millisecond}
	p.add(step{what: "EC2 returns no ENI for " + o.last.String(), do: func(ctx context.Context, w *world) error { w.omit(ctx, o); return nil }}, nil)
	p.pause(o.last)
}

// slowAgent delays the release by an agent.
func slowAgent(p *planner) { p.slowRelease() }

// tenantClaims adds objects of a tenant that reference resources of other owners.
func tenantClaims(p *planner) {
	p.anotherCluster()
	p.tenants()
	p.pause(time.Second)
}

// wrongPlace connects the provider to another account or region for longer than the
// absence period.
func wrongPlace(p *planner) {
	if p.m.settled && p.plan.round > 1 { // when ENIs exist
		p.misplace(pick(p.Rand, p.misplacements()[:3]), true)
	}
}

// createTwice kills the provider during a create, so that it repeats the create before
// EC2 has completed it.
func createTwice(p *planner) {
	if len(p.m.nodeENIs) >= maxNodeENIs {
		p.deleteNodeENI()
	}
	p.createAndKill()
}

// deleteDuringCreate deletes the object of a create during which the provider was killed.
func deleteDuringCreate(p *planner) {
	if len(p.m.pairs) >= maxPairs {
		p.deletePair()
	}
	p.createPairSlowly()
}

// mutationRounds is the number of rounds within which a mutation must be detected.
const mutationRounds = 60

// TestMutations breaks the provider and expects that a round of TestChaos fails, by
// the check for that mutation.
func TestMutations(t *testing.T) {
	if !*mutate {
		t.Skip("this test takes some minutes: run it with -args -mutations")
	}
	for _, x := range mutations() {
		t.Run(x.name, func(t *testing.T) {
			began := time.Now()
			w, m := newWorld(t, build(t, x.edit)), newModel()
			s := cmp.Or(*seed, 1)
			t.Logf("built and started in %s", time.Since(began).Round(time.Second))
			began = time.Now()
			for n := 1; n <= mutationRounds; n++ {
				p := planRound(s, n, m, planOptions{motif: x.motif})
				r := w.run(t.Context(), p, m)
				if len(r.wrong) == 0 {
					continue
				}
				fmt.Printf("chaos: %s was detected after %d rounds and %s by %q\n", x.name, n, time.Since(began).Round(time.Second), r.wrong[0].check)
				for _, v := range r.wrong {
					if slices.Contains(x.checks, v.check) {
						t.Logf("%s\n%s\n%s", x.reason, p, v)
						return
					}
				}
				t.Errorf("%s\nRound %d failed, but none of the expected checks %q: %s", x.reason, n, x.checks, r.wrong)
				return
			}
			t.Errorf("%s\nAll %d rounds of seed %d passed: the checks %q do not detect the mutation, or the rounds no longer reach it. Try other seeds first", x.reason, mutationRounds, s, x.checks)
		})
	}
}

// TestEditsApply checks that the source text of all edits exists, without the long
// tests.
func TestEditsApply(t *testing.T) {
	var edits []edit
	for _, x := range mutations() {
		edits = append(edits, x.edit)
	}
	if p := staleEdits(edits); len(p) > 0 {
		t.Error(strings.Join(p, "\n"))
	}
}
