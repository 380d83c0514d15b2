/**
 * What systemd is told: READY, one line of status, the watchdog's heartbeat, STOPPING, reloads (sd_notify).
 * Outside systemd every call does nothing.
 */
export interface ServiceManager {
  ready(): void;
  status(text: string): void;
  /** The way of time is alive. */
  alive(): void;
  reloading(monotonicNs: bigint): void;
  stopping(): void;
}

/** `notify` sends one datagram to $NOTIFY_SOCKET; undefined: not started by systemd. */
export function createServiceManager(notify: ((text: string) => void) | undefined): ServiceManager {
  const send = notify ?? (() => {});
  let last = '';
  return {
    ready: () => send('READY=1'),
    status(text) {
      if (text === last) return;
      last = text;
      send(`STATUS=${text}`);
    },
    alive: () => send('WATCHDOG=1'),
    reloading: (monotonicNs) => send(`RELOADING=1\nMONOTONIC_USEC=${monotonicNs / 1000n}`),
    stopping: () => send('STOPPING=1'),
  };
}
