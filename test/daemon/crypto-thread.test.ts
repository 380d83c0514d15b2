import { constants, generateKeyPairSync, publicEncrypt, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { checkAnswer, makeChallenge } from '../../src/autokey/identity/scheme.js';
import { CryptoThread } from '../../src/daemon/crypto-thread.js';
import { systemRandom } from '../../src/daemon/system-random.js';
import { gqKey, iffKey } from '../autokey/identity/keys.js';
import { assert, test } from '../support/suite.js';

const key = gqKey();
const held = { scheme: 'gq', parameters: key } as const;

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(what(), 'it did not come about within 5 s');
}

async function withThread(run: (thread: CryptoThread) => Promise<void>, capacity?: number): Promise<void> {
  const thread = new CryptoThread({
    budget: { bytes: 100_000, poolEntries: 4 },
    refillShare: 1,
    ...(capacity === undefined ? {} : { capacity }),
  });
  try {
    await run(thread);
  } finally {
    await thread.stop();
  }
}

test('the thread is not there until something needs it', async () => {
  await withThread(async (thread) => {
    assert.not(thread.status.isRunning);
    thread.setKeys({ identity: [{ scheme: 'gq', key }] });
    assert.not(thread.status.isRunning, 'pools may not be filled yet');
    thread.setKeys({ identity: [] });
    thread.fill();
    assert.not(thread.status.isRunning, 'there are none to fill');
    thread.setKeys({ identity: [{ scheme: 'gq', key }] });
    assert.ok(thread.status.isRunning);
  });
});

test('pools of the keys that are there are filled once that is begun; a job needs no such beginning', async () => {
  await withThread(async (thread) => {
    thread.setKeys({ identity: [{ scheme: 'gq', key }] });
    thread.fill();
    assert.ok(thread.status.isRunning);
  });
  await withThread(async (thread) => {
    const outcome = await thread.run({ kind: 'open', bytes: new Uint8Array(8) });
    assert.ok(outcome.done);
  });
});

test('challenge, answer and check go through the thread; pools fill when it is idle and empty with new keys', async () => {
  await withThread(async (thread) => {
    thread.setKeys({ identity: [{ scheme: 'gq', key }] });
    thread.fill();
    const fill = () => thread.status.workshop?.responders[0]?.pool.fill;
    await until(() => fill() === 4);
    const target = { held, publicValue: key.v };
    const challenge = makeChallenge(held, systemRandom);
    const rolled = await thread.run({ kind: 'roll', target, challenge });
    assert.ok(rolled.done && rolled.result);
    const answered = await thread.run({ kind: 'answer', scheme: 'gq', challenge });
    if (!answered.done || !answered.result.ok) throw new Error('not answered');
    const { answer } = answered.result;
    assert.ok(checkAnswer({ held, challenge, publicValue: key.v }, answer).ok);
    const checked = await thread.run({ kind: 'check', target, challenge, answer, compat: false });
    assert.equal(checked.done && checked.result, { ok: true, equation: 'textbook' });
    thread.setKeys({ identity: [{ scheme: 'iff', key: iffKey() }] });
    await until(() => thread.status.workshop?.responders[0]?.scheme === 'iff');
    const gone = await thread.run({ kind: 'answer', scheme: 'gq', challenge });
    assert.equal(gone.done && gone.result, { ok: false, refusal: 'no-key' });
    assert.ok(thread.status.busySeconds > 0);
  });
});

test('RSA keys sign and open in the thread', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  await withThread(async (thread) => {
    thread.setKeys({ identity: [], host: privateKey });
    const bytes = Buffer.from('to be signed');
    const signed = await thread.run({ kind: 'sign', role: 'sign', digest: 'SHA256', bytes });
    assert.ok(signed.done && signed.result && verify('sha256', bytes, publicKey, signed.result));
    const cookie = publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      Buffer.of(1, 2, 3, 4),
    );
    const opened = await thread.run({ kind: 'open', bytes: cookie });
    assert.equal(opened.done && Buffer.from(opened.result ?? []), Buffer.of(1, 2, 3, 4));
  });
});

test('what exceeds the queue is refused at once, and what waits when it stops is told', async () => {
  await withThread(async (thread) => {
    const challenge = makeChallenge(held, systemRandom);
    const first = [1, 2].map(() => thread.run({ kind: 'answer', scheme: 'gq', challenge }));
    const third = await thread.run({ kind: 'answer', scheme: 'gq', challenge });
    assert.is(third.done ? '' : third.reason, 'busy');
    assert.is(thread.status.refused, 1);
    await thread.stop();
    for (const outcome of await Promise.all(first)) assert.is(outcome.done ? '' : outcome.reason, 'stopped');
    const late = await thread.run({ kind: 'answer', scheme: 'gq', challenge });
    assert.is(late.done ? '' : late.reason, 'stopped');
  }, 2);
});

test('keys that cannot be used are named, and the others are in use', async () => {
  const problems: string[] = [];
  const thread = new CryptoThread({ onProblem: (message) => problems.push(message) });
  thread.fill();
  thread.setKeys({
    identity: [
      { scheme: 'iff', key: iffKey() },
      { scheme: 'gq', key: { ...key, b: 1n } },
    ],
  });
  await until(() => thread.status.workshop?.responders.length === 1);
  await thread.stop();
  assert.is(problems.length, 1);
  assert.match(problems[0] ?? '', /GQ group key.*keygen group create/);
});

test('the thread is at the lowest priority and the others are not', async () => {
  const before = getPriority();
  await withThread(async (thread) => {
    await thread.run({ kind: 'open', bytes: new Uint8Array(8) });
    const nices = readdirSync('/proc/self/task').map((task) => {
      const stat = readFileSync(`/proc/self/task/${task}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    });
    assert.ok(nices.includes(19));
    assert.is(getPriority(), before);
  });
});

test.run();
