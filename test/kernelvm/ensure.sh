#!/usr/bin/env bash
# Prints the folder that holds a Linux kernel for the virtual machine of the
# kernel tests, and puts it there first if need be: Debian's cloud kernel, the
# modules that the tests use, and vfio.ko once more with CONFIG_VFIO_NOIOMMU.
# Installs qemu where it is missing. All of it comes from Debian packages.
#
# A folder made once is used for as long as it is there; KERNELVM_UPDATE=1 looks
# for a newer kernel.
set -euo pipefail

recipe=1 # goes up when folders of an older ensure.sh are of no use
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

# newest prints the folder made last, of those that are whole.
newest() {
	local d found=
	for d in "$prefix"*; do
		if complete "$d" && [[ -z $found || $d -nt $found ]]; then found=$d; fi
	done
	[ -n "$found" ] && echo "$found"
}

# need installs the package of a program, or of a file, that is missing.
need() { # program package …
	local missing=() updated=
	while (($#)); do
		[[ $1 = /* && -e $1 ]] || PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || missing+=("$2")
		shift 2
	done
	((${#missing[@]})) || return 0
	command -v apt-get >/dev/null || die "install these yourself, as there is no apt-get here: ${missing[*]}"
	[ "$(id -u)" = 0 ] || die "run this as root, or first: apt-get install --no-install-recommends ${missing[*]}"
	say "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	# The lists may be missing, or older than the mirror.
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

# common prints the package of headers that those of a release depend on.
common() { apt-cache depends "linux-headers-$1" | awk '$1 == "Depends:" && $2 ~ /-common$/ {print $2; exit}'; }

# newestKernel prints the release and the version of the newest kernel whose
# headers and sources the archive has in the same version. Debian publishes an
# update package by package, as the kernel is signed between: for some hours the
# archive has one without the others.
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

# kbuild prints the version of the build tools for a kernel: its own, or the
# newest of its series, as programs of the host need not match the kernel.
kbuild() { # series version
	if offers "linux-kbuild-$1" "$2"; then echo "$2"; else versions "linux-kbuild-$1" | head -1; fi
}

fetch() { # package=version…, into the folder one is in
	say "downloading $*"
	# As root apt warns that it cannot change to its own user here. It need not.
	apt-get download -qq -o APT::Sandbox::User=root "$@" >&2
}

# kernel puts the kernel and its modules into a folder.
kernel() { # package version release folder
	fetch "$1=$2"
	mkdir -p "$4/modules" unpacked
	# Folders rather than files, as a module can move or need another one
	# tomorrow; the tests pick by name and by what the modules say they need.
	local m=./lib/modules/$3/kernel
	dpkg-deb --fsys-tarfile "$1"_*.deb | tar -x -C unpacked --wildcards --no-wildcards-match-slash \
		"./boot/vmlinuz-$3" "./lib/modules/$3/modules.builtin" "$m"/{arch/x86/crypto,crypto,lib,virt/lib} \
		"$m"/drivers/{virtio,uio,vfio,net/vmxnet3} "$m"/drivers/{block/virtio_blk,net/*}.ko* "$m"/net/{core,802,8021q,llc}
	mv "unpacked/boot/vmlinuz-$3" "$4/vmlinuz"
	mv "unpacked/lib/modules/$3/modules.builtin" "$4/"
	mv "unpacked/lib/modules/$3/kernel" "$4/modules/"
	echo "$3" >"$4/release"
}

# noiommu builds vfio.ko with CONFIG_VFIO_NOIOMMU, which no kernel of Debian 12
# has: without it vfio-pci takes no device on a machine without an IOMMU. The
# option shows in no structure that the other vfio modules see, so they load on
# top of it as they are.
noiommu() { # release version folder
	local series sources folder
	series=$(series "$1")
	sources=(vfio_main.c container.c iova_bitmap.c vfio.h)
	fetch "linux-headers-$1=$2" "$(common "$1")=$2" "linux-source-$series=$2" "linux-kbuild-$series=$(kbuild "$series" "$2")"
	for deb in linux-headers-*.deb linux-kbuild-*.deb; do dpkg-deb -x "$deb" build; done
	# The headers name each other by where they would be installed.
	sed -i "s#/usr/src/#$PWD/build/usr/src/#g" "build/usr/src/linux-headers-$1/Makefile"

	say "building vfio.ko with CONFIG_VFIO_NOIOMMU"
	folder=linux-source-$series/drivers/vfio
	mkdir -p "$3/noiommu"
	# tar stops at the last file it looks for, and those before it then break
	# off: what counts is that the files are there.
	dpkg-deb --fsys-tarfile "linux-source-$series"_*.deb 2>/dev/null | tar -xO "./usr/src/linux-source-$series.tar.xz" 2>/dev/null | xz -dc -T0 2>/dev/null |
		tar -x --occurrence=1 "${sources[@]/#/$folder/}" || true
	for f in "${sources[@]}"; do [ -s "$folder/$f" ] || die "linux-source-$series has no drivers/vfio/$f"; done
	printf '%s\n' 'ccflags-y += -DCONFIG_VFIO_NOIOMMU=1' 'obj-m := vfio.o' 'vfio-y := vfio_main.o iova_bitmap.o container.o' >"$folder/Makefile"
	make -s -C "build/usr/src/linux-headers-$1" M="$PWD/$folder" modules >make.log 2>&1 || die "$(tail -20 make.log)"
	strip --strip-debug -o "$3/noiommu/vfio.ko" "$folder/vfio.ko"
}

need qemu-system-x86_64 qemu-system-x86 mkfs.ext4 e2fsprogs
if [ -n "${KERNELVM:-}" ] && complete "$KERNELVM"; then
	echo "$KERNELVM"
	exit 0
fi
if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi

mkdir -p "$cache"
exec 9>"$cache/.kernelvm.lock"
flock 9 # two runs at once: the second waits and finds the first one's work
if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi

# A list that is older than the mirror names a kernel that is no longer there.
say "looking for a kernel"
if [ "$(id -u)" = 0 ]; then apt-get update -qq >&2 || say "cannot update the lists, trying with those there are"; fi
read -r release current < <(newestKernel) || true
[ -n "${current:-}" ] || die "apt has no linux-image-*-cloud-amd64 with headers and sources of its version: the tests need a Debian for amd64"
dir=$prefix$release-$current
if complete "$dir"; then
	touch "$dir"
	echo "$dir"
	exit 0
fi

lib=/usr/lib/x86_64-linux-gnu
need make make gcc-12 gcc-12 xz xz-utils strip binutils "$lib/libelf.so.1" libelf1 "$lib/libssl.so.3" libssl3 # for the tools of the headers
work=$(mktemp -d "$cache/.kernelvm-XXXXXX")
trap 'rm -rf "$work"' EXIT
started=$SECONDS
cd "$work"
kernel "linux-image-$release" "$current" "$release" "$work/done"
noiommu "$release" "$current" "$work/done"
complete "$work/done" || die "incomplete in $work/done"
chmod 755 "$work/done"
rm -rf "$dir" # what was there was not whole
mv "$work/done" "$dir"
say "$release made in $((SECONDS - started)) s"
echo "$dir"
