/**
 * openntpd in a lab, as a client; it knows no keys. What it keeps is in /var/lib/openntpd, so it gets a /var/lib of its
 * own, and a passwd with its user.
 * Sources: ntpd(8), ntpd.conf(5) and ntpctl(8) of openntpd 6.2p3.
 */

import { Program, run } from './peers.js';
import { type Client, type PeerOptions, peerPath, type Reading, unique } from './peers-client.js';

const PASSWD = ['root:x:0:0::/root:/bin/sh', 'ntpd:x:65533:65533::/var/lib/openntpd:/bin/false', ''].join(
  '\n',
);
const GROUP = ['root:x:0:', 'ntpd:x:65533:', ''].join('\n');
/** `ip netns exec` gave it mounts of its own already. */
const PREPARE =
  'mount -t tmpfs tmpfs /var/lib && mkdir -p /var/lib/openntpd/run /var/lib/openntpd/db && exec "$@"';

export class Openntpd implements Client {
  readonly program: Program;

  constructor({ host, files, upstreams = [] }: PeerOptions) {
    const name = unique('openntpd');
    const config = files.write(
      `${name}.conf`,
      upstreams.map(({ address }) => `server ${address}\n`).join(''),
    );
    host.etc('passwd', PASSWD);
    host.etc('group', GROUP);
    const command = [
      peerPath('openntpd/usr/sbin/ntpd'),
      '-d',
      '-v',
      '-v',
      '-f',
      config,
      '-p',
      files.path(`${name}.pid`),
    ];
    this.program = new Program({ name, host, command: ['sh', '-c', PREPARE, 'sh', ...command] });
  }

  /**
   * It trusts a source after some answers, and after eight it asks its privileged half to move the clock by what that
   * source says. That half may not here, so that ntpctl never says "synced": the log tells.
   */
  async read(): Promise<Reading> {
    const text = await run(this.program.host, [
      'nsenter',
      `--mount=/proc/${this.program.pid}/ns/mnt`,
      peerPath('openntpd/usr/sbin/ntpctl'),
      '-s',
      'all',
    ]);
    const adjusting = [...this.program.output().matchAll(/^adjusting local clock by (-?[\d.]+)s/gm)].at(-1);
    const valid = /^1\/1 peers valid/m.test(text);
    return {
      selected: valid && adjusting !== undefined,
      reachable: valid,
      offsetSeconds: adjusting === undefined ? undefined : Number(adjusting[1]),
      authentication: 'none',
      text: `${text}\n${this.program.report()}`,
    };
  }
}
