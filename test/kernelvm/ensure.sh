#!/usr/bin/env bash
# Prints the directory with a Linux kernel for the virtual machine of the kernel tests,
# and creates it if necessary. It contains Debian's cloud kernel, the modules of the
# tests, and a second vfio.ko with CONFIG_VFIO_NOIOMMU. Installs qemu if it is missing.
# All files come from Debian packages.
#
# A directory is used until it is deleted; KERNELVM_UPDATE=1 checks for a newer kernel.
set -euo pipefail

recipe=1 # increased when directories of an older ensure.sh are incompatible
cache=${KERNELVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/provider-aws-eni}
prefix=$cache/kernelvm-$recipe-

say() { printf '%s kernel VM: %s\n' "$(date +%T)" "$*" >&2; }
die() {
	say "$*"
	exit 1
}

complete() {
	local f
	for f in vmlinuz release modules.builtin modules noiommu/vfio.ko; do [ -e "$1/$f" ] || return 1; done
}

# newest prints the most recent complete directory.
newest() {
	local d found=
	for d in "$prefix"*; do
		if complete "$d" && [[ -z $found || $d -nt $found ]]; then found=$d; fi
	done
	[ -n "$found" ] && echo "$found"
}

# need installs the packages of missing programs and files.
need() { # program package …
	local missing=() updated=
	while (($#)); do
		[[ $1 = /* && -e $1 ]] || PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || missing+=("$2")
		shift 2
	done
	((${#missing[@]})) || return 0
	command -v apt-get >/dev/null || die "apt-get not found, install manually: ${missing[*]}"
	[ "$(id -u)" = 0 ] || die "run as root, or first run: apt-get install --no-install-recommends ${missing[*]}"
	say "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	# The package lists may be missing or outdated.
	until apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "${missing[@]}" >&2; do
		[ -z "$updated" ] || die "cannot install ${missing[*]}"
		updated=1
		apt-get update -qq >&2
	done
}

# versions prints the versions of a package, the newest first.
versions() { apt-cache madison "$1" | awk '$4 != "Sources" {print $3}' | sort -rVu; }

# offers reports whether the archive has a version of a package.
offers() { versions "$1" | grep -qxF -- "$2"; }

# series prints the series of a release: 6.1 for 6.1.0-56-cloud-amd64.
series() { cut -d. -f1,2 <<<"$1"; }

# common prints the package of common headers that the headers of a release depend on.
common() { apt-cache depends "linux-headers-$1" | awk '$1 == "Depends:" && $2 ~ /-common$/ {print $2; exit}'; }

# newestKernel prints the release and the version of the newest kernel whose headers
# and sources the archive has in the same version. Debian publishes the packages of an
# update one by one, as the kernel is signed in between: for some hours the archive is
# incomplete.
newestKernel() {
	local packages release version
	packages=$(apt-cache pkgnames linux-image- | grep -E '^linux-image-[0-9.]+-[0-9]+-cloud-amd64$' | sort -rV)
	for release in ${packages//linux-image-/}; do
		for version in $(versions "linux-image-$release"); do
			if offers "linux-headers-$release" "$version" && offers "$(common "$release")" "$version" &&
				offers "linux-source-$(series "$release")" "$version" && [ -n "$(versions "linux-kbuild-$(series "$release")")" ]; then
				echo "$release $version"
				return
			fi
		done
	done
}

# kbuild prints the version of the build tools for a kernel: the kernel's version, or
# the newest of its series, as host programs need not match the kernel.
kbuild() { # series version
	if offers "linux-kbuild-$1" "$2"; then echo "$2"; else versions "linux-kbuild-$1" | head -1; fi
}

fetch() { # package=version…, into the working directory
	say "downloading $*"
	# The option avoids a warning that apt cannot switch users in this directory.
	apt-get download -qq -o APT::Sandbox::User=root "$@" >&2
}

# kernel extracts the kernel and its modules into a directory.
kernel() { # package version release directory
	fetch "$1=$2"
	mkdir -p "$4/modules" unpacked
	# Directories rather than files, as a module can move or get another dependency;
	# the tests select modules by name and dependencies.
	local m=./lib/modules/$3/kernel
	dpkg-deb --fsys-tarfile "$1"_*.deb | tar -x -C unpacked --wildcards --no-wildcards-match-slash \
		"./boot/vmlinuz-$3" "./lib/modules/$3/modules.builtin" "$m"/{arch/x86/crypto,crypto,lib,virt/lib} \
		"$m"/drivers/{virtio,uio,vfio,net/vmxnet3} "$m"/drivers/{block/virtio_blk,net/*}.ko* "$m"/net/{core,802,8021q,llc}
	mv "unpacked/boot/vmlinuz-$3" "$4/vmlinuz"
	mv "unpacked/lib/modules/$3/modules.builtin" "$4/"
	mv "unpacked/lib/modules/$3/kernel" "$4/modules/"
	echo "$3" >"$4/release"
}

# noiommu builds vfio.ko with CONFIG_VFIO_NOIOMMU, which no Debian 12 kernel has:
# without it vfio-pci rejects all devices of a machine without an IOMMU. The option
# changes no structure that the other vfio modules use, so they load with this vfio.ko.
noiommu() { # release version directory
	local series sources vfio
	series=$(series "$1")
	sources=(vfio_main.c container.c iova_bitmap.c vfio.h)
	fetch "linux-headers-$1=$2" "$(common "$1")=$2" "linux-source-$series=$2" "linux-kbuild-$series=$(kbuild "$series" "$2")"
	for deb in linux-headers-*.deb linux-kbuild-*.deb; do dpkg-deb -x "$deb" build; done
	# The headers refer to each other by their installed paths.
	sed -i "s#/usr/src/#$PWD/build/usr/src/#g" "build/usr/src/linux-headers-$1/Makefile"

	say "building vfio.ko with CONFIG_VFIO_NOIOMMU"
	vfio=linux-source-$series/drivers/vfio
	mkdir -p "$3/noiommu"
	# tar exits after the last file, which terminates the programs before it with
	# SIGPIPE: check that the files exist instead.
	dpkg-deb --fsys-tarfile "linux-source-$series"_*.deb 2>/dev/null | tar -xO "./usr/src/linux-source-$series.tar.xz" 2>/dev/null | xz -dc -T0 2>/dev/null |
		tar -x --occurrence=1 "${sources[@]/#/$vfio/}" || true
	for f in "${sources[@]}"; do [ -s "$vfio/$f" ] || die "linux-source-$series has no drivers/vfio/$f"; done
	printf '%s\n' 'ccflags-y += -DCONFIG_VFIO_NOIOMMU=1' 'obj-m := vfio.o' 'vfio-y := vfio_main.o iova_bitmap.o container.o' >"$vfio/Makefile"
	make -s -C "build/usr/src/linux-headers-$1" M="$PWD/$vfio" modules >make.log 2>&1 || die "$(tail -20 make.log)"
	strip --strip-debug -o "$3/noiommu/vfio.ko" "$vfio/vfio.ko"
}

need qemu-system-x86_64 qemu-system-x86 mkfs.ext4 e2fsprogs
if [ -n "${KERNELVM:-}" ] && complete "$KERNELVM"; then
	echo "$KERNELVM"
	exit 0
fi
if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi

mkdir -p "$cache"
exec 9>"$cache/.kernelvm.lock"
flock 9 # a concurrent run waits, and uses the directory of the first
if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi

# An outdated package list names a kernel that the mirror no longer has.
say "checking for a kernel"
if [ "$(id -u)" = 0 ]; then apt-get update -qq >&2 || say "cannot update the package lists, using the present ones"; fi
read -r release current < <(newestKernel) || true
[ -n "${current:-}" ] || die "no package linux-image-*-cloud-amd64 with matching headers and sources: the tests require Debian on amd64"
dir=$prefix$release-$current
if complete "$dir"; then
	touch "$dir"
	echo "$dir"
	exit 0
fi

lib=/usr/lib/x86_64-linux-gnu
need make make gcc-12 gcc-12 xz xz-utils strip binutils "$lib/libelf.so.1" libelf1 "$lib/libssl.so.3" libssl3 # for the build tools
work=$(mktemp -d "$cache/.kernelvm-XXXXXX")
trap 'rm -rf "$work"' EXIT
started=$SECONDS
cd "$work"
kernel "linux-image-$release" "$current" "$release" "$work/done"
noiommu "$release" "$current" "$work/done"
complete "$work/done" || die "incomplete in $work/done"
chmod 755 "$work/done"
rm -rf "$dir" # an incomplete directory
mv "$work/done" "$dir"
say "$release created in $((SECONDS - started)) s"
echo "$dir"
