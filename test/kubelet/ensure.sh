#!/usr/bin/env bash
# Prints the folder that holds a kubelet, and puts it there first if need be.
# Installs containerd and runc from Debian's packages where they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

PATH=$PATH:/usr/sbin:/sbin
missing=()
for p in containerd runc; do
	command -v $p >/dev/null || missing+=("$p")
done
command -v unshare >/dev/null || missing+=(util-linux)
command -v ip >/dev/null || missing+=(iproute2)
if ((${#missing[@]})); then
	command -v apt-get >/dev/null || { echo "install these yourself, as there is no apt-get here: ${missing[*]}" >&2; exit 1; }
	[ "$(id -u)" = 0 ] || { echo "run this as root, or first: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
	{
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
	} >&2
fi
exec test/testservers/ensure.sh --kubelet
