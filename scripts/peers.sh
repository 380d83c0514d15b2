#!/usr/bin/env bash
# Unpacks the daemons that test/peers talks to, from Debian's archive; installs nothing, needs no root.
#   scripts/peers.sh FOLDER
# FOLDER/chrony, /ntpsec, /openntpd (this release's packages) and /ntp (ntpd 4.2.8p15 from bullseye, with its libraries).
set -euo pipefail
folder=${1:?usage: scripts/peers.sh FOLDER}
mkdir -p "$folder"; folder=$(cd "$folder" && pwd)
[ -e "$folder/.complete-3" ] && { echo "peers: already in $folder"; exit 0; }

work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/debian-apt.sh"
# daemon NAME RELEASE PACKAGE…: these packages, and none of what else they depend on.
daemon() {
  local name=$1 release=$2; shift 2
  # What an older version of this script left there would be found as if it were the package's.
  rm -rf "${folder:?}/$name"
  mkdir -p "$work/debs-$name" "$folder/$name"
  (cd "$work/debs-$name" && with_apt "$release" "$(dpkg --print-architecture)" apt-get download "$@")
  for deb in "$work/debs-$name"/*.deb; do dpkg-deb -x "$deb" "$folder/$name"; done
}

here=$(. /etc/os-release; echo "${VERSION_CODENAME:-bookworm}")
daemon chrony "$here" chrony libedit2 libbsd0 libmd0 libseccomp2 libtomcrypt1 libgnutls30 libnettle8 libhogweed6 libcap2 libtinfo6
daemon ntpsec "$here" ntpsec ntpsec-ntpdate python3-ntp libcap2
daemon openntpd "$here" openntpd
daemon ntp bullseye ntp ntpdate libssl1.1 libopts25 libedit2 libbsd0 libmd0 libcap2 libevent-2.1-7 libevent-core-2.1-7 libevent-pthreads-2.1-7 libtinfo6
# ntpsec's ntpq looks for its library beside its own modules, or where an installed package has it.
library=$(cd "$folder/ntpsec" && find usr/lib -name libntpc.so -not -path '*/dist-packages/*' | head -n 1)
ln -sf "../../../../../$library" "$folder/ntpsec/usr/lib/python3/dist-packages/ntp/libntpc.so"
touch "$folder/.complete-3"
echo "peers: unpacked in $folder"
