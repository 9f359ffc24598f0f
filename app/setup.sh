# What app/run.sh and tests/run.sh share; sourced with root set to the source folder.

packages="g++ cmake ninja-build pkg-config
qt6-base-dev qt6-base-dev-tools qt6-svg-dev qt6-qpa-plugins qt6-wayland libqcustomplot-dev
libgl-dev libegl-dev libepoxy-dev libegl-mesa0 libgl1-mesa-dri
libeigen3-dev librandom123-dev nlohmann-json3-dev libcli11-dev ffmpeg"

say() { echo "$*" >&2; }

install_missing() {
    if ! command -v dpkg-query >/dev/null; then
        say "This is not Debian: what Diffuscope needs is expected to be installed."
        return
    fi
    # dpkg-query fails when it has never heard of one of them.
    # shellcheck disable=SC2086
    installed=" $(dpkg-query -W -f '${db:Status-Abbrev}${Package} ' $packages 2>/dev/null || true) "
    missing=""
    for package in $packages; do
        case $installed in
            *" ii $package "* | *" hi $package "*) ;;
            *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0

    as_root=""
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "These packages are missing, and only root can install them:$missing"
            exit 1
        fi
        as_root=sudo
    fi
    say "Installing$missing"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends $missing >/dev/null
}

# Configures when there is nothing configured, and builds the targets: on a terminal with ninja's line of progress,
# elsewhere with output only when something fails.
build() {
    if [ ! -f "$root/build/release/build.ninja" ]; then
        say "Configuring"
        mkdir -p "$root/build"
        if ! (cd "$root" && cmake --preset release) >"$root/build/configure.log" 2>&1; then
            cat "$root/build/configure.log" >&2
            exit 1
        fi
    fi
    if [ -t 2 ]; then
        ninja -C "$root/build/release" "$@" >&2
    else
        ninja -C "$root/build/release" --quiet "$@" >&2
    fi
}
