#!/bin/bash
# Builds the appliance: a disk image to be written with dd, an update bundle, and a bill of materials. No loop device, no mount on this machine.
#     image/build.sh SUITE ARCH PACKAGES-FOLDER OUT-FOLDER [--fast]
# --fast squashes less (for tests). The same packages give the same image; SOURCE_DATE_EPOCH is the last commit's unless set. The kernel has to run ARCH's
# programs (./dev sees to it).
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/../tools/apt_sources.sh"
suite=${1:?SUITE} arch=${2:?ARCH} packages=$(readlink -f "${3:?folder of the .deb files}") out=${4:?OUT}
level=9
[[ ${5:-} != --fast ]] || level=1
mkdir -p "$out"
out=$(readlink -f "$out")
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 1767225600)}
version=$(dpkg-deb --field "$packages"/plugtone_*_all.deb Version)
work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

overlay() { # the files that the packages do not have, into $work/overlay
    cp -a "$here/rootfs" "$work/overlay"
    sed -i "s/@ARCH@/$arch/" "$work/overlay/etc/rauc/system.conf"
    cp "$out/keys/ca.pem" "$work/overlay/etc/rauc/keyring.pem"
    mkdir -p "$work/overlay/usr/lib" "$work/overlay/etc/plugtone"
    echo "$version" >"$work/overlay/usr/lib/appliance-version"
    cat "$here/../etc/plugtone.env" "$here/appliance.env" >"$work/plugtone.env"
    cp "$work/plugtone.env" "$work/overlay/etc/plugtone/plugtone.env"
    tar -C "$work/overlay" --sort=name --owner=0 --group=0 --mtime="@$SOURCE_DATE_EPOCH" -cf "$work/overlay.tar" .
    tar -C "$work/overlay" --sort=name --owner=0 --group=0 --mtime="@$SOURCE_DATE_EPOCH" -cf "$work/initramfs.tar" ./etc/initramfs-tools
}

# Keys that sign updates. Whoever releases has his own (docs/appliance.md); without, a pair for development is made once.
signing_keys() {
    mkdir -p "$out/keys"
    [[ ! -s $out/keys/release.pem ]] || return 0
    local folder=$out/keys
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7300 -subj "/O=Plugtone/CN=Development updates CA" \
        -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Plugtone/CN=Development release" \
        -keyout "$folder/release.key" -out "$folder/release.csr" 2>/dev/null
    openssl x509 -req -in "$folder/release.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 7300 \
        -extfile <(printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n') -out "$folder/release.pem" 2>/dev/null
}

rootfs() {
    local include
    include=$(awk -v elsewhere="!$suite" '/^[^#]/ && $2 != elsewhere { print $1 }' "$here/packages.list" | xargs | tr ' ' ,)
    for name in plugtone plugtone-common plugtone-agent plugtone-tftpd plugtone-kea-hook plugtone-phone; do
        cp "$packages/$name"_*.deb "$work/$name.deb"
        include+=,$work/$name.deb
    done
    apt_sources "$suite" >"$work/sources"
    local log=$out/mmdebstrap.log
    echo "image: making the root of $suite for $arch; what apt and dpkg say is in $log"
    mmdebstrap --verbose --mode=unshare --variant=essential --format=tar --architectures="$arch" \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt="$here/trim/documentation.cfg" --dpkgopt="$here/trim/kernel.cfg" --dpkgopt=force-confold \
        --essential-hook="tar-in $work/initramfs.tar /" --essential-hook="$here/add-users $here/users.list \"\$1\"" \
        --include="$include,linux-image-$arch" \
        --customize-hook="tar-in $work/overlay.tar /" --customize-hook="$here/finish-root $here/users.list \"\$1\"" \
        --customize-hook="download /usr/share/plugtone/manifest.tsv $out/manifest.tsv" \
        "$suite" "$work/root.tar" "$work/sources" >"$log" 2>&1 || {
        tail -n 60 "$log" >&2
        echo "image: the root was not made; above is the end of $log" >&2
        return 1
    }
}

# GRUB's parts, into $grub. Debian has another machine's only in packages of that architecture; they are taken from this machine's release, as grub-mkimage is.
grub_parts() {
    grub=/usr/lib/grub
    [[ $arch != "$(dpkg --print-architecture)" ]] || return 0
    local own
    own=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt_sources "$own" >"$work/sources"
    mmdebstrap --quiet --mode=unshare --variant=extract --format=tar --architectures="$arch" \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
        --include="grub-efi-$arch-bin" "$own" "$work/grub.tar" "$work/sources"
    tar -xf "$work/grub.tar" -C "$work" ".$grub"
    grub=$work$grub
}

bundle() {
    mkdir "$work/bundle"
    ln "$out/root.slot" "$work/bundle/root.img"
    cat >"$work/bundle/manifest.raucm" <<END
[update]
compatible=plugtone-$arch
version=$version

[bundle]
format=verity

[image.rootfs]
filename=root.img
END
    rm -f "$out/plugtone.raucb"
    rauc bundle --cert="$out/keys/release.pem" --key="$out/keys/release.key" --keyring="$out/keys/ca.pem" \
        "$work/bundle" "$out/plugtone.raucb" >"$work/rauc.log" 2>&1 || {
        cat "$work/rauc.log" >&2
        return 1
    }
}

signing_keys
overlay
rootfs
"$here/make-slot" "$level" "$out/root.slot" <"$work/root.tar"
grub_parts
/usr/bin/python3 "$here/mkdisk.py" "$arch" "$grub" "$out/root.slot" "$work/plugtone.env" "$out/plugtone.img" "$SOURCE_DATE_EPOCH"
/usr/bin/python3 "$here/sbom.py" "$out/manifest.tsv" "$version" "$SOURCE_DATE_EPOCH" >"$out/plugtone.cdx.json"
bundle
printf 'root %s MiB, image %s MiB (%s on this disk), bundle %s MiB, Plugtone %s on %s, %s\n' "$(($(stat -c %s "$out/root.slot") >> 20))" \
    "$(($(stat -c %s "$out/plugtone.img") >> 20))" "$(du -h "$out/plugtone.img" | cut -f1)" "$(($(stat -c %s "$out/plugtone.raucb") >> 20))" "$version" "$suite" "$arch"
