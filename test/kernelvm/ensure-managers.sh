#!/usr/bin/env bash
# Prints the directory with the network managers for the virtual machine of the kernel
# tests, and creates it if necessary. It contains usr.img, a file system image for the
# guest's /usr with systemd, systemd-networkd, udev, NetworkManager and their
# dependencies; the files of /etc are in share/factory/etc. All files come from Debian
# packages, none of which is installed.
#
# A directory is used until it is deleted; KERNELVM_UPDATE=1 checks for newer packages.
set -euo pipefail

recipe=1 # increased when directories of an older ensure-managers.sh are incompatible
cache=${KERNELVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/provider-aws-eni}
prefix=$cache/kernelvm-managers-$recipe-

what="network managers"
. "$(dirname "${BASH_SOURCE[0]}")/image.sh"

# runs drops packages that only maintainer scripts need, such as perl, as no script is
# run.
runs() { grep -vE '^(perl|libperl|lib[a-z-]*-perl|dpkg|tar|sed|adduser|usrmerge|debconf|init-system-helpers|passwd|gcc-12-base|libgdbm|libdb5|libsem|libsepol|sgml-base|xml-core|dmsetup)'; }

if [ -n "${KERNELVM_MANAGERS:-}" ] && complete "$KERNELVM_MANAGERS"; then
	echo "$KERNELVM_MANAGERS"
	exit 0
fi
if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi

lock "$cache/.kernelvm-managers.lock"
systemd=$(version systemd) manager=$(version network-manager)
[[ -n $systemd && -n $manager ]] || die "no package systemd or network-manager: the tests require Debian on amd64"
dir=$prefix$systemd-$manager
if complete "$dir"; then
	touch "$dir"
	echo "$dir"
	exit 0
fi

work=$(mktemp -d "$cache/.kernelvm-managers-XXXXXX")
trap 'rm -rf "$work"' EXIT
started=$SECONDS
cd "$work"
mapfile -t packages < <(closure systemd udev dbus network-manager iproute2 dash busybox-static | runs)
((${#packages[@]} > 20)) || die "cannot determine the dependencies of systemd and network-manager"
download "${packages[@]}"
unpack usr
mkdir -p usr/share/factory
rm -rf usr/share/factory/etc
cp -a root/etc usr/share/factory/etc
# systemd-sysusers creates the users of services.
printf 'root:x:0:0:root:/root:/bin/sh\n' >usr/share/factory/etc/passwd
printf 'root:x:0:\n' >usr/share/factory/etc/group
# Without an id systemd waits for answers on the console.
echo 0123456789abcdef0123456789abcdef >usr/share/factory/etc/machine-id
ln -sfn dash usr/bin/sh
for f in awk cat cmp cp date grep head ln ls mkdir mv rm sed sleep sort tail touch tr wc; do [ -e "usr/bin/$f" ] || ln -s busybox "usr/bin/$f"; done
require usr lib/systemd/{systemd,systemd-networkd} bin/{networkctl,udevadm,systemctl,dbus-daemon,nmcli,ip,sh} sbin/NetworkManager lib64/ld-linux-x86-64.so.2
finish usr "$dir"
say "$systemd, $manager created in $((SECONDS - started)) s"
