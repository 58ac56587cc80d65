#!/usr/bin/env bash
# Prints the directory of Multus and the CNI plugins. Missing programs are built from their
# Go modules (about three minutes on two cores, once). Each has a module of its own in
# servers/: their requirements differ from each other and from those of the tests. Installs
# nftables if it is missing; test/kubelet/ensure.sh installs containerd.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

PATH=$PATH:/usr/sbin:/sbin
if ! command -v nft >/dev/null; then
	command -v apt-get >/dev/null || { echo "apt-get not found, install manually: nftables" >&2; exit 1; }
	[ "$(id -u)" = 0 ] || { echo "run as root, or first run: apt-get install --no-install-recommends nftables" >&2; exit 1; }
	{
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nftables
	} >&2
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/provider-aws-eni/node
# The directory is named by the versions.
dir=$cache/$(cat servers/*/go.mod servers/*/go.sum ensure.sh | sha256sum | cut -c1-12)-$(go env GOOS)-$(go env GOARCH)
mkdir -p "$dir/bin" "$dir/cni"
exec 9>"$dir/.lock"
flock 9 # of two concurrent runs the second one waits for the first

build() { # module, directory, packages
	local module=$1 to=$2 p missing=() started=$SECONDS
	shift 2
	for p in "$@"; do
		[ -x "$to/${p##*/}" ] || missing+=("$p")
	done
	if ((${#missing[@]} == 0)); then return; fi
	printf '%s node: building %s\n' "$(date +%T)" "${missing[*]##*/}" >&2
	rm -rf "$to.new" && mkdir "$to.new"
	(cd "servers/$module" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$to.new/" "${missing[@]}")
	mv "$to.new"/* "$to/" && rmdir "$to.new"
	printf '%s node: built in %s s\n' "$(date +%T)" $((SECONDS - started)) >&2
}

multus=gopkg.in/k8snetworkplumbingwg/multus-cni.v4/cmd
plugins=github.com/containernetworking/plugins/plugins
build plugins "$dir/cni" $plugins/main/{bridge,host-device,loopback,macvlan,ptp} $plugins/ipam/{dhcp,host-local,static} $plugins/meta/{sbr,tuning}
build multus "$dir/bin" $multus/{multus-daemon,multus-shim,install_multus,passthru-cni}
echo "$dir"
