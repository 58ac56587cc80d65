#!/usr/bin/env bash
# Runs the tests, and prints how long they took beside the time they are allowed.
#
#   hack/test.sh [flag of go test…]          what make test runs: all packages. Tests
#       that take long are shortened, and those that start servers or only compute
#       run without the race detector.
#   hack/test.sh --whole [flag of go test…]  what make e2e runs: nothing is shortened,
#       and the race detector watches all but what is ten times as slow with it. The
#       clients of the EC2 emulator (aws, node, npm) must be installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

whole=
if [ "${1:-}" = --whole ]; then
	whole=1
	export REQUIRE_CLIENTS=1
	shift
fi
KUBEBUILDER_ASSETS=$(test/testservers/ensure.sh)
export KUBEBUILDER_ASSETS
# A sixth of the tests' time was the garbage collector's; they have little to keep.
export GOGC=${GOGC:-400}
started=$SECONDS
module=github.com/nodeeni/provider-aws-eni
integration=$module/test/integration
simulations=$module/internal/controller/simulation
chaos=$module/test/chaos
mapfile -t others < <(go list ./... | grep -vxF -e "$integration" -e "$simulations" -e "$chaos")

run() { go test -timeout 18m "$@"; }

# The integration tests take the longest, and mostly wait: they run beside all
# others, more at once than there are cores, and report at the end. Simulations take
# the processor time that is left: their clock is not the machine's.
integrate() {
	if [ "$whole" ]; then run -race -parallel 6 "$@" "$integration"; else run -short -parallel 6 "$@" "$integration"; fi
}

# The simulations only compute, ten times as long with the race detector: with it
# run those that are short.
long='TestRejected|TestOutage|TestDowntime|TestFleet'
simulate() {
	if [ "$whole" ]; then
		run -race -short -skip "$long" "$@" "$simulations"
		run "$@" "$simulations"
	else
		run -short "$@" "$simulations"
	fi
}

rest() {
	simulate "$@"
	# make e2e runs the rounds of chaos themselves for minutes.
	run -short "$@" "$chaos"
	# An answer of 64 MiB.
	run -run TestAnswersAreBounded "$@" "$module/internal/clients/ec2"
}

units() {
	if [ "$whole" ]; then run -race "$@" "${others[@]}"; else run -race -short "$@" "${others[@]}"; fi
}

reports=$(mktemp -d)
beside=()
trap 'for p in "${beside[@]}"; do kill -INT -- "-$p" 2>/dev/null || true; done; rm -rf "$reports"' EXIT
failed=0
# Compilation with the race detector from empty caches takes minutes of both cores:
# the tests that wait for servers do not run beside it.
if [ "$whole" ]; then units "$@" || failed=$?; fi
set -m # process groups of their own, which can be ended
integrate "$@" >"$reports/1" 2>&1 &
beside+=($!)
(set -e; renice -n 10 $BASHPID >/dev/null; rest "$@") >"$reports/2" 2>&1 &
beside+=($!)
set +m

if [ ! "$whole" ]; then units "$@" || failed=$?; fi
for i in 1 2; do
	wait "${beside[i - 1]}" || failed=$?
	cat "$reports/$i"
done
((failed == 0)) || exit "$failed"
if [ "$whole" ]; then
	echo "the whole of the tests took $((SECONDS - started)) s"
else
	echo "make test took $((SECONDS - started)) s (to stay under: 240 s warm, 900 s cold)"
fi
