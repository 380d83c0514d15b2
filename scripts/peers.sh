#!/usr/bin/env bash
# Unpacks the daemons that test/peers talks to, from Debian's archive; installs nothing, needs no root.
#   scripts/peers.sh FOLDER
# FOLDER/chrony, /ntpsec, /openntpd (this release's packages) and /ntp (ntpd 4.2.8p15 from bullseye, with its libraries).
set -euo pipefail
folder=${1:?usage: scripts/peers.sh FOLDER}
mkdir -p "$folder"; folder=$(cd "$folder" && pwd)
[ -e "$folder/.complete-3" ] && { echo "peers: already in $folder"; exit 0; }

# The archive this machine uses, whatever it is called.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
  grep -v security | sort -u | head -n 1)
[ -n "$mirror" ] || { echo "peers: no Debian archive is configured here (apt-get update first)" >&2; exit 1; }

work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
# fetch RELEASE PACKAGE…: the .deb files into the current folder, by an apt of its own that knows RELEASE only.
fetch() {
  local release=$1; shift
  local root="$work/$release"
  if [ ! -d "$root" ]; then
    mkdir -p "$root"/{lists/partial,cache/archives/partial,etc}
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$release" > "$root/etc/sources.list"
    : > "$root/status"
  fi
  local options=(-qq -o "Dir::State=$root" -o "Dir::State::status=$root/status" -o "Dir::Cache=$root/cache"
    -o "Dir::Etc::SourceList=$root/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Acquire::Languages=none
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false)
  [ -e "$root/updated" ] || { apt-get "${options[@]}" update; touch "$root/updated"; }
  apt-get "${options[@]}" download "$@"
}
# unpack NAME RELEASE PACKAGE…
unpack() {
  local name=$1 release=$2; shift 2
  # What an older version of this script left there would be found as if it were the package's.
  rm -rf "${folder:?}/$name"
  mkdir -p "$work/debs-$name" "$folder/$name"
  (cd "$work/debs-$name" && fetch "$release" "$@")
  for deb in "$work/debs-$name"/*.deb; do dpkg-deb -x "$deb" "$folder/$name"; done
}

here=$(. /etc/os-release; echo "${VERSION_CODENAME:-bookworm}")
unpack chrony "$here" chrony libedit2 libbsd0 libmd0 libseccomp2 libtomcrypt1 libgnutls30 libnettle8 libhogweed6 libcap2 libtinfo6
unpack ntpsec "$here" ntpsec ntpsec-ntpdate python3-ntp libcap2
unpack openntpd "$here" openntpd
unpack ntp bullseye ntp ntpdate libssl1.1 libopts25 libedit2 libbsd0 libmd0 libcap2 libevent-2.1-7 libevent-core-2.1-7 libevent-pthreads-2.1-7 libtinfo6
# ntpsec's ntpq looks for its library beside its own modules, or where an installed package has it.
library=$(cd "$folder/ntpsec" && find usr/lib -name libntpc.so -not -path '*/dist-packages/*' | head -n 1)
ln -sf "../../../../../$library" "$folder/ntpsec/usr/lib/python3/dist-packages/ntp/libntpc.so"
touch "$folder/.complete-3"
echo "peers: unpacked in $folder"
