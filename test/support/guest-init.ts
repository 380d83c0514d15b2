/**
 * What runs as process 1 in the guest: mounts, loads the modules, and then starts one job for each line that comes in
 * on /dev/hvc0 ("ID COMMAND"), all at a time. A job's lines go back as "ID|TEXT", its end as "ID=EXIT-CODE".
 * Each line is one write to the terminal, so that lines of several jobs never mix. Kernel messages have the other one.
 */
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
while read -r id command; do
  (
    { sh -c "echo \\$\\$ > /tmp/$id.pid; $command" 2>&1 < /dev/null; echo "$?" > "/tmp/$id.exit"; } |
      while IFS= read -r line; do echo "$id|$line"; done
    echo "$id=$(cat "/tmp/$id.exit")"
  ) &
done
poweroff -f
`;
