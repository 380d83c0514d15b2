/** Autokey's service in the daemon: keys from a directory, signature updates, reload, and work in the crypto thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownTime } from '../../src/autokey/dance/host.js';
import { flagsText } from '../../src/autokey/flags.js';
import { verifyRsa } from '../../src/autokey/rsa.js';
import { command as keygen } from '../../src/cli/keygen.js';
import { readConfig } from '../../src/config/read.js';
import { AutokeyService } from '../../src/daemon/autokey-service.js';
import { MemoryStateStore } from '../../src/daemon/state-store.js';
import { systemRandom } from '../../src/daemon/system-random.js';
import { LeapKeeper } from '../../src/discipline/leap.js';
import { parseLeapFile } from '../../src/discipline/leap-file.js';
import { silentLog } from '../../src/ports/log.js';
import { assert, test } from '../support/suite.js';

const root = mkdtempSync(join(tmpdir(), 'noonmark-autokey-'));
const services: AutokeyService[] = [];
test.after(async () => {
  await Promise.all(services.map((service) => service.stop()));
  rmSync(root, { recursive: true });
});

let folders = 0;
async function keys(...flags: readonly string[]): Promise<string> {
  folders += 1;
  const directory = join(root, String(folders));
  const io = { out() {}, err() {}, monotonic: () => 0n, isTerminal: false, columns: 80 };
  assert.is(
    await keygen.run([...flags, '-H', '-m', '1024', '-s', 'peer1', '-p', 'pw', '-d', directory], io),
    0,
  );
  return directory;
}
const configOf = (directory: string, more = '') =>
  readConfig(`keysdir ${directory}\ncrypto pw pw host peer1 ${more}\n`, 'ntp.conf').config;

function serviceOf(directory: string, more = '') {
  let nowNs = BigInt(Date.now()) * 1_000_000n;
  const clock = {
    now: () => nowNs,
    monotonic: () => nowNs,
    forward(seconds: number) {
      nowNs += BigInt(seconds) * 1_000_000_000n;
    },
  };
  const lines: string[] = [];
  const logged: string[] = [];
  const state = { isSynchronised: false, changes: 0 };
  const leap = new LeapKeeper(silentLog);
  const service = new AutokeyService(configOf(directory, more), {
    ...{ clock, random: systemRandom, store: new MemoryStateStore(), leap },
    log: { write: (level, event, text) => logged.push(`${level} ${event}: ${text}`) },
    isSynchronised: () => state.isSynchronised,
    share: () => 0.1,
    powersBytes: 1 << 20,
    desk: () => undefined,
    note: (address, line) => lines.push(`${address ?? '0.0.0.0'} ${line}`),
    changed: () => {
      state.changes += 1;
    },
  });
  services.push(service);
  return { clock, lines, logged, state, leap, service };
}

test('keys are loaded, and cryptostats says so in the words of the reference', async () => {
  const { service, lines, logged } = serviceOf(await keys('-T', '-G', '-b', '512'));
  const end = service.end();
  assert.is(end?.host.certificate.value.subject, 'peer1');
  assert.is(flagsText(end?.values.flags ?? 0), '0x29c0041');
  assert.match(lines[0] ?? '', /^0\.0\.0\.0 ntpkey_RSAhost_peer1\.\d+ mod 1024$/);
  assert.match(lines[1] ?? '', /^0\.0\.0\.0 ntpkey_RSA-SHA256cert_peer1\.\d+ 0x1 len \d+$/);
  assert.is(lines[2], '0.0.0.0 setup 0x29c0041 host peer1 sha256WithRSAEncryption');
  assert.ok(logged.some((line) => line.startsWith('info autokey-keys: Autokey as peer1')));
});

test('nothing is signed until the clock is set; then at once, once a day, and when the clock was set back', async () => {
  const { service, lines, clock, state } = serviceOf(await keys('-T'));
  const updates = () => lines.filter((line) => line.includes('signature update')).length;
  service.observe();
  assert.is(updates(), 0);
  assert.is(knownTime(service.time()), undefined);
  state.isSynchronised = true;
  service.observe();
  service.observe();
  assert.is(updates(), 1);
  assert.is(service.end()?.values.updatedAt, service.time().now);
  clock.forward(86_399);
  service.observe();
  assert.is(updates(), 1);
  clock.forward(1);
  service.observe();
  assert.is(updates(), 2);
  clock.forward(-10);
  service.observe();
  assert.is(updates(), 3);
});

test('a leap second file is signed and told as soon as it is there', async () => {
  const { service, state, leap } = serviceOf(await keys('-T'));
  state.isSynchronised = true;
  service.observe();
  assert.is(service.leapValues.taiOffset, 0);
  const parsed = parseLeapFile('#@ 4102444800\n3692217600 37\n');
  if (!parsed.ok) throw new Error(parsed.message);
  leap.setTable(parsed.table);
  service.observe();
  assert.equal(service.leapValues, { taiOffset: 37, lastLeap: 3_692_217_600, expiry: 4_102_444_800 });
  assert.is(service.end()?.values.leap().timestamp, service.time().now);
});

test('a wrong password is said with the file and a remedy, and Autokey is off; a reload with the right one mends it', async () => {
  const directory = await keys('-T');
  const { service, logged, state } = serviceOf(directory, 'pw wrong');
  assert.is(service.end(), undefined);
  assert.is(service.door, undefined);
  assert.ok(
    logged.some((line) => line.startsWith('error autokey-keys:') && line.includes('ntpkey_host_peer1')),
  );
  assert.ok(logged.some((line) => line.includes('Autokey is off until then')));
  service.load(configOf(directory));
  assert.ok(service.end() !== undefined && service.door !== undefined);
  assert.ok(state.changes > 0);
});

test('a reload whose keys are bad leaves those in force that were', async () => {
  const directory = await keys('-T');
  const { service, logged } = serviceOf(directory);
  const before = service.end();
  service.load(configOf(directory, 'pw wrong'));
  assert.is(service.end(), before);
  assert.ok(logged.some((line) => line.includes('the keys read before stay in force')));
});

test('private keys work in the crypto thread', async () => {
  const { service } = serviceOf(await keys('-T'));
  const bytes = Buffer.from('what is signed');
  const signature = await service.sign(bytes);
  const { publicKey, scheme } = service.end()!.host.certificate.value;
  assert.ok(signature !== undefined && verifyRsa(publicKey, scheme.digest, bytes, signature));
  assert.is(await service.open(new Uint8Array(128)), undefined);
});

test('a new cookie secret by command reaches the responder', async () => {
  const { service, state } = serviceOf(await keys('-T'));
  const before = service.door?.secrets.current;
  const { changes } = state;
  service.rotateCookies();
  assert.not.equal(service.door?.secrets.current, before);
  assert.equal(service.door?.secrets.old, before);
  assert.is(state.changes, changes + 1);
});

test('the policy of crypto minimum is that of the dances', async () => {
  const { service } = serviceOf(await keys('-T'), 'minimum 512 MD5');
  assert.equal(service.end()?.host.policy.minimumBits, 512);
  assert.equal(service.end()?.host.policy.minimumDigest, 'MD5');
});

test.run();
