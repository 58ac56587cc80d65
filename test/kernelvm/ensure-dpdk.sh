#!/usr/bin/env bash
# Prints the directory with DPDK's tools for the virtual machine of the kernel tests,
# and creates it if necessary. It contains usr.img, a file system image for the guest's
# /usr with dpdk-testpmd, dpdk-devbind.py and their dependencies. All files come from
# Debian packages, none of which is installed: the package of testpmd has two hundred
# dependencies.
#
# A directory is used until it is deleted; KERNELVM_UPDATE=1 checks for newer tools.
set -euo pipefail

recipe=1 # increased when directories of an older ensure-dpdk.sh are incompatible
cache=${KERNELVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/provider-aws-eni}
prefix=$cache/kernelvm-dpdk-$recipe-

what="DPDK tools"
. "$(dirname "${BASH_SOURCE[0]}")/image.sh"

# names prints the direct dependencies and recommendations of a package.
names() { apt-cache depends "$1" | awk '$1 == "Depends:" || $1 == "Recommends:" {print $2}'; }

# runs drops packages that only maintainer scripts need, such as perl, as no script is
# run.
runs() { grep -E '^(lib|zlib1g=|ibverbs-providers=|python3|pciutils=|pci\.ids=|busybox-static=)' | grep -vE '^lib(perl|pam|se|audit|db5|gdbm|[a-z-]*-perl)'; }

if [ -n "${KERNELVM_DPDK:-}" ] && complete "$KERNELVM_DPDK"; then
	echo "$KERNELVM_DPDK"
	exit 0
fi
if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi

lock "$cache/.kernelvm-dpdk.lock"
current=$(version dpdk-dev)
[ -n "$current" ] || die "no package dpdk-dev: the tests require Debian on amd64"
dir=$prefix$current
if complete "$dir"; then
	touch "$dir"
	echo "$dir"
	exit 0
fi

work=$(mktemp -d "$cache/.kernelvm-dpdk-XXXXXX")
trap 'rm -rf "$work"' EXIT
started=$SECONDS
cd "$work"
# Exclude dpdk-dev itself, which depends on the headers of all drivers.
mapfile -t drivers < <({ names dpdk-dev && names dpdk | grep '^librte-net-virtio'; } | grep '^librte-' | sort -u)
mapfile -t packages < <(closure "${drivers[@]}" python3-minimal pciutils busybox-static | runs)
((${#packages[@]} > ${#drivers[@]})) || die "cannot determine the dependencies of testpmd"
download "dpdk-dev=$current" "dpdk=$current" "${packages[@]}"
unpack usr
# devbind executes these two. busybox selects the applet by the name of the symlink.
ln -s busybox usr/bin/ip
ln -s busybox usr/bin/which
require usr bin/{dpdk-testpmd,dpdk-devbind.py,python3,lspci,which,ip} lib64/ld-linux-x86-64.so.2
finish usr "$dir"
say "$current created in $((SECONDS - started)) s"
