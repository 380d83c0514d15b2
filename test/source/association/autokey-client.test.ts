/** A client association with Autokey in virtual time: the dance's pace, its words, and what reaches the clock. */
import { FULL_DANCE } from '../../../src/autokey/flags.js';
import type { IdentityKey, IdentityParameters } from '../../../src/autokey/identity/scheme.js';
import { toFixedBytes } from '../../../src/autokey/powers/integers.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../../../src/units/time.js';
import { gqKey } from '../../autokey/identity/keys.js';
import { type DanceEnd, type EndWish, freshEnd } from '../../support/autokey-dance.js';
import { RigAutokey, Station, type StationOptions } from '../../support/autokey-station.js';
import { TEST_TIME } from '../../support/certificates.js';
import { assert, record, test } from '../../support/suite.js';
import { line, Rig, type RigOptions } from '../rig.js';

const START = TEST_TIME - Number(NTP_UNIX_OFFSET_SECONDS) + 100;
const gq = gqKey(1024);
const stamped = <T>(value: T) => ({ value, filestamp: TEST_TIME });
const key: IdentityKey = { scheme: 'gq', key: gq };
const parameters: IdentityParameters = { scheme: 'gq', parameters: { n: gq.n, b: gq.b } };

export const gqServer = (wish: Partial<EndWish> = {}): DanceEnd =>
  freshEnd({
    ...{ name: 'peer1', trusted: true, gqValue: toFixedBytes(gq.v, 128) },
    identityKeys: new Map([['gq', stamped(key)]]),
    ...wish,
  });
const gqClient = (wish: Partial<EndWish> = {}): DanceEnd =>
  freshEnd({ name: 'peer2', parameters: new Map([['gq peer1', stamped(parameters)]]), ...wish });

interface Scene {
  readonly rig: Rig;
  readonly port: RigAutokey;
  readonly station: Station;
  readonly view: () => ReturnType<Rig['views']>[number];
}

function scene(
  config: Parameters<typeof line>[1] = {},
  client: DanceEnd | undefined = gqClient(),
  server: DanceEnd = gqServer(),
  options: RigOptions & { readonly station?: StationOptions } = {},
): Scene {
  let port: RigAutokey | undefined;
  const rig = new Rig({
    startUnixSecond: START,
    ...options,
    autokey: (made) => {
      port = new RigAutokey(made, client);
      return port;
    },
  });
  const station = new Station(rig, server, options.station);
  rig.mobilise(line(station.address, { autokey: true, ident: 'peer1', ...config }));
  if (port === undefined) throw new Error('no port');
  return { rig, port, station, view: () => rig.views()[0]! };
}

/** Runs until it is so, in steps of a tenth of a second; answers the true time, or NaN when it never was. */
async function until(rig: Rig, last: number, isSo: () => boolean): Promise<number> {
  for (let t = rig.world.now(); t <= last; t += 0.1) {
    await rig.run(t);
    if (isSo()) return rig.world.now();
  }
  return Number.NaN;
}

const flags = ({ view }: Scene): number => view().autokey?.flags ?? 0;
const isFull = (one: Scene) => () => (flags(one) & FULL_DANCE) === FULL_DANCE;

test('iburst: the whole dance in less than 10 s, and never faster than servers bear', async () => {
  const one = scene();
  const { rig, station, port, view } = one;
  const time = await until(rig, 60, () => rig.samples.length > 0);
  const full = await until(rig, 60, isFull(one));
  await rig.run(300);
  console.log(station.asked.join(' '), station.times.map((t) => t.toFixed(1)).join(' '), time, full);
  console.log(port.lines.join('\n'), port.jobs.join(' '));
  console.log(view().autokey, view().remark, view().authentic);
  record('autokey-client-iburst', { timeSeconds: time, fullSeconds: full });
  assert.ok(full < 10, `${full}`);
  assert.is(station.rated, 0);
});
test.run();
