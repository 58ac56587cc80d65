#!/usr/bin/env bash
# Runs every fuzz test for a bounded time, sequentially: go test fuzzes one test at a time.
# Failing inputs are written to the package's testdata/fuzz; commit them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

each=${FUZZTIME:-10s}
count=0
while IFS=: read -r file test; do
	count=$((count + 1))
	go test "./$(dirname "$file")" -run '^$' -fuzz "^$test\$" -fuzztime "$each" -parallel 2
done < <(grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' internal cmd apis | sed 's/func //' | sort)
((count > 0)) || { echo "no fuzz test found" >&2; exit 1; }
echo "$count fuzz tests, $each each"
