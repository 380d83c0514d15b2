/**
 * The port DatagramInbox over a unix datagram socket of this machine (chrony's SOCK). Owns opening and closing only.
 */

import type { DatagramInbox } from '../../src/ports/datagram-inbox.js';
import { bindUnixDatagram, type UnixReceiver } from '../linux/unix.js';

export function unixInbox(path: string): DatagramInbox {
  let receiver: UnixReceiver | undefined;
  return {
    name: path,
    open() {
      receiver ??= bindUnixDatagram(path);
    },
    receive: () => receiver?.receive(),
    close() {
      receiver?.close();
      receiver = undefined;
    },
  };
}
