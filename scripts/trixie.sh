#!/usr/bin/env bash
# Makes the Debian 13 that test/packaging installs the package in with apt: a root file system of this machine's
# architecture, as small as one that boots is, from Debian's archive. Needs root, and mmdebstrap.
#   scripts/trixie.sh FOLDER
# FOLDER/root: systemd, udev, and systemd-timesyncd as a Debian has them. Its apt knows the archive as it was then, and what
# the tests install (the node that noonmark depends on, other time daemons) lies in its cache: it needs no network.
set -euo pipefail
folder=${1:?usage: scripts/trixie.sh FOLDER}
release=trixie
mkdir -p "$folder"; folder=$(cd "$folder" && pwd)

# Made once for each version of this script.
wanted=$(sha256sum < "$0" | cut -d ' ' -f 1)
[ "$(cat "$folder/.root" 2>/dev/null)" = "$wanted" ] && { echo "trixie: already in $folder"; exit 0; }

. "$(dirname "$0")/debian-apt.sh"
mirror=$(archive)

# A hook that fetches what an install of PACKAGE… would, with what is recommended: mmdebstrap's apt leaves that out, an
# administrator's does not.
fetch() { printf 'chroot "$1" apt-get -qq -o APT::Install-Recommends=true install --yes --download-only %s' "$*"; }

rm -rf "$folder/.root" "$folder/root"
mmdebstrap --quiet --mode=root --variant=minbase --skip=cleanup/apt \
  --include=systemd-sysv,systemd-timesyncd,udev,dbus \
  --customize-hook='chroot "$1" apt-get clean' --customize-hook="$(fetch nodejs tzdata)" --customize-hook="$(fetch chrony)" \
  --customize-hook="$(fetch ntpsec)" \
  "$release" "$folder/root" "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main"
echo "$wanted" > "$folder/.root"
echo "trixie: made in $folder"
