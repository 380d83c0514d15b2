import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeProofPair, encodeProofPair } from '../../../src/autokey/identity/der.js';
import { answerGq } from '../../../src/autokey/identity/gq.js';
import { answerIff } from '../../../src/autokey/identity/iff.js';
import { checkAnswer } from '../../../src/autokey/identity/scheme.js';
import type { GqKey } from '../../../src/autokey/identity/types.js';
import type { IdentityVerdict } from '../../../src/autokey/identity/verdict.js';
import { inverse, power, toInteger } from '../../../src/autokey/powers/integers.js';
import { assert, has, record, sharedFolder, test } from '../../support/suite.js';
import { certificateValue, dsaFile, type RecordedAnswer, recordedAnswers, rsaFile } from './recorded.js';

/** Cases recorded with the files as 4.2.8p15's ntp-keygen writes them: GQ by its own equation, IFF right, MV never. */
const STOCK_GQ_OF_P15 = new Set(['cs-gq']);
const STOCK_MV = new Set(['cs-mv']);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const HOSTS = ['a', 'b', 'c'];

/** The proof of a number's knowledge turned round: from the answer and the secrets to k, and from k to the answer again. */
function assertGq(
  folder: string,
  name: string,
  { asker, responder, challenge, answer }: RecordedAnswer,
): void {
  const file = rsaFile(join(folder, responder), 'ntpkey_GQkey_');
  if (file === undefined) throw new Error(`${name}: no GQ key of ${responder}`);
  const candidates = [
    rsaFile(join(folder, asker), 'ntpkey_gqpar_'),
    rsaFile(join(folder, asker), 'ntpkey_GQkey_'),
  ];
  const own = HOSTS.map((host) => rsaFile(join(folder, host), 'gqpar'));
  const held = [...candidates, ...own].find((par) => par?.n === file.n);
  const b = held?.e ?? file.e;
  const v = [responder, ...HOSTS]
    .map((host) => certificateValue(join(folder, host)))
    .find((x) => x !== undefined);
  const isStock = STOCK_GQ_OF_P15.has(name);
  // What 4.2.8p15 takes for u and b are the fields e and d; its predecessors take p and e (autokey-reference.md §6.3).
  const keys: GqKey[] = [
    { n: file.n, u: file.e, b: file.d, v: file.q },
    { n: file.n, u: file.p, b: file.e, v: file.q },
  ];
  const r = toInteger(challenge);
  const proof = decodeProofPair(answer);
  if (!proof.ok) throw new Error(`${name}: ${proof.reason}`);
  const recomputed = keys.map((key) => {
    const k = (proof.value.y * (inverse(power(key.u, r, key.n), key.n) ?? 0n)) % key.n;
    return hex(encodeProofPair(answerGq(key, r, k)));
  });
  assert.ok(recomputed.includes(hex(answer)), `${name}: the responder's answer is recomputed from its key`);
  const question = {
    held: { scheme: 'gq', parameters: { n: file.n, b } },
    challenge,
    publicValue: v,
  } as const;
  const stock: IdentityVerdict = { ok: true, equation: 'ntpd-4.2.8p15' };
  const textbook: IdentityVerdict = { ok: true, equation: 'textbook' };
  assert.equal(checkAnswer({ ...question, compat: true }, answer), isStock ? stock : textbook, name);
  assert.is(checkAnswer(question, answer).ok, !isStock, name);
}

function assertIff(folder: string, name: string, { responder, challenge, answer }: RecordedAnswer): void {
  const file = dsaFile(join(folder, responder), 'ntpkey_IFFkey_');
  if (file === undefined) throw new Error(`${name}: no IFF key`);
  const { p, q, g, x: b } = file;
  const parameters = { p, q, g, v: power(g, q - b, p) };
  const r = toInteger(challenge);
  const proof = decodeProofPair(answer);
  if (!proof.ok) throw new Error(`${name}: ${proof.reason}`);
  const k = (((proof.value.y - b * r) % q) + q) % q;
  assert.is(hex(encodeProofPair(answerIff({ ...parameters, b }, r, k))), hex(answer));
  const verdict = checkAnswer({ held: { scheme: 'iff', parameters }, challenge }, answer);
  assert.equal(verdict, { ok: true, equation: 'textbook' });
  const written = dsaFile(join(folder, 'b'), 'ntpkey_iffpar_');
  if (written?.y !== undefined) assert.is(written.y, parameters.v);
}

function assertMv(folder: string, name: string, { asker, challenge, answer }: RecordedAnswer): void {
  const file = dsaFile(join(folder, asker), 'ntpkey_mvpar_');
  if (file === undefined) throw new Error(`${name}: no MV parameters`);
  const { p, g, x: xbar } = file;
  const parameters = { p, xbar, xhat: file.y ?? power(g, xbar, p) };
  const { ok } = checkAnswer({ held: { scheme: 'mv', parameters }, challenge }, answer);
  assert.is(ok, !STOCK_MV.has(name), name);
}

if (has('recorded identity answers', 'shared')) {
  for (const family of ['vectors', 'vectors-old']) {
    const root = join(sharedFolder, 'reference', family);
    const totals = { gq: 0, iff: 0, mv: 0 };
    for (const name of readdirSync(root)) {
      const folder = join(root, name);
      if (!existsSync(join(folder, 'wire.pcap'))) continue;
      const answers = recordedAnswers(folder);
      if (answers.length === 0) continue;
      test(`${family}/${name}: ${answers.length} identity answers of the recorded daemon are recomputed and judged right`, () => {
        const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
          identity?: unknown[];
          identity_checks?: unknown[];
        };
        const count = (expected.identity ?? expected.identity_checks)?.length;
        if (count !== undefined) assert.ok(answers.length >= count, `${answers.length} of ${count} found`);
        for (const answer of answers) {
          totals[answer.scheme] += 1;
          if (answer.scheme === 'gq') assertGq(folder, name, answer);
          else if (answer.scheme === 'iff') assertIff(folder, name, answer);
          else assertMv(folder, name, answer);
        }
      });
    }
    test(`${family}: there were answers to check`, () => {
      assert.ok(totals.gq > 20);
      record(`identity-golden ${family}`, totals);
    });
  }
}

test.run();
