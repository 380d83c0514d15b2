/**
 * sd_notify: tells systemd about readiness, state and life, by one datagram to the socket it named. Without systemd
 * it does nothing. Source: sd_notify(3).
 */
import { AF, MSG, SOCK } from './abi.js';
import { libc } from './libc.js';
import { closeSocket, openSocket } from './socket.js';
import { writeUnixAddress } from './unix.js';

export interface Notifier {
  /** Sends assignments such as "READY=1", "STATUS=locked", "WATCHDOG=1", "STOPPING=1"; false: nobody took it. */
  notify(...assignments: readonly string[]): boolean;
  /** Seconds within which WATCHDOG=1 is expected each time; undefined: not at all. */
  readonly watchdogSeconds: number | undefined;
}

/** `environment`: process.env. The variables are read once. */
export function sdNotifier(
  environment: Readonly<Record<string, string | undefined>>,
  pid = process.pid,
): Notifier {
  const path = environment['NOTIFY_SOCKET'] ?? '';
  const usable = path.startsWith('/') || path.startsWith('@');
  const watchdogUs = Number(environment['WATCHDOG_USEC'] ?? Number.NaN);
  const forUs = (environment['WATCHDOG_PID'] ?? String(pid)) === String(pid);
  return {
    watchdogSeconds: usable && forUs && watchdogUs > 0 ? watchdogUs / 1e6 : undefined,
    notify: (...assignments) => usable && send(path, assignments.join('\n')),
  };
}

function send(path: string, text: string): boolean {
  const address = new Uint8Array(128);
  const bytes = new TextEncoder().encode(text);
  const length = writeUnixAddress(new DataView(address.buffer), path);
  const fd = openSocket(AF.unix, SOCK.dgram, 'systemd cannot be told');
  try {
    const flags = MSG.dontwait | MSG.nosignal;
    return libc().sendto(fd, bytes, bytes.length, flags, address, length) === bytes.length;
  } finally {
    closeSocket(fd);
  }
}
