#!/bin/bash
# Builds the Debian packages for this machine's release from these sources, as they stand here, into build/packages:
#     tools/package.sh [ARCH]
# ARCH is this machine's unless given; for another one they are cross-compiled, without the unit tests. DEB_BUILD_OPTIONS goes to dpkg-buildpackage
# (noopt, nocheck, parallel=N). The sources' copy stays in build/packages/source, so that the next build is short.
set -euo pipefail
cd "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")"
out=$PWD/build/packages
native=$(dpkg --print-architecture)
arch=${1:-$native}
mkdir -p "$out/source"

# The release is part of the version: each has another Kea, and an upgrade of the system must bring the package along.
release=$(. /etc/os-release && echo "deb$VERSION_ID")
# What git has, and what is new and not ignored; a file that did not change keeps its time.
list=$(mktemp)
trap 'rm -f "$list"' EXIT
if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard
else
    find . -path ./build -prune -o -path ./.git -prune -o -type f -printf '%P\0'
fi >"$list"
rm -rf "$out/source/debian"
# --no-times: what did change is newer than anything that was made of it.
rsync --archive --no-times --checksum --from0 --files-from="$list" --ignore-missing-args ./ "$out/source/"
# What is gone here is to be gone there.
(cd "$out/source" && find . -path ./build -prune -o -type f -printf '%P\0') | sort -z | comm -z -13 <(sort -z "$list") - |
    (cd "$out/source" && xargs -0 --no-run-if-empty rm -f)
rm -f "$list"
sed -i "1s/(\([^)]*\))/(\1+$release)/" "$out/source/debian/changelog"
rm -rf "$out"/*.deb "$out"/*.buildinfo "$out"/*.changes "$out/debug-symbols"

cd "$out/source"
jobs=${JOBS:-$(nproc)}
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 DEB_BUILD_OPTIONS="parallel=$jobs ${DEB_BUILD_OPTIONS:-}"
cross=()
if [[ $arch != "$native" ]]; then
    DEB_BUILD_OPTIONS+=" nocheck"
    cross=(--host-arch "$arch" --build-profiles=cross,nocheck)
fi
# The tree of objects is kept: what did not change is not built again.
dpkg-buildpackage --build=binary --no-sign --no-pre-clean "${cross[@]}"
mkdir "$out/debug-symbols"
mv "$out"/*-dbgsym_*.deb "$out/debug-symbols"
ls -1 "$out"/*.deb
