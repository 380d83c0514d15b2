#!/usr/bin/env bash
# Unpacks Debian 13's QEMU for arm, whose emulation takes a quarter less time than Debian 12's; installs nothing, needs no root.
#   scripts/qemu.sh FOLDER
# FOLDER/bin/qemu-system-aarch64 and -arm, to be put in front of PATH, with their own libraries.
set -euo pipefail
folder=${1:?usage: scripts/qemu.sh FOLDER}
mkdir -p "$folder"; folder=$(cd "$folder" && pwd)

# Made once for each version of this script.
wanted=$(sha256sum < "$0" | cut -d ' ' -f 1)
[ "$(cat "$folder/.complete" 2>/dev/null)" = "$wanted" ] && { echo "qemu: already in $folder"; exit 0; }

work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/debian-apt.sh"
rm -rf "$folder/.complete" "${folder:?}/root" "$folder/bin"; mkdir -p "$folder/bin"
root="$folder/root"
unpack trixie "$(dpkg --print-architecture)" "$root" qemu-system-arm
loader=$(find "$root"/usr/lib* -name 'ld-linux*' | head -n 1)
libraries=$(dirname "$(find "$root/usr/lib" -name 'libc.so.6')")
for name in qemu-system-aarch64 qemu-system-arm; do
  # What it has no module for it would look for in this machine's own QEMU, and end because that is another.
  sed -i "s#/usr/lib/$(basename "$libraries")/qemu\x00#/usr/lib/$(basename "$libraries")/none\x00#" "$root/usr/bin/$name"
  cat > "$folder/bin/$name" <<PROGRAM
#!/bin/sh
QEMU_MODULE_DIR=$libraries/qemu exec $loader --library-path $libraries $root/usr/bin/$name -L $root/usr/share/qemu "\$@"
PROGRAM
  chmod 755 "$folder/bin/$name"
done
echo "$wanted" > "$folder/.complete"
echo "qemu: $("$folder/bin/qemu-system-aarch64" --version | head -n 1) in $folder"
