/** Autokey of broadcast in virtual time: a station that broadcasts and answers, a host that listens. */
import { BroadcastServer } from '../../../src/autokey/dance/broadcast-server.js';
import { appendSessionMac, sessionKey } from '../../../src/autokey/session-key.js';
import { BroadcastListener } from '../../../src/source/broadcast-listener.js';
import { unixNsToNtp } from '../../../src/units/time.js';
import { encodeHeader, HEADER_LENGTH, MODE } from '../../../src/wire/header.js';
import type { DanceEnd } from '../../support/autokey-dance.js';
import { random } from '../../support/autokey-exchange.js';
import {
  clientParameters,
  gqClient,
  gqServer,
  otherGroupKey,
  SCENE_START,
} from '../../support/autokey-scene.js';
import { RigAutokey, Station } from '../../support/autokey-station.js';
import { isComplete } from '../../support/peers-autokey-matrix.js';
import { assert, record, test } from '../../support/suite.js';
import { Rig } from '../rig.js';

const SUBNET = '192.0.2.255';
const TO = Uint8Array.of(192, 0, 2, 255);
const OWN = Uint8Array.of(192, 0, 2, 10);
const POLL = 4;
const WAY_SECONDS = 1e-4;

interface StageOptions {
  readonly client?: DanceEnd;
  readonly ident?: string;
  /** of the server's lists, log2 s */
  readonly automax?: number;
  readonly fixedDelaySeconds?: number;
}

function stage(options: StageOptions = {}) {
  let made: RigAutokey | undefined;
  const rig = new Rig({
    startUnixSecond: SCENE_START,
    startErrorSeconds: 0.01,
    autokey: (own) => {
      made = new RigAutokey(own, options.client ?? gqClient());
      return made;
    },
  });
  const port = made!;
  port.ident = options.ident ?? 'peer1';
  const station = new Station(rig, gqServer());
  const makeServer = (associationId: number) =>
    new BroadcastServer({
      ...{ values: station.end.values, own: OWN, destination: TO, associationId, random },
      automax: options.automax ?? 12,
    });
  const speaker = { server: makeServer(777), id: 777 };
  const listener = new BroadcastListener(() => rig.context, rig, {
    ...{ broadcasts: true, groups: new Set<string>(), authRequired: true },
    fixedDelaySeconds: options.fixedDelaySeconds,
    origin: { file: 'ntp.conf', line: 1, column: 1 },
  });
  const header = (at: number, size: number): Uint8Array => {
    const bytes = new Uint8Array(size);
    const now = unixNsToNtp(rig.world.kernelNs(at));
    encodeHeader(
      {
        ...{ leap: 0, version: 4, mode: MODE.broadcast, stratum: 1, poll: POLL, precision: -23 },
        ...{ rootDelay: 0, rootDispersion: 1, refid: 0x47505300, referenceTime: now, originTime: 0n },
        ...{ receiveTime: 0n, transmitTime: now },
      },
      new DataView(bytes.buffer),
    );
    return bytes;
  };
  const deliver = (bytes: Uint8Array, at: number) => {
    const kernelNs = rig.clock.kernelStamp(at);
    listener.receive({ bytes, address: station.address, port: 123, localAddress: SUBNET, kernelNs });
  };
  const heard: Uint8Array[] = [];
  const say = (at: number, isLost = false): void => {
    const { host, values } = station.end;
    const time = { now: station.now(at), monotonic: at, isSynchronised: true };
    if (values.updatedAt === 0) values.update(time.now);
    const draft = speaker.server.draft(time, 2 ** POLL);
    if (draft !== undefined)
      speaker.server.signed(draft, host.signKey.sign(host.certificate.value.scheme.digest, draft.toSign));
    const packet = speaker.server.next();
    if (packet === undefined) throw new Error('no list');
    if (packet.values !== undefined) station.announced = packet.values;
    const bytes = header(at, 2120);
    bytes.set(packet.field, HEADER_LENGTH);
    const { digest, key, keyId } = packet.seal;
    const length = appendSessionMac(digest, key, keyId, bytes, HEADER_LENGTH + packet.field.length);
    const sent = bytes.slice(0, length);
    heard.push(sent);
    if (!isLost) rig.world.at(at + WAY_SECONDS, () => deliver(sent, at + WAY_SECONDS));
  };
  /** The server broadcasts from `from` to `until`, s. */
  const speak = (from: number, until: number) => {
    for (let at = from; at < until; at += 2 ** POLL * 1.04) rig.world.at(at, () => say(at));
  };
  const view = () => rig.views()[0];
  return { rig, port, station, speaker, makeServer, header, deliver, speak, say, view, heard };
}

test('the dance within the volley, without ASSOC and with AUTO; then silence, along the key list', async () => {
  const { rig, port, station, speak, view } = stage();
  speak(5, 1800);
  await rig.run(200);
  const seconds = station.times.at(-1);
  assert.ok(isComplete(view()?.autokey?.flags), view()?.remark);
  assert.equal(
    station.asked.filter((asked) => asked !== 'time'),
    ['cert', 'gq', 'cookie', 'autokey', 'sign', 'leap'],
  );
  const asked = station.asked.length;
  await rig.run(1800);
  assert.is(station.asked.length, asked, 'not a word since');
  assert.equal([view()?.hostMode, view()?.peerMode, view()?.reach, view()?.authentic], [6, 5, 0xff, true]);
  assert.ok(Math.abs(rig.clock.errorSeconds()) < 1e-4, `${rig.clock.errorSeconds()}`);
  // 108 packets: a list of 100, and the beginning of the next.
  assert.is(port.lines.filter((line) => / auto seq 99 key /.test(line)).length, 2);
  record('autokey-broadcast-client', { lastQuestionSeconds: seconds ?? Number.NaN });
});

test('new lists are taken from the broadcasts that bring them', async () => {
  const { rig, port, station, speak, view } = stage({ automax: 6 });
  speak(5, 1500);
  await rig.run(300);
  const asked = station.asked.length;
  await rig.run(1500);
  assert.equal([station.asked.length, view()?.reach], [asked, 0xff]);
  assert.ok(port.lines.filter((line) => line.includes(' auto seq 4 ')).length > 8);
});

test('a list whose values were missed is asked for again', async () => {
  const { rig, station, speaker, makeServer, say, speak, view } = stage();
  speak(5, 200);
  await rig.run(200);
  assert.is(view()?.hostMode, 6);
  const id = view()?.id;
  speaker.server = makeServer(speaker.id);
  // The packet with the new values never arrives.
  say(201, true);
  const asked = station.asked.length;
  speak(220, 900);
  await rig.run(900);
  assert.equal(
    station.asked.slice(asked).filter((one) => one !== 'time'),
    ['autokey'],
  );
  assert.equal([view()?.id, view()?.hostMode, view()?.reach], [id, 6, 0xff]);
});

test('packets with a right MAC that are not of the list change nothing, and make nobody ask', async () => {
  const { rig, station, speak, header, deliver, heard, view } = stage();
  speak(5, 900);
  await rig.run(200);
  const asked = station.asked.length;
  const samples = rig.samples.length;
  const { digest } = station.end.host;
  for (let i = 0; i < 40; i += 1) {
    // A field of the server's, a key ID of one's own, and a time that is far off.
    const bytes = header(5000, 2120);
    bytes.set(heard[2]!.subarray(HEADER_LENGTH, heard[2]!.length - 20), HEADER_LENGTH);
    const keyId = 0x1000_0000 + i;
    const key = sessionKey(digest, OWN, TO, keyId, 0);
    const length = appendSessionMac(digest, key, keyId, bytes, heard[2]!.length - 20);
    deliver(bytes.slice(0, length), 200 + i / 100);
  }
  assert.is(rig.samples.length, samples);
  await rig.run(900);
  assert.equal([station.asked.length, view()?.hostMode, view()?.reach], [asked, 6, 0xff]);
  assert.ok(Math.abs(rig.clock.errorSeconds()) < 1e-4);
});

test('recorded broadcasts that come again are no news', async () => {
  const { rig, station, speak, deliver, heard, view } = stage({ automax: 6 });
  speak(5, 600);
  await rig.run(400);
  const [asked, samples] = [station.asked.length, rig.samples.length];
  for (const bytes of heard) deliver(bytes, 400);
  assert.is(rig.samples.length, samples);
  await rig.run(600);
  assert.equal([station.asked.length, view()?.hostMode, view()?.reach], [asked, 6, 0xff]);
});

test('a server of another group is never followed', async () => {
  const { rig, station, speak } = stage({
    client: gqClient({ parameters: clientParameters(otherGroupKey) }),
  });
  speak(5, 400);
  await rig.run(400);
  assert.is(rig.samples.length, 0);
  assert.ok(station.asked.includes('gq') && !station.asked.includes('cookie'));
});

test('`novolley` does not spare the volley where there is a dance to be done', async () => {
  const { rig, station, speak, view } = stage({ fixedDelaySeconds: 0.004 });
  speak(5, 300);
  await rig.run(300);
  assert.ok(station.asked.includes('cookie'));
  assert.is(view()?.hostMode, 6);
});

test('keys of ours that are read anew begin the dance anew', async () => {
  const { rig, port, station, speak, view } = stage();
  speak(5, 900);
  await rig.run(300);
  const asked = station.asked.length;
  port.current = gqClient({ keyName: 'another' });
  await rig.run(900);
  assert.ok(station.asked.slice(asked).includes('cookie'));
  assert.equal([view()?.hostMode, isComplete(view()?.autokey?.flags)], [6, true]);
});

test.run();
