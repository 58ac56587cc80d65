#!/usr/bin/env bash
# Prints the directory of etcd, kube-apiserver and kubectl, or with --kubelet,
# --kube-controller-manager or --kube-scheduler the directory of that program. Missing
# binaries are downloaded, or built from their Go modules if the download fails (about six
# minutes on two cores, once). The other three are always built.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=1.35.4
cache=${TESTSERVERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/provider-aws-eni/testservers}
dir=$cache/v$version-$(go env GOOS)-$(go env GOARCH)
binaries=(etcd kube-apiserver kubectl)
case "${1:-}" in --kubelet | --kube-controller-manager | --kube-scheduler) binaries=("${1#--}") ;; esac

log() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }

complete() {
	local b
	for b in "${binaries[@]}"; do [ -x "$1/$b" ] || return 1; done
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ] && complete "$KUBEBUILDER_ASSETS"; then
	echo "$KUBEBUILDER_ASSETS"
	exit 0
fi
if complete "$dir"; then
	echo "$dir"
	exit 0
fi

mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9 # of two concurrent runs the second one waits for the first
if complete "$dir"; then
	echo "$dir"
	exit 0
fi

download() {
	local got
	log "test servers: trying a download of Kubernetes ${version%.*} binaries"
	got=$(GOFLAGS=-mod=mod timeout 120 go run sigs.k8s.io/controller-runtime/tools/setup-envtest@v0.25.1 \
		use "${version%.*}.x" --bin-dir "$dir/download" -p path 2>/dev/null) || return 1
	complete "$got" || return 1
	cp "$got"/* "$dir/"
	rm -rf "$dir/download"
}

build() { # name package
	log "test servers: building $1"
	local started=$SECONDS
	(cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w \
		-X k8s.io/component-base/version.gitVersion=v$version \
		-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=35" \
		-o "$dir/.$1" "$2") &
	local pid=$!
	while kill -0 $pid 2>/dev/null; do
		sleep 1
		if (((SECONDS - started) % 20 == 0)); then log "  … $1: $((SECONDS - started)) s"; fi
	done
	wait $pid
	mv "$dir/.$1" "$dir/$1"
	log "test servers: $1 built in $((SECONDS - started)) s"
}

if [ "${#binaries[@]}" = 1 ]; then
	build "${binaries[0]}" "k8s.io/kubernetes/cmd/${binaries[0]}"
elif [ -n "${TESTSERVERS_BUILD:-}" ] || ! download; then
	log "test servers: building them from source, about six minutes on two cores, once"
	build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
	build etcd go.etcd.io/etcd/server/v3
	build kubectl k8s.io/kubernetes/cmd/kubectl
fi
complete "$dir" || { log "test servers: incomplete in $dir"; exit 1; }
echo "$dir"
