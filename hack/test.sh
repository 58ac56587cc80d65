#!/usr/bin/env bash
# Runs the tests with the race detector, and prints how long they took beside
# the time they are allowed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

KUBEBUILDER_ASSETS=$(hack/testservers/ensure.sh)
export KUBEBUILDER_ASSETS
started=$SECONDS
# The simulations in internal/controller only compute, ten times as long with the
# race detector: with it run those that are short, without it all but the fleet.
simulations=github.com/nodeeni/provider-aws-eni/internal/controller
mapfile -t packages < <(go list ./... | grep -vx "$simulations")
# More at once than there are cores: the longest tests mostly wait.
go test -race -timeout 18m -parallel 6 "$@" "${packages[@]}"
go test -race -short -timeout 18m -skip 'TestRefused|TestOutage|TestDowntime' "$@" "$simulations"
go test -short -timeout 18m "$@" "$simulations"
echo "make test took $((SECONDS - started)) s (to stay under: 240 s warm, 1200 s cold)"
