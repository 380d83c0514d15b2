/**
 * The reference ntpd 4.2.8p15 and ntpsec's ntpd in a lab. They may not set the clock, and go on without.
 * Sources: ntp.conf(5) of both.
 */

import { Program } from './peers.js';
import {
  type Client,
  libraryPath,
  type PeerOptions,
  peerPath,
  type Reading,
  unique,
} from './peers-client.js';
import { keysFile } from './peers-keys.js';
import { type NtpqKind, type NtpqPeer, ntpq, parseNtpq } from './peers-ntpq.js';

/** LOCAL: the machine's own clock at stratum 0, so that it serves stratum 1. */
const OWN_CLOCK: Readonly<Record<NtpqKind, readonly string[]>> = {
  ntpd: ['server 127.127.1.0 minpoll 3 maxpoll 3', 'fudge 127.127.1.0 stratum 0'],
  ntpsec: ['refclock local minpoll 3 maxpoll 3 stratum 0'],
};

export interface NtpdOptions extends PeerOptions {
  readonly kind: NtpqKind;
  /** it serves its own clock; by default where it has no upstreams */
  readonly ownClock?: boolean;
}

export class Ntpd implements Client {
  readonly program: Program;
  readonly kind: NtpqKind;

  constructor({ kind, host, files, upstreams = [], keys = [], lines = [], ...more }: NtpdOptions) {
    this.kind = kind;
    const root = peerPath(kind === 'ntpd' ? 'ntp' : 'ntpsec');
    const name = unique(kind);
    const all = [...keys, ...upstreams.flatMap(({ key }) => key ?? [])];
    const config = files.write(
      `${name}.conf`,
      [
        ...upstreams.map(
          ({ kind: way = 'server', address, key }) =>
            `${way} ${address} iburst minpoll 3 maxpoll 3${key === undefined ? '' : ` key ${key.id}`}`,
        ),
        ...((more.ownClock ?? upstreams.length === 0) ? OWN_CLOCK[kind] : []),
        // LOCAL counts only when nothing better came in this time (300 s).
        'tos orphanwait 1',
        ...(all.length === 0
          ? []
          : [
              `keys ${files.write(`${name}.keys`, keysFile(kind, all))}`,
              `trustedkey ${all.map(({ id }) => id).join(' ')}`,
            ]),
        'disable kernel',
        // ntpsec answers nobody's questions unless told to.
        'restrict default nomodify',
        'restrict 127.0.0.1',
        ...lines,
        '',
      ].join('\n'),
    );
    this.program = new Program({
      name,
      host,
      command: [`${root}/usr/sbin/ntpd`, '-n', '-c', config, '-p', files.path(`${name}.pid`)],
      env: kind === 'ntpd' ? { LD_LIBRARY_PATH: libraryPath(root) } : {},
    });
  }

  /** What its own ntpq prints for some commands. */
  ask(...commands: readonly string[]): Promise<string> {
    return ntpq(this.kind, this.program.host, ...commands);
  }

  async peers(): Promise<readonly NtpqPeer[]> {
    return parseNtpq(await this.ask('peers', 'associations'));
  }

  async read(): Promise<Reading> {
    const text = await this.ask('peers', 'associations');
    const peer = parseNtpq(text)[0];
    const reachable = peer !== undefined && peer.reach !== 0;
    return {
      selected: peer?.tally === '*' && peer.condition === 'sys.peer',
      reachable,
      offsetSeconds: reachable ? peer.offsetSeconds : undefined,
      authentication: peer?.auth ?? 'none',
      text,
    };
  }
}
