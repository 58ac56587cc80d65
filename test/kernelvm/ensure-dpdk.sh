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

say() { printf '%s DPDK tools: %s\n' "$(date +%T)" "$*" >&2; }
die() {
	say "$*"
	exit 1
}

complete() { [ -s "$1/usr.img" ]; }

# newest prints the most recent complete directory.
newest() {
	local d found=
	for d in "$prefix"*; do
		if complete "$d" && [[ -z $found || $d -nt $found ]]; then found=$d; fi
	done
	[ -n "$found" ] && echo "$found"
}

# version prints the newest version of a package.
version() { apt-cache show --no-all-versions "$1" 2>/dev/null | awk '$1 == "Version:" {print $2; exit}'; }

# names prints the direct dependencies and recommendations of a package.
names() { apt-cache depends "$1" | awk '$1 == "Depends:" || $1 == "Recommends:" {print $2}'; }

# closure prints package=version for packages and all their dependencies, as if no
# package were installed.
closure() {
	apt-get -s -o Dir::State::status=/dev/null --no-install-recommends install "$@" |
		awk '$1 == "Inst" {sub(/^\(/, "", $3); print $2 "=" $3}'
}

# runs drops packages that only maintainer scripts need, such as perl, as no script is
# run.
runs() { grep -E '^(lib|zlib1g=|ibverbs-providers=|python3|pciutils=|pci\.ids=|busybox-static=)' | grep -vE '^lib(perl|pam|se|audit|db5|gdbm|[a-z-]*-perl)'; }

# unpack extracts packages into a directory that becomes /usr, and merges /bin, /lib
# and /lib64 into it.
unpack() { # directory
	local deb
	for deb in *.deb; do dpkg-deb -x "$deb" root; done
	mkdir -p "$1"
	cp -a root/usr/. "$1/"
	for d in bin sbin lib lib64; do
		if [ -d "root/$d" ]; then cp -a "root/$d" "$1/"; fi
	done
	# Programs find their loader through the root directory.
	ln -sfn "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$1/lib64/ld-linux-x86-64.so.2"
	# devbind executes these two. busybox selects the applet by the name of the
	# symlink.
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
command -v mkfs.ext4 >/dev/null || die "mkfs.ext4 not found: test/kernelvm/ensure.sh installs it"
command -v apt-get >/dev/null || die "apt-get not found: the tests require Debian on amd64"
mkdir -p "$cache"
exec 9>"$cache/.kernelvm-dpdk.lock"
flock 9 # a concurrent run waits, and uses the directory of the first
if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi

# An outdated package list names packages that the mirror no longer has.
say "checking for packages"
if [ "$(id -u)" = 0 ]; then apt-get update -qq >&2 || say "cannot update the package lists, using the present ones"; fi
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
say "downloading ${#packages[@]} packages"
# The option avoids a warning that apt cannot switch users in this directory.
apt-get download -qq -o APT::Sandbox::User=root "dpdk-dev=$current" "dpdk=$current" "${packages[@]}" >&2
unpack usr
for f in bin/{dpdk-testpmd,dpdk-devbind.py,python3,lspci,which,ip} lib64/ld-linux-x86-64.so.2; do [ -e "usr/$f" ] || die "/usr/$f is missing from all packages"; done

mkdir done
size=$(du -sm --apparent-size usr | cut -f1)
# A read-only file system needs no journal.
mkfs.ext4 -q -F -O ^has_journal -m 0 -N 8192 -E root_owner=0:0 -d usr done/usr.img "$((size * 5 / 4 + 16))M" >&2
complete "$work/done" || die "incomplete in $work/done"
chmod 755 "$work/done"
rm -rf "$dir" # an incomplete directory
mv "$work/done" "$dir"
say "$current created in $((SECONDS - started)) s"
echo "$dir"
