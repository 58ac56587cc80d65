#!/usr/bin/env bash
# Prints the directory with a kubelet, and creates it if necessary. Installs containerd
# and runc from Debian packages if they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

PATH=$PATH:/usr/sbin:/sbin
missing=()
for p in containerd runc; do
	command -v $p >/dev/null || missing+=("$p")
done
[ -x /usr/lib/cni/ptp ] || missing+=(containernetworking-plugins)
command -v unshare >/dev/null || missing+=(util-linux)
command -v ip >/dev/null || missing+=(iproute2)
if ((${#missing[@]})); then
	command -v apt-get >/dev/null || { echo "apt-get not found, install manually: ${missing[*]}" >&2; exit 1; }
	[ "$(id -u)" = 0 ] || { echo "run as root, or first run: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
	{
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
	} >&2
fi
exec test/testservers/ensure.sh --kubelet
