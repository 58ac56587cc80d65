#!/usr/bin/env bash
# Prints the directory of crossplane and two composition functions. Missing programs are
# built from their Go modules (about seven minutes on two cores, once). Each has a module
# of its own in servers/: their requirements contradict each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/servers"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/provider-aws-eni/crossplane
packages=(
	github.com/crossplane/crossplane/v2/cmd/crossplane
	github.com/crossplane-contrib/function-patch-and-transform
	github.com/crossplane/function-auto-ready
)
# The directory is named by the versions.
dir=$cache/$(cat ./*/go.mod ./*/go.sum ../ensure.sh | sha256sum | cut -c1-12)-$(go env GOOS)-$(go env GOARCH)
mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9 # of two concurrent runs the second one waits for the first

for p in "${packages[@]}"; do
	program=${p##*/}
	if [ -x "$dir/$program" ]; then continue; fi
	started=$SECONDS
	printf '%s crossplane: building %s\n' "$(date +%T)" "$program" >&2
	flags="-s -w"
	if [ "$program" = crossplane ]; then
		# Crossplane compares its version with the constraint of each package.
		version=$(cd crossplane && go list -m -f '{{.Version}}' github.com/crossplane/crossplane/v2)
		flags+=" -X github.com/crossplane/crossplane-runtime/v2/pkg/version.version=$version"
	fi
	(cd "$program" && CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o "$dir/.$program" "$p")
	mv "$dir/.$program" "$dir/$program"
	printf '%s crossplane: %s built in %s s\n' "$(date +%T)" "$program" $((SECONDS - started)) >&2
done
echo "$dir"
