# Functions that build a file system image of a guest's /usr from Debian packages, none
# of which is installed. Sourced by ensure-dpdk.sh and ensure-managers.sh, which set
# what (the subject of messages) and prefix (of the directories that they print).

say() { printf '%s %s: %s\n' "$(date +%T)" "$what" "$*" >&2; }
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

# closure prints package=version for packages and all their dependencies, as if no
# package were installed.
closure() {
	apt-get -s -o Dir::State::status=/dev/null --no-install-recommends install "$@" |
		awk '$1 == "Inst" {sub(/^\(/, "", $3); print $2 "=" $3}'
}

# download downloads packages into the working directory. The option avoids a warning
# that apt cannot switch users in this directory.
download() {
	say "downloading $# packages"
	apt-get download -qq -o APT::Sandbox::User=root "$@" >&2
}

# unpack extracts packages into a directory that becomes /usr, and merges /bin, /lib
# and /lib64 into it. The files of /etc are left in root/etc.
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
	rm -rf "$1"/share/{doc,man,lintian,locale,bash-completion} "$1"/lib/x86_64-linux-gnu/gconv
}

# require checks that files exist in a directory that becomes /usr.
require() { # directory file …
	local dir=$1 f
	shift
	for f in "$@"; do [ -e "$dir/$f" ] || die "/usr/$f is missing from all packages"; done
}

# finish creates the image from a directory, moves it to its final directory, and prints
# that. A read-only file system needs no journal.
finish() { # usr directory
	local size
	mkdir done
	size=$(du -sm --apparent-size "$1" | cut -f1)
	mkfs.ext4 -q -F -O ^has_journal -m 0 -N 8192 -E root_owner=0:0 -d "$1" done/usr.img "$((size * 5 / 4 + 16))M" >&2
	complete "$PWD/done" || die "incomplete in $PWD/done"
	chmod 755 done
	rm -rf "$2" # an incomplete directory
	mv done "$2"
	echo "$2"
}

# lock waits for a concurrent run, so that this one uses the directory of the first, and
# updates the package lists: an outdated list names packages that the mirror no longer
# has.
lock() { # file
	PATH=$PATH:/usr/sbin:/sbin
	command -v mkfs.ext4 >/dev/null || die "mkfs.ext4 not found: test/kernelvm/ensure.sh installs it"
	command -v apt-get >/dev/null || die "apt-get not found: the tests require Debian on amd64"
	mkdir -p "$(dirname "$1")"
	exec 9>"$1"
	flock 9
	if [ -z "${KERNELVM_UPDATE:-}" ] && newest; then exit 0; fi
	say "checking for packages"
	if [ "$(id -u)" = 0 ]; then apt-get update -qq >&2 || say "cannot update the package lists, using the present ones"; fi
}
