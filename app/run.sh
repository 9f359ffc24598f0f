#!/bin/sh
# Installs what is missing, builds Diffuscope and starts it; arguments are passed on.
set -eu
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
. "$root/app/setup.sh"
program=$root/build/release/app/diffuscope
stamp=$root/build/release/built

install_missing

# Ninja is asked only when a source, or a folder of sources, is newer than the last build.
if [ ! -x "$program" ] || [ ! -f "$stamp" ] ||
    [ -n "$(cd "$root" && find CMakeLists.txt CMakePresets.json app core ui resources -newer "$stamp" -print -quit)" ]; then
    [ -x "$program" ] && say "Building what has changed" || say "Building Diffuscope; the first time takes minutes"
    mkdir -p "$root/build/release"
    begun=$root/build/release/begun
    touch "$begun"
    build diffuscope
    mv "$begun" "$stamp"
fi

if [ $# -gt 0 ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$program" "$@"
fi

say "There is no display: training on the Swiss roll and rendering diffuscope.mp4 in this folder."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
"$program" train --dataset swiss-roll --steps 4000 --out "$scratch/swiss.diffuscope" >/dev/null
"$program" render "$scratch/swiss.diffuscope" --scene both --out diffuscope.mp4
say "diffuscope.mp4 is ready."
