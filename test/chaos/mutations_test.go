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

// A mutation breaks the provider where only crashes, lost answers and bad
// timing show it.
type mutation struct {
	name   string
	reason string
	edit   edit
	// motif is what shows it, for every round. It also comes by chance, but what
	// is rare and a matter of milliseconds may not come within the rounds.
	motif func(p *planner)
	// checks that may notice it.
	checks []string
}

func mutations() []mutation {
	const (
		eni        = "internal/controller/networkinterface/external.go"
		attachment = "internal/controller/networkinterfaceattachment/external.go"
		host       = "internal/controller/hostinterface/reconciler.go"
	)
	return []mutation{
		{
			name: "NoClientToken", motif: createTwice, checks: []string{checkDuplicate, checkSettle},
			reason: "Without a client token a create whose answer was lost is made twice.",
			edit:   edit{eni, "\tin.ClientToken = new(eni.ClientToken(string(mg.GetUID()), meta.GetExternalName(mg), \"\"))\n", ""},
		},
		{
			name: "NoLookupByTag", motif: deleteInside, checks: []string{checkFinalizer, checkSettle},
			reason: "Without the search for its mark an ENI is left behind whose object is deleted before its id was written down.",
			edit: edit{
				eni, "\tif attempted || time.Since(mg.GetCreationTimestamp().Time) > restoredAfter {\n",
				"\tif attempted && mg == nil {\n",
			},
		},
		{
			name: "DetachBeforeRelease", checks: []string{checkRelease},
			reason: "Detaching does not wait for the host to let go.",
			edit: edit{
				host, "\tif err := r.delete(ctx, h); err != nil {\n\t\treturn reconcile.Result{}, err\n\t}\n\ton, err := r.host(",
				"\tif err := r.delete(ctx, h); err != nil {\n\t\treturn reconcile.Result{}, err\n\t}\n\tif err := r.dropHold(ctx, a); err != nil {\n\t\treturn reconcile.Result{}, err\n\t}\n\ton, err := r.host(",
			},
		},
		{
			name: "AttachmentGoesFirst", checks: []string{checkFinalizer},
			reason: "An attachment's object goes before its detach, and nobody is left to ask for it.",
			edit: edit{
				attachment, "\tcase a == nil || a.Status == ec2types.AttachmentStatusDetached:\n\t\treturn e.observeDetached(",
				"\tcase a == nil || a.Status == ec2types.AttachmentStatusDetached || meta.WasDeleted(mg):\n\t\treturn e.observeDetached(",
			},
		},
		{
			name: "InterfaceGoesFirst", checks: []string{checkFinalizer, checkSettle},
			reason: "An ENI's object goes while the ENI is attached, and nobody is left to delete it.",
			edit: edit{
				eni, "\tif meta.WasDeleted(mg) || observeOnly(mg) {\n\t\t// While being deleted, drift is not corrected",
				"\tif meta.WasDeleted(mg) && found.Attachment != nil {\n\t\treturn managed.ExternalObservation{}, nil\n\t}\n\tif meta.WasDeleted(mg) || observeOnly(mg) {\n\t\t// While being deleted, drift is not corrected",
			},
		},
		{
			name: "AbsentIsDeleted", motif: omitted, checks: []string{checkDuplicate, checkWrongful, checkFinalizer},
			reason: "An ENI or instance that one answer of EC2 does not contain is taken for deleted.",
			edit: edit{
				"internal/eni/absence.go", "\tif last.Sub(first) <= period {\n\t\treturn FateDoubtful, nil\n\t}\n",
				"\tif period > 0 {\n\t\treturn FateDeleted, nil\n\t}\n",
			},
		},
		{
			name: "OwnerNotChecked", motif: claimed, checks: []string{checkForeign, checkWrongful},
			reason: "An object may change any ENI that it names.",
			edit:   edit{"internal/eni/gate.go", "\treturn notOwned(a, n)\n", "\treturn nil\n"},
		},
		{
			name: "PlaceNotChecked", motif: misplaced, checks: []string{checkPlace, checkFinalizer},
			reason: "Objects act in whichever account and region the provider config resolves to.",
			edit: edit{
				"internal/controller/managedresource/place.go", "func CheckPlace(recorded, actual ec2.Place, err error) error {\n\tswitch {\n",
				"func CheckPlace(recorded, actual ec2.Place, err error) error {\n\tif actual.Region != \"\" {\n\t\treturn nil\n\t}\n\tswitch {\n",
			},
		},
		{
			name: "SilenceByWallClock", motif: slowly, checks: []string{checkRelease},
			reason: "Whether an agent has renewed its Lease is judged by comparing the node's clock with the provider's.",
			edit:   edit{host, "on.silent = r.stopwatch.Unchanged(\"lease/\"+h.Spec.NodeName, renewal(l))", "on.silent = time.Since(l.Spec.RenewTime.Time)"},
		},
		{
			name: "OrphansNotAdopted", motif: (*planner).restoreNewer, checks: []string{checkAdoption},
			reason: "After a restore from a backup a second ENI is created for a node and slot whose ENI has no object any more.",
			edit:   edit{"internal/controller/nodeeni/adopt.go", "append(found, orphans...)", "append(found, orphans[:0]...)"},
		},
	}
}

// omitted has EC2 leave all ENIs out of its answers for longer than a poll, and less
// than the absence period.
func omitted(p *planner) {
	o := omission{actions: []string{"DescribeNetworkInterfaces"}, share: 1, last: 2500 * time.Millisecond}
	p.add(step{what: "EC2 returns no ENI for " + o.last.String(), do: func(ctx context.Context, w *world) error { w.omit(ctx, o); return nil }}, nil)
	p.pause(o.last)
}

// slowly has an agent take its time to release.
func slowly(p *planner) { p.slowRelease() }

// claimed has a tenant name what is not theirs.
func claimed(p *planner) {
	p.anotherCluster()
	p.tenants()
	p.pause(time.Second)
}

// misplaced has the provider reach another place for longer than the absence period.
func misplaced(p *planner) {
	if p.m.settled && p.plan.round > 1 { // once there are ENIs
		p.misplace(pick(p.Rand, p.misplacements()[:3]), true)
	}
}

// createTwice has the provider, when it is back, try again what it was killed
// over and what EC2 has not done yet.
func createTwice(p *planner) {
	if len(p.m.nodeENIs) >= mostNodeENIs {
		p.deleteNodeENI()
	}
	p.createAndKillInside()
}

// deleteInside deletes what the provider was killed over.
func deleteInside(p *planner) {
	if len(p.m.pairs) >= mostPairs {
		p.deletePair()
	}
	p.createPairSlowly()
}

// mutationRounds bounds how long a broken provider may go unnoticed.
const mutationRounds = 60

// TestMutations breaks the provider and expects the rounds of TestChaos to
// notice, each time by a check that is there for it.
func TestMutations(t *testing.T) {
	if !*mutate {
		t.Skip("this test takes some minutes: ask for it with -args -mutations")
	}
	for _, x := range mutations() {
		t.Run(x.name, func(t *testing.T) {
			began := time.Now()
			w, m := newWorld(t, build(t, append(quickened(), x.edit))), newModel()
			s := cmp.Or(*seed, 1)
			t.Logf("built and started in %s", time.Since(began).Round(time.Second))
			began = time.Now()
			for n := 1; n <= mutationRounds; n++ {
				p := planRound(s, n, m, planOptions{motif: x.motif})
				r := w.run(t.Context(), p, m)
				if len(r.wrong) == 0 {
					continue
				}
				fmt.Printf("chaos: %s was noticed after %d rounds and %s by %q\n", x.name, n, time.Since(began).Round(time.Second), r.wrong[0].check)
				for _, v := range r.wrong {
					if slices.Contains(x.checks, v.check) {
						t.Logf("%s\n%s\n%s", x.reason, p, v)
						return
					}
				}
				t.Errorf("%s\nSomething was noticed in round %d, but by none of the checks %q that are there for it: %s", x.reason, n, x.checks, r.wrong)
				return
			}
			t.Errorf("%s\nNothing was noticed in %d rounds of seed %d: the checks %q miss it, or the rounds do not get there any more. Try other seeds before the checks are doubted", x.reason, mutationRounds, s, x.checks)
		})
	}
}

// The edits must fit the source that they break, and not only when somebody
// runs the long tests.
func TestEditsFit(t *testing.T) {
	edits := quickened()
	for _, x := range mutations() {
		edits = append(edits, x.edit)
	}
	if p := problems(edits); len(p) > 0 {
		t.Error(strings.Join(p, "\n"))
	}
}
