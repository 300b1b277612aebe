# To be sourced by the scripts that make a Debian of some release.

apt_sources() { # SUITE: the sources that apt has here (or PLUGTONE_SOURCES names), for that release
    local file own
    own=$(. /etc/os-release && echo "$VERSION_CODENAME")
    for file in "${PLUGTONE_SOURCES:-}" /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
        [[ ! -s $file ]] || {
            sed "s/\b$own\b/$1/g" "$file"
            return
        }
    done
    echo "apt has no Debian mirror here; set PLUGTONE_SOURCES to a file of sources" >&2
    return 1
}
