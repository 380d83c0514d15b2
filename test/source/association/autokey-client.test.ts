/** A client association with Autokey in virtual time: the dance's pace, its words, and whose time is used. */

import { keyPolicy } from '../../../src/autokey/policy.js';
import { toFixedBytes } from '../../../src/autokey/powers/integers.js';
import { AutokeyClient } from '../../../src/source/association/autokey-client.js';
import { FLASH } from '../../../src/source/association/flash.js';
import { freshEnd } from '../../support/autokey-dance.js';
import { random } from '../../support/autokey-exchange.js';
import {
  clientParameters,
  gqClient,
  gqServer,
  groupKey,
  otherGroupKey,
  Scene,
  serverKeys,
} from '../../support/autokey-scene.js';
import { RigAutokey } from '../../support/autokey-station.js';
import { assert, record, test } from '../../support/suite.js';
import { Rig } from '../rig.js';

const smallerFirst = <T extends { readonly n: bigint }>(a: T, b: T): [T, T] => (a.n < b.n ? [a, b] : [b, a]);

test('iburst: time in 5 s, the whole dance in less than 10 s, never faster than servers bear', async () => {
  let [time, full] = [0, 0];
  for (let seed = 1; seed <= 10; seed += 1) {
    const scene = new Scene({ rig: { seed } });
    time = Math.max(time, await scene.until(60, () => scene.samples > 0));
    full = Math.max(full, await scene.until(60, () => scene.isFull));
    await scene.rig.run(600);
    assert.is(scene.station.rated, 0);
    assert.is(scene.rig.network.open, 0);
  }
  record('autokey-client-iburst', { worstTimeSeconds: time, worstFullSeconds: full });
  assert.ok(time < 5, `${time}`);
  assert.ok(full < 10, `${full}`);
});

test('the questions come in their order, each once, and then packets without field', async () => {
  const scene = await new Scene().danced();
  assert.equal(scene.station.asked.slice(0, 5), ['assoc', 'cert', 'gq', 'cookie', 'time']);
  assert.equal(
    scene.station.asked.filter((asked) => asked !== 'time'),
    ['assoc', 'cert', 'gq', 'cookie', 'sign', 'leap'],
  );
  assert.is(scene.flags, 0x29c7f43);
  const { autokey, authentic, authenticationEnabled, keyId } = scene.view;
  assert.ok(authentic && authenticationEnabled && keyId > 65_535);
  assert.equal(
    [autokey?.host, autokey?.scheme, autokey?.ident, autokey?.root, autokey?.step, autokey?.quirk],
    ['peer1', 'GQ', 'peer1', 'peer1', 'complete', undefined],
  );
  assert.equal(autokey?.weakest, { bits: 1024, digest: 'SHA256' });
  assert.equal(scene.port.lines.length, 6);
});

test('a question repeats when the last one was answered, so that the server knows where its answers go', async () => {
  const scene = await new Scene().danced();
  assert.equal(scene.station.repeats, [true, true, true, true, true]);
});

test('without iburst: one question at each poll', async () => {
  const scene = new Scene({ line: { iburst: false, minpoll: 3 } });
  const time = await scene.until(120, () => scene.samples > 0);
  assert.ok(time > 30 && time < 40, `${time}`);
  const gaps = scene.station.times.slice(1).map((at, i) => at - (scene.station.times[i] ?? 0));
  assert.ok(Math.min(...gaps) > 7);
});

test('private keys and proofs are the crypto thread’s: while it is busy the question waits for the next poll', async () => {
  const scene = new Scene({ line: { minpoll: 3 } });
  scene.port.isBusy = true;
  await scene.rig.run(100);
  assert.is(scene.samples, 0);
  assert.is(scene.flags & 0x7f00, 0x1100);
  scene.port.isBusy = false;
  await scene.danced();
  assert.ok(scene.port.jobs.includes('sign') && scene.port.jobs.includes('open'));
  assert.is(scene.station.rated, 0);
});

test('work that takes its time: nothing is asked meanwhile, its result is taken when it comes', async () => {
  const scene = new Scene();
  const { port, rig } = scene;
  const quick = port.check.bind(port);
  port.check = (check) =>
    new Promise((resolve) => rig.world.at(rig.world.now() + 30, () => resolve(quick(check))));
  await rig.run(25);
  assert.is(scene.station.asked.filter((asked) => asked === 'gq').length, 1);
  await scene.danced();
  assert.is(scene.station.asked.filter((asked) => asked === 'gq').length, 1);
});

test('what a challenge takes beside its answer is computed while it is on its way, once', async () => {
  const { port } = await new Scene().danced();
  const about = port.jobs.filter((job) => job === 'roll' || job === 'check');
  assert.equal(about, ['roll', 'check']);
  assert.is(port.rolled[0]?.held.scheme, 'gq');
  assert.ok(port.rolled[0]?.publicValue !== undefined);
});

test('wrong group parameters: no time ever, and the file to be replaced is named', async () => {
  // A challenge of the smaller modulus is in the server's range.
  const [mine, its] = smallerFirst(groupKey, otherGroupKey);
  const server = gqServer({ identityKeys: serverKeys(its), gqValue: toFixedBytes(its.v, 128) });
  const scene = new Scene({ client: gqClient({ parameters: clientParameters(mine) }), server });
  await scene.rig.run(3600);
  assert.is(scene.samples, 0);
  assert.is(scene.rig.system.leap, 3);
  assert.is(scene.flags & 0x7f00, 0x1100);
  const { remark, authentic, unfit, flash } = scene.view;
  assert.match(remark, /identity was not proved \(gq, [a-z-]+\).*ntpkey_gqpar_peer1 anew/);
  assert.equal([authentic, unfit, flash & FLASH.crypto], [false, 'authentication', FLASH.crypto]);
  assert.is(scene.station.rated, 0);
  assert.ok(scene.station.times.length < 100, 'it is asked less and less often');
});

test('wrong group parameters whose challenge the server must refuse: the same file is named', async () => {
  const [its, mine] = smallerFirst(groupKey, otherGroupKey);
  const server = gqServer({ identityKeys: serverKeys(its), gqValue: toFixedBytes(its.v, 128) });
  const scene = new Scene({ client: gqClient({ parameters: clientParameters(mine) }), server });
  const words: string[] = [];
  await scene.until(900, () => {
    words.push(scene.view.remark);
    return false;
  });
  assert.is(scene.samples, 0);
  assert.ok(
    words.some((remark) => /group peer1 are not those of its key\. Get ntpkey_gqpar_peer1/.test(remark)),
  );
  assert.is(scene.station.rated, 0);
});

test('no parameters of the group: the file that is missing is named', async () => {
  const scene = new Scene({ client: gqClient({ parameters: new Map() }) });
  await scene.rig.run(600);
  assert.match(
    scene.view.remark,
    /no identity parameters found for group peer1 \(gq\): get ntpkey_gqpar_peer1/,
  );
  assert.is(scene.samples, 0);
});

test('keys weaker than the minimum: the line that would allow them is told', async () => {
  const policy = keyPolicy(2048, 'SHA256');
  const scene = new Scene({ client: gqClient({ policy }) });
  await scene.rig.run(600);
  assert.match(
    scene.view.remark,
    /1024 bits, less than the minimum of 2048; 'crypto minimum 1024 SHA256' would/,
  );
  assert.is(scene.samples, 0);
});

test('a server that is not set has no certificate to show: the dance goes on as soon as it is', async () => {
  const scene = new Scene({ station: { setAt: 200 }, line: { minpoll: 4 } });
  await scene.rig.run(190);
  assert.match(scene.view.remark, /asks for the certificate of peer1: it has none to show yet/);
  const time = await scene.until(600, () => scene.samples > 0);
  record('autokey-client-server-set', { seconds: time - 200 });
  assert.ok(time - 200 < 64, `${time}`);
});

test('without keys nothing is sent, and the log is pointed to; with keys it begins', async () => {
  const scene = new Scene({ client: undefined });
  await scene.rig.run(100);
  assert.is(scene.station.times.length, 0);
  assert.match(scene.view.remark, /no usable keys/);
  assert.is(scene.view.unfit, 'authentication');
  scene.port.current = gqClient();
  await scene.danced();
});

test('a reload makes other keys: the dance begins anew at the next poll', async () => {
  const scene = await new Scene().danced();
  scene.port.current = gqClient({ keyName: 'peer2 anew' });
  const before = scene.station.asked.filter((asked) => asked === 'assoc').length;
  await scene.until(300, () => scene.station.asked.filter((asked) => asked === 'assoc').length > before);
  await scene.danced();
});

test('a server that does no Autokey answers a NAK, and is told from one that lost its cookie', async () => {
  const scene = new Scene({ client: gqClient({ digest: 'SHA256' }) });
  await scene.rig.run(100);
  assert.match(scene.view.remark, /does not do Autokey, or has another 'crypto digest' than our SHA256/);
  assert.is(scene.flags, 0);
});

test('names of 2006: the file of the trusted host asks for identity without ident; it cannot be talked away', async () => {
  const identityNames = { old: new Set(['peer1']), own: ['peer2'] };
  const scene = await new Scene({ line: { ident: undefined }, client: gqClient({ identityNames }) }).danced();
  assert.is(scene.view.autokey?.scheme, 'GQ');
  const without = new Scene({
    line: { ident: undefined },
    client: gqClient({ identityNames }),
    server: gqServer({ identityKeys: new Map() }),
  });
  await without.rig.run(300);
  assert.is(without.samples, 0);
  assert.match(without.view.remark, /offers no identity scheme, but the file of group peer1 asks for one/);
});

test('names of 2006: one file for all, under the name of crypto ident', async () => {
  const identityNames = { old: new Set(['grp']), own: ['grp', 'peer2'] };
  const client = gqClient({ identityNames, parameters: clientParameters(groupKey, 'grp') });
  const scene = await new Scene({ line: { ident: undefined }, client }).danced();
  assert.is(scene.view.autokey?.ident, 'grp');
});

test('no ident and no file of 2006: the trail alone is believed, and the status says TC', async () => {
  const scene = await new Scene({ line: { ident: undefined } }).danced();
  assert.is(scene.view.autokey?.scheme, 'TC');
  assert.is(scene.view.autokey?.ident, undefined);
});

test('the proof of a 4.2.8p15 with stock files is taken with compat alone, and shown', async () => {
  // it takes b for u and 1 for b
  const { n, b, v } = groupKey;
  const server = gqServer({ identityKeys: serverKeys({ ...groupKey, n, b: 1n, u: b, v }) });
  const strict = new Scene({ server });
  await strict.rig.run(120);
  assert.is(strict.samples, 0);
  assert.match(strict.view.remark, /compat ntpd-4\.2\.8p15/);
  const scene = await new Scene({ server, line: { compat: true } }).danced();
  assert.is(scene.view.autokey?.quirk, 'ntpd-4.2.8p15');
  const global = new Scene({ server });
  global.port.compat = true;
  await global.danced();
});

test('TAI - UTC comes with the leap values', async () => {
  const server = gqServer();
  const scene = new Scene({ server });
  server.values.update(scene.station.now(0), {
    taiOffset: 37,
    lastLeap: 3_692_217_600,
    expiry: 4_100_000_000,
  });
  await scene.danced();
  assert.is([...scene.rig.sources.values()][0]?.taiOffsetSeconds, 37);
});

test('IPv6: session keys hash addresses of 16 bytes', async () => {
  const address = '2001:db8::10';
  const scene = await new Scene({ station: { address, client: '2001:db8::1' } }).danced();
  assert.is(scene.view.address, address);
  assert.is(scene.flags, 0x29c7f43);
});

test('another address of ours, or of the server: the cookie is not for it, the dance begins anew', async () => {
  const end = gqClient();
  const port = new RigAutokey(new Rig(), end);
  const client = new AutokeyClient({
    ...{ port, config: { ident: 'peer1', compat: false }, associationId: 7, random },
    ...{ monotonic: () => 0n, onStep: () => undefined },
  });
  const ask = (address: string, local: string) => {
    const sent: Uint8Array[] = [];
    const obstacle = client.ask(address, local, new Uint8Array(48), (packet) => sent.push(packet));
    return { obstacle, length: sent[0]?.length, dance: client.dance };
  };
  const first = ask('192.0.2.10', '192.0.2.1');
  assert.equal([first.obstacle, first.length], [undefined, 48 + 32 + 20]);
  assert.is(ask('192.0.2.10', '192.0.2.1').dance, first.dance);
  assert.is.not(ask('192.0.2.10', '192.0.2.2').dance, first.dance);
  assert.is.not(ask('192.0.2.11', '192.0.2.1').dance, first.dance);
  assert.match(ask('192.0.2.10', '2001:db8::1').obstacle ?? '', /no session key can be made/);
});

test('a dance with a server whose name is our own is refused in plain words', async () => {
  const scene = new Scene({ server: freshEnd({ name: 'peer2', trusted: true }) });
  await scene.rig.run(100);
  assert.match(scene.view.remark, /our own name, peer2: give one of them another/);
});

test.run();
