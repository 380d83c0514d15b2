#!/usr/bin/env bash
# Unpacks the machines that test/qemu boots, from Debian's archive and npm; installs nothing, needs no root.
#   scripts/guest.sh FOLDER [ARCHITECTURE… | boards]      arm64 (default), armhf; boards: device trees only
# FOLDER/ARCHITECTURE/vmlinuz, /root (busybox, node with its libraries, modules) and /app (npm packages by our lock file,
# those that are compiled as in our package: dist/ is built, and g++ for the architecture is there).
# FOLDER/boards: the Raspberry Pis' device trees from the same kernel package, and which devices its drivers are for
# (test/boards); that takes depmod.
# QEMU itself (package qemu-system-arm) is the machine's: see .ci/run.
set -euo pipefail
# Where depmod is, which a user's PATH on Debian does not have.
PATH=$PATH:/usr/sbin:/sbin
folder=${1:?usage: scripts/guest.sh FOLDER [ARCHITECTURE…]}; shift
[ $# -gt 0 ] || set -- arm64
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$folder"; folder=$(cd "$folder" && pwd)
release=trixie
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$here/scripts/debian-apt.sh"

# stamp FILE…: made once for each version of what it was made from.
stamp() { cat "$@" | sha256sum | cut -d ' ' -f 1; }
fresh() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# kernel_package ARCHITECTURE FLAVOUR: the kernel's .deb, downloaded once, in $work/kernel-ARCHITECTURE.
kernel_package() {
  local architecture=$1 flavour=$2 kernel="$work/kernel-$1" package
  if [ ! -d "$kernel" ]; then
    mkdir -p "$kernel"
    package=$(with_apt $release "$architecture" apt-cache depends "linux-image-$flavour" |
      sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    (cd "$kernel" && with_apt $release "$architecture" apt-get download "$package")
  fi
}

# trees: the device trees of the boards, and what the drivers of their kernel call their devices: depmod's lists, and the
# kernel's own of what it has built in.
trees() {
  local into="$folder/boards" modules="$work/modules" wanted; wanted=$(stamp "$here/scripts/guest.sh")
  fresh "$into/.trees" "$wanted" && return
  rm -rf "$into"; mkdir -p "$into"
  kernel_package arm64 arm64
  dpkg-deb --fsys-tarfile "$work"/kernel-arm64/linux-image-*.deb |
    tar x -C "$into" --strip-components=5 --wildcards './usr/lib/linux-image-*/broadcom/bcm2*-rpi-*.dtb'
  mkdir -p "$modules/usr/lib"; ln -s usr/lib "$modules/lib"
  dpkg-deb --fsys-tarfile "$work"/kernel-arm64/linux-image-*.deb | tar x -C "$modules" ./usr/lib/modules
  depmod -b "$modules" "$(ls "$modules/lib/modules")"
  cp "$modules"/lib/modules/*/modules.{alias,dep,builtin.modinfo} "$into/"
  echo "$wanted" > "$into/.trees"
}

# machine ARCHITECTURE: kernel and root.
machine() {
  local architecture=$1 into="$folder/$1" flavour kernel="$work/kernel-$1"
  case $architecture in
    arm64) flavour=arm64 ;;
    armhf) flavour=armmp ;;
    *) echo "guest: the architecture $architecture is not known here (arm64, armhf)" >&2; exit 1 ;;
  esac
  local wanted; wanted=$(stamp "$here/scripts/guest.sh")
  fresh "$into/.machine" "$wanted" && return
  rm -rf "$into/.machine" "$into/root"; mkdir -p "$into/root/modules"

  kernel_package "$architecture" "$flavour"
  (cd "$kernel" && dpkg-deb -x linux-image-*.deb .)
  cp "$kernel"/boot/vmlinuz-* "$into/vmlinuz"
  # In the order they are loaded; what this kernel has built in is not among its modules. busybox reads no .xz.
  for module in pps_core pps-gpio usb-common usbcore xhci-hcd xhci-pci i2c-dev i2c-tiny-usb; do
    find "$kernel" -name "$module.ko.xz" -exec xz -dc {} + > "$into/root/modules/$module.ko"
    if [ -s "$into/root/modules/$module.ko" ]; then echo "$module" >> "$into/root/modules/order"
    else rm "$into/root/modules/$module.ko"; fi
  done

  unpack $release "$architecture" "$into/root" nodejs busybox-static
  (cd "$into/root" && rm -rf etc usr/lib/*/gconv usr/share/nodejs/{corepack,@types} usr/share/{doc,man,info,locale,lintian,bug})
  for name in bin sbin lib; do [ -e "$into/root/$name" ] || ln -s "usr/$name" "$into/root/$name"; done
  mkdir -p "$into/root/usr/sbin"
  echo "$wanted" > "$into/.machine"
}

# packages ARCHITECTURE: what noonmark needs from npm, built for that architecture.
packages() {
  local architecture=$1 into="$folder/$1/app" cpu=$1
  [ "$architecture" = armhf ] && cpu=arm
  local wanted; wanted=$(stamp "$here/package.json" "$here/package-lock.json" "$here/scripts/guest.sh" "$here/image/native.ts" "$here/image/packages.lock")
  fresh "$into/.packages" "$wanted" && return
  rm -rf "$into"; mkdir -p "$into"
  cp "$here/package.json" "$here/package-lock.json" "$into/"
  (cd "$into" && npm ci --silent --omit=dev --ignore-scripts --no-audit --no-fund --os=linux --cpu="$cpu" --libc=glibc)
  node "$here/dist/image/main.js" native "$architecture" "$into/node_modules" > /dev/null
  rm -rf "$into/node_modules/nan"
  echo "$wanted" > "$into/.packages"
}

for architecture; do
  if [ "$architecture" = boards ]; then trees; continue; fi
  machine "$architecture"
  packages "$architecture"
  echo "guest: $architecture is in $folder"
done
