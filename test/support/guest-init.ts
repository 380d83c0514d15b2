/**
 * What runs as process 1 in the guest: mounts, loads the modules, and then runs the jobs that come in on /dev/hvc0
 * (jobs.ts). Each line is one write to the terminal, so that lines of several jobs never mix. Kernel messages have the
 * other one.
 */
import { jobLoop } from './jobs.js';

export const guestInit = `#!/bin/busybox sh
/bin/busybox --install -s /usr/bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /tmp
ip link set lo up
while read -r module; do insmod "/modules/$module.ko"; done < /modules/order
export HOME=/tmp
cd /noonmark
stty -F /dev/hvc0 raw -echo
exec < /dev/hvc0 > /dev/hvc0
echo 'ready|'
${jobLoop}poweroff -f
`;
