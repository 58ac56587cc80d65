#!/usr/bin/env bash
# Runs the tests, and prints their duration and its limit.
#
#   hack/test.sh [go test flags…]          run by make test: all packages, with -short and
#       without the race detector, which multiplies the CPU time by five. Of the integration
#       tests it runs a selection (-core), as their API servers use more CPU time than all
#       other tests.
#   hack/test.sh --integration [go test flags…]  run by make test-integration: all integration
#       tests, and the tests of the testbed and of chaos' model, with -short.
#   hack/test.sh --race-units, --race-servers, --race-simulations [go test flags…]  run by
#       make e2e: all packages, without -short, and with the race detector, except the long
#       simulations. The servers are the integration tests; the units are all packages without
#       servers and simulations, and require the clients of the EC2 emulator (aws, node, npm).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export CGO_ENABLED=0 # as in the images; linking takes a sixth less time
race= all=
case ${1:-} in
--race-*)
	race=${1#--race-}
	export REQUIRE_CLIENTS=1 CGO_ENABLED=1 # the race detector requires cgo
	shift
	;;
--integration)
	all=1
	shift
	;;
esac
KUBEBUILDER_ASSETS=$(test/testservers/ensure.sh)
export KUBEBUILDER_ASSETS
# With Go's default, garbage collection takes a sixth of the tests' time.
export GOGC=${GOGC:-400}
started=$SECONDS
module=github.com/nodeeni/provider-aws-eni
integration=$module/test/integration
simulations=$module/internal/controller/simulation
chaos=$module/test/chaos
testbed=$module/test/testbed
mapfile -t others < <(go list ./... | grep -vxF -e "$integration" -e "$simulations" -e "$chaos")

# Without the servers of make e2e-kernel and make e2e-node, all tests of these packages are
# skipped. To link them takes half a minute.
skipped=("$module/test/kernel" "$module/test/node" "$module/test/vpc")

# Go ends a hanging test at the timeout. The race detector multiplies the duration by three.
run() { go test -timeout "$([ "$race" ] && echo 45m || echo 18m)" "$@"; }

# The integration tests take the longest, and mostly wait: they run concurrently with all
# others, with more parallel tests than cores, and report at the end. Simulations run at
# low priority: they do not use the real clock.
integrate() {
	if [ "$race" ]; then
		run -race -parallel 6 "$@" "$integration"
	elif [ "$all" ]; then
		run -short -parallel 6 "$@" "$integration" "$testbed" "$chaos"
	else
		run -short -parallel 5 "$@" "$integration" -args -core
	fi
}

# The simulations are CPU-bound, and ten times slower with the race detector, which is
# used for the short simulations only.
long='TestRejected|TestOutage|TestDowntime|TestFleet'
simulate() {
	if [ "$race" ]; then
		run -race -short -skip "$long" "$@" "$simulations"
		run "$@" "$simulations"
	else
		run -short "$@" "$simulations"
	fi
}

units() {
	if [ "$race" ]; then
		run -race "$@" "${others[@]}"
	else
		mapfile -t others < <(printf '%s\n' "${others[@]}" | grep -vxF "$(printf '%s\n' "$testbed" "${skipped[@]}")")
		run -short "$@" "${others[@]}"
	fi
}

if [ "$all" ]; then
	integrate "$@"
	echo "the integration tests took $((SECONDS - started)) s"
	exit
fi
# With the race detector, each runs alone: the integration tests have time limits.
case $race in
units)
	units "$@"
	;;
servers)
	integrate "$@"
	;;
simulations)
	simulate "$@"
	;;
esac
if [ "$race" ]; then
	echo "the $race took $((SECONDS - started)) s"
	exit
fi
reports=$(mktemp -d)
beside=()
trap 'for p in "${beside[@]}"; do kill -INT -- "-$p" 2>/dev/null || true; done; rm -rf "$reports"' EXIT
failed=0
set -m # separate process groups, which can be killed
integrate "$@" >"$reports/1" 2>&1 &
beside+=($!)
(set -e; renice -n 10 $BASHPID >/dev/null; simulate "$@") >"$reports/2" 2>&1 &
beside+=($!)
set +m

units "$@" || failed=$?
for i in 1 2; do
	wait "${beside[i - 1]}" || failed=$?
	cat "$reports/$i"
done
((failed == 0)) || exit "$failed"
echo "make test took $((SECONDS - started)) s (limit: 240 s warm, 900 s cold); make test-integration runs the other integration tests"
