#!/bin/sh
# Installs what is missing, builds everything and runs all tests.
set -eu
export DEBIAN_FRONTEND=noninteractive
root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
. "$root/app/setup.sh"

install_missing
say "Building Diffuscope and its tests; the first time takes minutes"
build all
cd "$root"
exec ctest --preset release --parallel 2
