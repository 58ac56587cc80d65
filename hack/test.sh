#!/usr/bin/env bash
# Runs the tests with the race detector, and prints how long they took beside
# the time they are allowed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

KUBEBUILDER_ASSETS=$(hack/testservers/ensure.sh)
export KUBEBUILDER_ASSETS
started=$SECONDS
# More at once than there are cores: the longest tests mostly wait.
go test -race -timeout 18m -parallel 6 "$@" ./...
echo "make test took $((SECONDS - started)) s (to stay under: 240 s warm, 1200 s cold)"
