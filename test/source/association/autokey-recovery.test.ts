/**
 * What befalls a client association with Autokey, and how long until time flows again, in virtual time at the default
 * minpoll of 64 s with iburst. After each, no sample came from anything but a packet that the cookie authenticates.
 */
import { randomBytes } from 'node:crypto';
import { keyPolicy } from '../../../src/autokey/policy.js';
import type { ReceivedPacket } from '../../../src/ports/network.js';
import { freshEnd } from '../../support/autokey-dance.js';
import { gqClient, gqServer, Scene } from '../../support/autokey-scene.js';
import { TEST_TIME } from '../../support/certificates.js';
import { assert, record, test } from '../../support/suite.js';

const newSecret = (scene: Scene): void => {
  scene.station.secrets = { ...scene.station.secrets, current: randomBytes(32) };
};
/** Each sample came of a plain packet that the server answered as authentic. */
const onlyHonest = ({ rig, station }: Scene): void =>
  assert.ok(rig.raw.length <= station.asked.filter((asked) => asked === 'time').length);

/** A poll of 64 s may just have been, and its answer is a NAK; then the dance. */
const ONE_POLL = 67;
const DANCE = 8;

test('the server lost its secret: a NAK, a new dance, time again within a poll and a dance', async () => {
  const scene = await new Scene().danced();
  await scene.rig.run(200);
  newSecret(scene);
  const seconds = await scene.recovery(600);
  record('autokey-recovery-nak', { seconds });
  assert.is(scene.station.naks, 1);
  assert.ok(seconds < ONE_POLL + DANCE, `${seconds}`);
  assert.is(scene.station.rated, 0);
  onlyHonest(scene);
});

test('the same without iburst: who had time from it is not to lose it for long', async () => {
  const scene = await new Scene({ line: { iburst: false } }).danced(900);
  newSecret(scene);
  const seconds = await scene.recovery(600);
  record('autokey-recovery-nak-no-iburst', { seconds });
  assert.ok(seconds < ONE_POLL + DANCE, `${seconds}`);
});

test('the server was restarted and kept secret and keys: nothing is lost', async () => {
  const scene = await new Scene().danced();
  scene.station.end = gqServer();
  const seconds = await scene.recovery(600);
  record('autokey-recovery-restart', { seconds });
  assert.ok(seconds < ONE_POLL, `${seconds}`);
  assert.is(scene.station.asked.filter((asked) => asked === 'assoc').length, 1);
});

test('the server has new host key, certificate and secret: it is danced with anew', async () => {
  const scene = await new Scene().danced();
  await scene.rig.run(200);
  scene.station.end = gqServer({ keyName: 'peer1 anew' });
  newSecret(scene);
  const seconds = await scene.recovery(600);
  record('autokey-recovery-rekeyed', { seconds });
  assert.ok(seconds < ONE_POLL + DANCE, `${seconds}`);
  assert.ok(await scene.danced());
});

test('the server has new keys and its old secret: time flows on, and the refresh finds the keys', async () => {
  const scene = await new Scene().danced();
  scene.station.end = gqServer({ keyName: 'peer1 anew' });
  assert.ok((await scene.recovery(600)) < ONE_POLL);
  scene.skip(2 ** 19 + 3600);
  await scene.rig.run(scene.rig.world.now() + 300);
  assert.is(scene.station.asked.filter((asked) => asked === 'assoc').length, 2);
  assert.ok(scene.isFull);
});

test('a refresh loses no poll', async () => {
  const scene = await new Scene({ line: { maxpoll: 6 } }).danced();
  await scene.rig.run(200);
  scene.skip(2 ** 19);
  let worst = 0;
  for (let i = 0; i < 6; i += 1) worst = Math.max(worst, await scene.recovery(600));
  record('autokey-refresh', { longestGapSeconds: worst });
  assert.is(scene.station.asked.filter((asked) => asked === 'assoc').length, 2);
  assert.ok(worst < ONE_POLL + DANCE, `${worst}`);
});

test('signed anew each day: nothing happens to those who have the cookie', async () => {
  const scene = await new Scene().danced();
  for (let day = 1; day <= 3; day += 1) {
    scene.skip(86_400);
    await scene.rig.run(600 * day);
    scene.station.end.values.update(scene.station.now(scene.rig.world.now()));
  }
  assert.is(scene.station.asked.filter((asked) => asked === 'assoc').length, 1);
  assert.is(scene.view.reach, 255);
});

test('a server that answers nothing any more, and another without NAKs in its place, are found by a new dance', async () => {
  const scene = await new Scene({ line: { maxpoll: 6 } }).danced();
  // what it cannot authenticate it passes over, as some do
  scene.station.tamper = (answer, asked) => (asked === 'nak' ? undefined : answer);
  newSecret(scene);
  const seconds = await scene.recovery(4000);
  record('autokey-recovery-silent', { seconds });
  assert.ok(seconds < 10 * 66, `${seconds}`);
});

test('the server was away for five minutes: its cookie still holds', async () => {
  const scene = await new Scene({ line: { maxpoll: 6 } }).danced();
  scene.station.tamper = () => undefined;
  await scene.rig.run(300);
  scene.station.tamper = (answer) => answer;
  const seconds = await scene.recovery(600);
  record('autokey-recovery-away', { seconds });
  assert.ok(seconds < ONE_POLL, `${seconds}`);
  assert.is(scene.station.asked.filter((asked) => asked === 'assoc').length, 1);
});

test('its certificate expires: no longer believed, at once when our clock is set; a renewed one is', async () => {
  const scene = new Scene({ server: gqServer({ notAfter: TEST_TIME + 50 }) });
  await scene.rig.run(300);
  assert.match(scene.view.remark, /the certificate of peer1 has expired/);
  assert.is(scene.view.authentic, false);
  assert.ok(scene.view.unfit !== undefined && scene.view.reach === 0);
  const before = scene.answers;
  await scene.rig.run(1000);
  assert.is(scene.answers, before, 'time was taken only while nobody could tell');
  scene.station.end = gqServer({ keyName: 'peer1 renewed' });
  const seconds = await scene.recovery(1100);
  record('autokey-recovery-expired-server', { seconds });
  assert.ok(seconds < 1100, `${seconds}`);
});

test('its certificate expires while time flows: not believed from the next poll on, a renewed one is', async () => {
  const scene = await new Scene({ line: { maxpoll: 6 } }).danced();
  await scene.rig.run(200);
  scene.skip(366 * 86_400);
  await scene.rig.run(300);
  assert.match(scene.view.remark, /the certificate of peer1 has expired/);
  assert.is(scene.view.reach, 0);
  assert.ok(scene.view.unfit !== undefined);
  scene.station.end = gqServer({ keyName: 'renewed', notAfter: TEST_TIME + 800 * 86_400 });
  assert.ok((await scene.recovery(600)) < ONE_POLL + DANCE);
});

test('our own certificate has expired: it is not shown to be signed, time flows on, and the status says so', async () => {
  const scene = new Scene({ client: gqClient({ notAfter: TEST_TIME + 50 }) });
  await scene.rig.run(600);
  assert.is(scene.flags & 0x7f00, 0x5f00);
  assert.is(scene.view.authentic, true);
  assert.not(scene.station.asked.includes('sign'));
  assert.match(scene.view.autokey?.step ?? '', /time flows; the certificate of peer2 has expired/);
});

test('our clock is a year behind before the dance: it is set all the same, by signed time', async () => {
  const scene = new Scene({ rig: { startErrorSeconds: -365 * 86_400 } });
  const seconds = await scene.until(120, () => scene.rig.steps > 0);
  record('autokey-clock-year-behind', { secondsToStep: seconds });
  assert.ok(seconds < 12, `${seconds}`);
  await scene.rig.run(60);
  assert.ok(Math.abs(scene.rig.clock.errorSeconds()) < 0.01);
  await scene.danced();
});

test('the server’s clock is a year behind: its signatures are older than its keys, and refused', async () => {
  const scene = new Scene({ station: { clockErrorSeconds: -365 * 86_400, errorSeconds: -365 * 86_400 } });
  await scene.rig.run(300);
  assert.is(scene.samples, 0);
  assert.match(scene.view.remark, /stamps|older than its certificate|out of order/);
});

test('answers replayed later, doubled, and in another order: nothing of them counts', async () => {
  const scene = new Scene();
  const old: ReceivedPacket[] = [];
  scene.rig.network.tamper = (honest) => {
    const before = [...old];
    old.push(...honest);
    // all that ever came, first the newest, then the honest ones twice
    return [...before.reverse(), ...honest, ...honest];
  };
  await scene.danced(60);
  await scene.rig.run(400);
  assert.is(scene.rig.raw.length, scene.station.asked.filter((asked) => asked === 'time').length);
  assert.is(scene.station.rated, 0);
});

test('answers that are lost: each question is asked again', async () => {
  const scene = new Scene();
  let count = 0;
  scene.station.tamper = (answer) => {
    count += 1;
    return count % 2 === 1 ? undefined : answer;
  };
  const timeSeconds = await scene.until(300, () => scene.answers > 0);
  const fullSeconds = await scene.until(2400, () => scene.isFull);
  record('autokey-half-lost', { timeSeconds, fullSeconds });
  assert.ok(timeSeconds < 40 && fullSeconds < 2400, `${timeSeconds} ${fullSeconds}`);
  assert.is(scene.station.rated, 0);
});

test('truncated, oversized and garbled fields: nothing throws, nothing advances, the honest answer does', async () => {
  const scene = new Scene();
  const { network } = scene.rig;
  network.tamper = (honest) =>
    honest.flatMap((packet) => {
      const cut = (bytes: Uint8Array) => ({ ...packet, bytes });
      const { bytes } = packet;
      const longField = bytes.slice();
      if (bytes.length > 80) new DataView(longField.buffer).setUint16(50, 0xfffc);
      const longValue = bytes.slice();
      if (bytes.length > 80) new DataView(longValue.buffer).setUint32(64, 0xffff_fff0);
      const huge = new Uint8Array(2200);
      huge.set(bytes);
      return [
        ...[48, 52, 56, 60, 68, bytes.length - 4, bytes.length - 20].map((length) =>
          cut(bytes.slice(0, length)),
        ),
        ...[longField, longValue, huge, new Uint8Array(0)].map(cut),
        packet,
      ];
    });
  await scene.danced(60);
});

test('a NAK that anybody forges without our origin time does nothing; with it, at most one dance in eight seconds', async () => {
  const scene = await new Scene().danced();
  const forge = (packet: ReceivedPacket, origin: bigint) => {
    const bytes = new Uint8Array(52);
    bytes.set(packet.bytes.subarray(0, 48));
    new DataView(bytes.buffer).setBigUint64(24, origin);
    return { ...packet, bytes };
  };
  scene.rig.network.tamper = (honest) => honest.flatMap((packet) => [forge(packet, 77n), packet]);
  const dances = () => scene.station.asked.filter((asked) => asked === 'assoc').length;
  await scene.rig.run(600);
  assert.is(dances(), 1);
  scene.rig.network.tamper = (honest, { request }) =>
    honest.map((packet) => forge(packet, new DataView(request.buffer).getBigUint64(40)));
  await scene.rig.run(1200);
  assert.is(scene.station.rated, 0);
  assert.is(scene.view.unfit, 'unreachable');
});

test('RATE that nobody authenticated is shown and does not silence us', async () => {
  const scene = await new Scene({ line: { maxpoll: 6 } }).danced();
  const requests = scene.station.times.length;
  const { answers } = scene;
  scene.rig.network.tamper = (honest) =>
    honest.map((packet) => {
      const bytes = packet.bytes.slice(0, 48);
      bytes[0] = 0xe4;
      bytes[1] = 0;
      bytes.set(Buffer.from('RATE'), 12);
      return { ...packet, bytes };
    });
  await scene.rig.run(scene.rig.world.now() + 640);
  assert.ok(scene.station.times.length - requests >= 9);
  assert.is(scene.answers, answers);
  scene.rig.network.tamper = (honest) => honest;
  assert.ok((await scene.recovery(300)) < ONE_POLL);
});

test('a server of another name in the group of names, a loop of certificates, a 512-bit key: plain words each', async () => {
  for (const [server, words] of [
    [freshEnd({ name: 'peer1' }), /asks for the certificate of peer1/],
    [gqServer({ identityKeys: new Map() }), /offers no identity scheme, but 'ident peer1' asks for one/],
    [gqServer({ name: 'peer1@other' }), /./],
  ] as const) {
    const scene = new Scene({ server });
    await scene.rig.run(300);
    assert.is(scene.samples, 0);
    assert.match(scene.view.remark, words);
  }
  const weak = new Scene({ client: gqClient({ policy: keyPolicy(1024, 'SHA512') }) });
  await weak.rig.run(300);
  assert.match(weak.view.remark, /'crypto minimum 1024 SHA256' would allow it/);
});

test('time is never taken before identity, cookie and signature hold, whatever the order of what comes', async () => {
  const scene = new Scene();
  let proven = true;
  const { context } = scene.rig;
  assert.ok(context.autokey);
  await scene.until(60, () => {
    if (scene.answers > 0 && scene.view.autokey?.isProven !== true) proven = false;
    return scene.isFull;
  });
  assert.ok(proven);
  onlyHonest(scene);
});

test.run();
