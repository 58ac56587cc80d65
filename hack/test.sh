#!/usr/bin/env bash
# Runs the tests with the race detector, and prints how long they took beside
# the time they are allowed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

KUBEBUILDER_ASSETS=$(hack/testservers/ensure.sh)
export KUBEBUILDER_ASSETS
# A sixth of the tests' time was the garbage collector's; they have little to keep.
export GOGC=${GOGC:-400}
started=$SECONDS
module=github.com/nodeeni/provider-aws-eni
integration=$module/cluster/integration
simulations=$module/internal/controller
chaos=$module/cluster/chaos
mapfile -t others < <(go list ./... | grep -vxF -e "$integration" -e "$simulations" -e "$chaos")

# The simulations only compute, ten times as long with the race detector: with it
# run those that are short, without it the others, but for the fleet and for two of
# three refusals, which make e2e runs.
long='TestRefused|TestOutage|TestDowntime'
raced() {
	go test -race -timeout 18m -parallel 6 "$@" "$integration" &&
		go test -race -short -timeout 18m -skip "$long" "$@" "$simulations"
}
# The integration tests take the longest, and mostly wait: they run beside all
# others, more at once than there are cores, and tell at the end.
said=$(mktemp)
set -m # a group of processes of its own, which can be ended
raced "$@" >"$said" 2>&1 &
beside=$!
set +m
trap 'kill -INT -- -$beside 2>/dev/null || true; rm -f "$said"' EXIT

go test -race -timeout 18m "$@" "${others[@]}"
go test -short -timeout 18m -run "$long" "$@" "$simulations"
# What the race detector would watch is another process, and an answer of 64 MiB.
go test -timeout 18m "$@" "$chaos"
go test -timeout 18m -run TestAnswersAreBounded "$@" "$module/internal/clients/ec2"

passed=0
wait "$beside" || passed=$?
cat "$said"
((passed == 0)) || exit "$passed"
echo "make test took $((SECONDS - started)) s (to stay under: 240 s warm, 1200 s cold)"
