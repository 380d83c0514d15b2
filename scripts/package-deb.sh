#!/usr/bin/env bash
# Builds noonmark_VERSION_ARCHITECTURE.deb for Debian and Raspberry Pi OS: our JavaScript, and npm's packages by the lock
# file with the native parts that their makers built; of i2c-bus and onoff, which have none, they are compiled here
# (g++-aarch64-linux-gnu, g++-arm-linux-gnueabihf), so that no compiler is needed there.
#   scripts/package-deb.sh [-o FOLDER] [-m MIRROR] [-c CACHE] [ARCHITECTURE…]
# ARCHITECTURE: arm64, armhf, amd64 (default: all three); FOLDER: out; MIRROR, CACHE: as of npm run image
# The same tree and compiler give the same bytes: times are those of the last commit.
set -euo pipefail
# What is in the package does not depend on who makes it.
umask 022
cd "$(dirname "$0")/.."
out=out mirror='' cache=''
while getopts o:m:c: option; do
  case $option in
    o) out=$OPTARG ;;
    m) mirror=$OPTARG ;;
    c) cache=$OPTARG ;;
    *) echo "usage: scripts/package-deb.sh [-o FOLDER] [-m MIRROR] [-c CACHE] [ARCHITECTURE…]" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- arm64 armhf amd64
[ -e dist/src/daemon/main.js ] || { echo "package-deb: dist/ is not built (npm run build)" >&2; exit 1; }
version=$(node -p 'require("./package.json").version')
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
mkdir -p "$out"
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# node_modules ARCHITECTURE FOLDER: what runs, and of native parts only that architecture's. Sets $libnode, what these are for.
node_modules() {
  local architecture=$1 into=$2 cpu
  case $architecture in
    arm64) cpu=arm64 ;; armhf) cpu=arm ;; amd64) cpu=x64 ;;
    *) echo "package-deb: the architecture $architecture is not known here (arm64, armhf, amd64)" >&2; exit 1 ;;
  esac
  cp package.json package-lock.json "$into/"
  (cd "$into" && npm pkg delete devDependencies scripts &&
    npm install --silent --ignore-scripts --no-audit --no-fund --os=linux --cpu="$cpu" --libc=glibc)
  rm "$into"/package-lock.json "$into"/node_modules/.package-lock.json
  find "$into/node_modules/@serialport/bindings-cpp" \( -name build -o -name src -o -name binding.gyp \) -prune -exec rm -rf {} +
  find "$into/node_modules/@serialport/bindings-cpp/prebuilds" -mindepth 1 -maxdepth 1 ! -name "linux-$cpu" -exec rm -rf {} +
  find "$into/node_modules/@serialport/bindings-cpp/prebuilds" -name '*musl*' -delete
  find "$into/node_modules/@koromix" -type d -name '*musl*' -prune -exec rm -rf {} +
  libnode=$(node dist/image/main.js native "$architecture" "$into/node_modules" "$mirror" "$cache")
  # Bundles for browsers, examples, and what native parts are compiled with.
  rm -rf "$into"/node_modules/node-forge/{dist,flash} "$into"/node_modules/{node-addon-api,nan} \
    "$into"/node_modules/*/{example,examples,doc,test,integration-test}
  # Sources, types and papers that only developers read.
  find "$into/node_modules" -type f ! -iname 'licen[cs]e*' \( -name '.*' -o -name '*.map' -o -name '*.ts' -o -name '*.md' -o -name '*.c' -o -name '*.cc' \
    -o -name '*.h' -o -name '*.hh' -o -name '*.cpp' -o -name '*.S' -o -name '*.asm' -o -name '*.gyp' -o -name '*.inc' \) -delete
  find "$into/node_modules" -type d -empty -delete
}

# put MODE FILE FOLDER [NAME]
put() { install -D -m "$1" "$2" "$3/${4:-$(basename "$2")}"; }

package() {
  local architecture=$1 root="$work/$1"
  local app="$root/usr/lib/noonmark" units="$root/usr/lib/systemd/system" doc="$root/usr/share/doc/noonmark" script unit
  mkdir -p "$app" "$root/DEBIAN"
  node_modules "$architecture" "$app"
  node packaging/bundle.mjs "$app"
  node packaging/v8-options.mjs > "$app/v8-options"
  put 755 packaging/noonmarkd "$root/usr/bin"
  put 755 packaging/noonmark "$root/usr/bin"
  put 755 systemd/gps-uart "$app"
  for unit in systemd/*.service; do put 644 "$unit" "$units"; done
  put 644 systemd/noonmark.sysusers.conf "$root/usr/lib/sysusers.d" noonmark.conf
  put 644 systemd/noonmark.tmpfiles.conf "$root/usr/lib/tmpfiles.d" noonmark.conf
  put 644 systemd/60-noonmark.rules "$root/usr/lib/udev/rules.d"
  put 644 packaging/ntp.conf "$root/etc/noonmark"
  put 644 packaging/ntp.conf "$root/usr/share/noonmark"
  put 644 systemd/hardware-watchdog.conf "$root/usr/share/noonmark"
  for unit in docs/*.md; do put 644 "$unit" "$doc"; done
  put 644 LICENSE "$doc" copyright
  (cd boards && find overlays -name '*.dts' -exec install -D -m 644 {} "$root/usr/share/noonmark"/{} \;)

  for script in postinst prerm postrm; do put 755 "packaging/debian/$script" "$root/DEBIAN"; done
  echo /etc/noonmark/ntp.conf > "$root/DEBIAN/conffiles"
  cat > "$root/DEBIAN/control" <<CONTROL
Package: noonmark
Version: $version
Architecture: $architecture
Maintainer: noonmark <noonmark@localhost>
Installed-Size: $(du -sk --apparent-size "$root" | cut -f 1)
Depends: nodejs (>= 20.19), $libnode, systemd, udev, libc6, libstdc++6, libgcc-s1
Recommends: tzdata
Suggests: pps-tools
Provides: time-daemon
Conflicts: time-daemon
Replaces: time-daemon
Section: net
Priority: optional
Description: GPS-disciplined, authenticated stratum 1 time server
 Reads a GPS receiver over a serial line and its pulse per second, disciplines the
 clock, and serves the LAN by NTP, with symmetric keys and Autokey (RFC 5906).
 As installed it is right for a Raspberry Pi with a GPS hat.
CONTROL
  # Who unpacks it without dpkg (the card) has no other list for dpkg --verify.
  (cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
  find "$root" -type d -exec chmod 755 {} +
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build "$root" "$out/noonmark_${version}_$architecture.deb" > /dev/null
  echo "package-deb: $out/noonmark_${version}_$architecture.deb ($(du -k "$out/noonmark_${version}_$architecture.deb" | cut -f 1) kB)"
}

for architecture; do package "$architecture"; done
