#!/usr/bin/env bash
# Prints the path of Chromium. Installs the Debian package if it is missing.
set -euo pipefail

if ! command -v chromium >/dev/null; then
	command -v apt-get >/dev/null || { echo "apt-get not found, install manually: chromium" >&2; exit 1; }
	[ "$(id -u)" = 0 ] || { echo "run as root, or first run: apt-get install --no-install-recommends chromium" >&2; exit 1; }
	{
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
	} >&2
fi
command -v chromium
