#!/bin/bash
# Runs a command on another Debian release than this machine's, over these sources:
#     tools/on_release.sh SUITE[-ARCH] COMMAND…
# build/on/SUITE/root is a chroot of it, made once by mmdebstrap from the mirror that apt has here (PLUGTONE_SOURCES names another sources file), and
# build/on/SUITE/build stands in the place of build/ there. With ARCH the chroot is another one, build/on/SUITE-ARCH, that takes packages of that
# architecture, too; PLUGTONE_CROSS tells the command what to compile for. The sources have their own path, ccache its own folder. All mounts and processes are in
# namespaces of their own and end with the command.
set -euo pipefail
here=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
cd "$here"
. tools/apt_sources.sh

make_root() { # SUITE ROOT [PACKAGE,… [ARCH]]
    local sources
    sources=$(mktemp)
    apt_sources "$1" >"$sources"
    rm -rf "$2.new"
    # A mirror that stands still for a while is as good as another here.
    mmdebstrap --quiet --mode=root --variant=minbase --architectures="$(dpkg --print-architecture)${4:+,$4}" \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
        --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io ${3:+--include="$3"} "$1" "$2.new" "$sources" >&2
    rm -f "$sources"
    mv "$2.new" "$2"
}

inside() { # ROOT BUILD COMMAND…: in namespaces of our own
    local root=$1 build=$2 cache=${CCACHE_DIR:-$HOME/.cache/ccache}
    shift 2
    mkdir -p "$root$here" "$root$cache" "$build" "$cache" "$here/build"
    # A mount of its own: "ip netns exec" changes how its / is shared, which only a mount can do.
    mount --bind "$root" "$root"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    mount --bind "$here" "$root$here"
    mount --bind "$build" "$root$here/build"
    mount --bind "$cache" "$root$cache"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=755 run "$root/run"
    mkdir "$root/run/lock"
    exec chroot "$root" /usr/bin/env --unset=TMPDIR HOME=/root LC_ALL=C.UTF-8 CCACHE_DIR="$cache" CCACHE_BASEDIR="$here" CCACHE_NOHASHDIR=1 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash -c 'cd "$0" && exec "$@"' "$here" "$@"
}

case ${1:-} in
--inside)
    shift
    inside "$@"
    ;;
--make-root) # SUITE ROOT PACKAGE,…: a clean system of that release, for tests
    shift
    make_root "$@"
    exit
    ;;
esac
release=${1:?usage: tools/on_release.sh SUITE[-ARCH] COMMAND…}
shift
suite=${release%%-*}
PLUGTONE_CROSS=${release#"$suite"}
export PLUGTONE_CROSS=${PLUGTONE_CROSS#-}
((EUID == 0)) || {
    echo "on_release: a chroot needs root" >&2
    exit 1
}
folder=$here/build/on/$release
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9 # one at a time: they share the chroot
[[ -d $folder/root ]] || make_root "$suite" "$folder/root" "" "$PLUGTONE_CROSS"
exec unshare --mount --pid --fork --kill-child --propagation private "$0" --inside "$folder/root" "$folder/build" "$@"
