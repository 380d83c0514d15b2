/**
 * The port DatagramInbox over a unix datagram socket of this machine (chrony's SOCK). Owns opening and closing only.
 */

import type { DatagramInbox } from '../../src/ports/datagram-inbox.js';
import { bindUnixDatagram, type UnixReceiver } from '../linux/unix.js';

/** ports/datagram-inbox: a longer datagram is cut. */
const LONGEST = 256;

export function unixInbox(path: string): DatagramInbox {
  let receiver: UnixReceiver | undefined;
  return {
    name: path,
    open() {
      receiver ??= bindUnixDatagram(path);
    },
    receive: () => receiver?.receive()?.subarray(0, LONGEST),
    close() {
      receiver?.close();
      receiver = undefined;
    },
  };
}
