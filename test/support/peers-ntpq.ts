/**
 * ntpq, the reference's and ntpsec's, run in a host; and the tables it prints, as rows.
 * Sources: ntpq(8) of ntpd 4.2.8p15 and ntpq(1) of ntpsec 1.2.
 */
import type { Host } from './namespace.js';
import { run } from './peers.js';
import { libraryPath, peerPath } from './peers-client.js';

export type NtpqKind = 'ntpd' | 'ntpsec';

/** One row of `peers` with the row of `associations` that belongs to it. */
export interface NtpqPeer {
  /** the character before the name: ' ', x, ., -, +, #, *, o */
  readonly tally: string;
  readonly remote: string;
  readonly refid: string;
  readonly stratum: number;
  readonly reach: number;
  readonly offsetSeconds: number;
  readonly associationId: number;
  readonly auth: 'none' | 'ok' | 'bad';
  readonly condition: string;
  readonly lastEvent: string;
}

const MS = 1e-3;

type PeersRow = Pick<NtpqPeer, 'tally' | 'remote' | 'refid' | 'stratum' | 'reach' | 'offsetSeconds'>;
type AssociationsRow = Pick<NtpqPeer, 'associationId' | 'auth' | 'condition' | 'lastEvent'>;

const asAuth = (word: string | undefined): NtpqPeer['auth'] =>
  word === 'ok' || word === 'bad' ? word : 'none';

/** The output of `peers` and `associations`: both list the associations in the same order. Pure. */
export function parseNtpq(text: string): readonly NtpqPeer[] {
  const rows: PeersRow[] = [];
  const associations: AssociationsRow[] = [];
  let longName = '';
  for (const line of text.split('\n')) {
    const association =
      /^\s*\d+\s+(\d+)\s+[0-9a-f]{4}\s+(?:yes|no)\s+(?:yes|none|no)\s+(\S+)\s+(\S+)\s+(\S*)/.exec(line);
    if (association !== null) {
      const [, id, auth, condition = '', lastEvent = ''] = association;
      associations.push({ associationId: Number(id), auth: asAuth(auth), condition, lastEvent });
      continue;
    }
    // A name that is too long for its column stands on a line of its own.
    if (/^[ x.\-+#*o]\S+$/.test(line)) {
      longName = line;
      continue;
    }
    const whole = `${longName}${longName === '' ? '' : ' '}${line}`.trimEnd();
    longName = '';
    const row = /^([ x.\-+#*o])(\S+)\s+(\S+)\s+(\d+)\s+\S\s+\S+\s+\S+\s+([0-7]+)\s+\S+\s+(\S+)\s+\S+$/.exec(
      whole,
    );
    if (row === null) continue;
    const [, tally = '', remote = '', refid = '', stratum, reach = '0', offset] = row;
    rows.push({
      tally,
      remote,
      refid,
      stratum: Number(stratum),
      reach: Number.parseInt(reach, 8),
      offsetSeconds: Number(offset) * MS,
    });
  }
  return rows.flatMap((row, i) => {
    const association = associations[i];
    return association === undefined ? [] : [{ ...row, ...association }];
  });
}

/** ntpq of that package, in `host`, asking 127.0.0.1. Answers what it prints. */
export function ntpq(kind: NtpqKind, host: Host, ...commands: readonly string[]): Promise<string> {
  const root = peerPath(kind === 'ntpd' ? 'ntp' : 'ntpsec');
  const args = ['-n', ...commands.flatMap((command) => ['-c', command]), '127.0.0.1'];
  return kind === 'ntpd'
    ? run(host, [`${root}/usr/bin/ntpq`, ...args], { env: { LD_LIBRARY_PATH: libraryPath(root) } })
    : run(host, ['/usr/bin/python3', `${root}/usr/bin/ntpq`, ...args], {
        env: { PYTHONPATH: `${root}/usr/lib/python3/dist-packages`, PYTHONDONTWRITEBYTECODE: '1' },
      });
}
