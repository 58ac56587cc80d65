#!/usr/bin/env bash
# Runs every fuzz test for a bounded number of inputs, sequentially: go test fuzzes one test
# at a time. A bound in time fails with "context deadline exceeded" if a worker is slow to
# stop: https://go.dev/issue/75804.
# Failing inputs are written to the package's testdata/fuzz; commit them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

each=${FUZZTIME:-10000x}
count=0
while IFS=: read -r file test; do
	count=$((count + 1))
	go test "./$(dirname "$file")" -run '^$' -fuzz "^$test\$" -fuzztime "$each" -parallel 2
done < <(grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' internal cmd apis | sed 's/func //' | sort)
((count > 0)) || { echo "no fuzz test found" >&2; exit 1; }
echo "$count fuzz tests, $each each, in $SECONDS s"
