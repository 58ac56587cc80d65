#!/usr/bin/env bash
# Prints the folder that holds DPDK's own tools for the virtual machine of the
# kernel tests, and puts them there first if need be: usr.img, a file system for
# the guest's /usr with dpdk-testpmd, dpdk-devbind.py and all that they need. All
# of it comes from Debian packages, none of which is installed: that of testpmd
# would bring two hundred others.
#
# A folder made once is used for as long as it is there; KERNELVM_UPDATE=1 looks
# for newer tools.
set -euo pipefail

recipe=1 # goes up when folders of an older ensure-dpdk.sh are of no use
cache=${KERNELVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/provider-aws-eni}
prefix=$cache/kernelvm-dpdk-$recipe-

say() { printf '%s DPDK tools: %s\n' "$(date +%T)" "$*" >&2; }
die() {
	say "$*"
	exit 1
}

complete() { [ -s "$1/usr.img" ]; }

# newest prints the folder made last, of those that are whole.
newest() {
	local d found=
	for d in "$prefix"*; do
		if complete "$d" && [[ -z $found || $d -nt $found ]]; then found=$d; fi
	done
	[ -n "$found" ] && echo "$found"
}

# version prints the newest version of a package.
version() { apt-cache show --no-all-versions "$1" 2>/dev/null | awk '$1 == "Version:" {print $2; exit}'; }

# names prints the packages that a package depends on or recommends.
names() { apt-cache depends "$1" | awk '$1 == "Depends:" || $1 == "Recommends:" {print $2}'; }

# closure prints package=version for packages and all that they need with them,
# as on a machine where nothing is installed.
closure() {
	apt-get -s -o Dir::State::status=/dev/null --no-install-recommends install "$@" |
		awk '$1 == "Inst" {sub(/^\(/, "", $3); print $2 "=" $3}'
}

# runs leaves out those that are there for the scripts of the others only, which
# nobody runs here, such as perl.
runs() { grep -E '^(lib|zlib1g=|ibverbs-providers=|python3|pciutils=|pci\.ids=|busybox-static=)' | grep -vE '^lib(perl|pam|se|audit|db5|gdbm|[a-z-]*-perl)'; }

# unpack unpacks packages into a folder that is to be /usr, where Debian keeps
# what was in /bin, /lib and /lib64 once.
unpack() { # folder
	local deb
	for deb in *.deb; do dpkg-deb -x "$deb" root; done
	mkdir -p "$1"
	cp -a root/usr/. "$1/"
	for d in bin sbin lib lib64; do
		if [ -d "root/$d" ]; then cp -a "root/$d" "$1/"; fi
	done
	# The way of the programs to their loader leads through the root.
	ln -sfn "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$1/lib64/ld-linux-x86-64.so.2"
	# devbind asks these two. busybox is what its link is called.
	ln -s busybox "$1/bin/ip"
	ln -s busybox "$1/bin/which"
	rm -rf "$1"/share/{doc,man,lintian,locale,bash-completion} "$1"/lib/x86_64-linux-gnu/gconv
}

if [ -n "${KERNELVM_DPDK:-}" ] && complete "$KERNELVM_DPDK"; then
	echo "$KERNELVM_DPDK"
	exit 0
fi
if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi

PATH=$PATH:/usr/sbin:/sbin
command -v mkfs.ext4 >/dev/null || die "there is no mkfs.ext4 here: test/kernelvm/ensure.sh installs it"
command -v apt-get >/dev/null || die "there is no apt-get here: the tests need a Debian for amd64"
mkdir -p "$cache"
exec 9>"$cache/.kernelvm-dpdk.lock"
flock 9 # two runs at once: the second waits and finds the first one's work
if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi

# A list that is older than the mirror names packages that are no longer there.
say "looking for packages"
if [ "$(id -u)" = 0 ]; then apt-get update -qq >&2 || say "cannot update the lists, trying with those there are"; fi
current=$(version dpdk-dev)
[ -n "$current" ] || die "apt knows no dpdk-dev: the tests need a Debian for amd64"
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
# Without dpdk-dev itself, which needs the headers of all drivers.
mapfile -t drivers < <({ names dpdk-dev && names dpdk | grep '^librte-net-virtio'; } | grep '^librte-' | sort -u)
mapfile -t packages < <(closure "${drivers[@]}" python3-minimal pciutils busybox-static | runs)
((${#packages[@]} > ${#drivers[@]})) || die "cannot find out what testpmd needs"
say "downloading ${#packages[@]} packages"
# As root apt warns that it cannot change to its own user here. It need not.
apt-get download -qq -o APT::Sandbox::User=root "dpdk-dev=$current" "dpdk=$current" "${packages[@]}" >&2
unpack usr
for f in bin/{dpdk-testpmd,dpdk-devbind.py,python3,lspci,which,ip} lib64/ld-linux-x86-64.so.2; do [ -e "usr/$f" ] || die "no package has /usr/$f"; done

mkdir done
size=$(du -sm --apparent-size usr | cut -f1)
# It is never written, and so needs no journal.
mkfs.ext4 -q -F -O ^has_journal -m 0 -N 8192 -E root_owner=0:0 -d usr done/usr.img "$((size * 5 / 4 + 16))M" >&2
complete "$work/done" || die "incomplete in $work/done"
chmod 755 "$work/done"
rm -rf "$dir" # what was there was not whole
mv "$work/done" "$dir"
say "$current made in $((SECONDS - started)) s"
echo "$dir"
