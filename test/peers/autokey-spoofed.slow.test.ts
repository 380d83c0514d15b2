/**
 * Forged senders ask noonmarkd for certificates: from its own network, from one that a rule lets have Autokey, and from one
 * that none does. Their addresses are routed to the forger's host, which counts what would have hit the victims.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Host } from '../support/namespace.js';
import { run } from '../support/peers.js';
import { GROUP, KeySet, PASSWORD } from '../support/peers-autokey-keys.js';
import { Noonmarkd, SIMULATED } from '../support/peers-noonmark.js';
import { Scene } from '../support/peers-scene.js';
import { assert, has, projectRoot, record, test } from '../support/suite.js';

const OWN = '10.9.7';
const ALLOWED = '203.0.113';
const FOREIGN = '198.51.100';
const PER_SECOND = 100;
const SECONDS = 40;
/** the bounds of autokey/budget.ts: a /24's in a minute, and its burst */
const MOST_BYTES = 8192 + (SECONDS + 2) * (8192 / 60);

interface Spoofed {
  readonly requests: number;
  readonly bytesIn: number;
  readonly answers: number;
  readonly bytesOut: number;
}

let scene: Scene | undefined;
let at: Host | undefined;
let forger: Host | undefined;

const route = (host: Host, ...words: readonly string[]) =>
  execFileSync('ip', ['-n', host.namespace, 'route', 'add', ...words]);

async function setUp(): Promise<void> {
  scene = new Scene();
  const { lab, files } = scene;
  at = lab.host('server');
  forger = lab.host('forger');
  for (const prefix of [OWN, ALLOWED, FOREIGN]) route(forger, 'local', `${prefix}.0/24`, 'dev', 'lo');
  for (const prefix of [ALLOWED, FOREIGN]) route(at, `${prefix}.0/24`, 'via', forger.ipv4);
  const keys = new KeySet({ root: files.path('.'), scheme: 'TC', founder: 'noonmark', forP15: false });
  const server = new Noonmarkd(at, files, [
    ...SIMULATED,
    `crypto pw ${PASSWORD} host alpha`,
    `keysdir ${await keys.founder()}`,
    `restrict ${ALLOWED}.0/24 autokey`,
  ]);
  await server.serving(180, 1);
}

async function spoof(prefix: string): Promise<Spoofed> {
  if (at === undefined || forger === undefined) throw new Error('no scene');
  const script = join(projectRoot, 'dist/test/support/autokey-spoofer.js');
  const printed = await run(
    forger,
    [process.execPath, script, at.ipv4, prefix, `alpha@${GROUP}`, `${PER_SECOND}`, `${SECONDS}`],
    { timeoutSeconds: SECONDS + 30 },
  );
  return JSON.parse(printed) as Spoofed;
}

if (has('forged senders of Autokey requests', 'root', 'peers')) {
  test.before(setUp);
  test.after(async () => scene?.close());

  for (const [what, prefix] of [
    ["a /24 of the server's own network", OWN],
    ['a /24 that a rule allows', ALLOWED],
  ] as const)
    test(`forged senders of ${what} draw 8 kB a minute at most, and less than they send`, async () => {
      const { requests, bytesIn, answers, bytesOut } = await spoof(prefix);
      record(`autokey-spoofed-${prefix}`, {
        requests,
        bytesIn,
        answers,
        bytesOut,
        outByIn: bytesOut / bytesIn,
      });
      assert.ok(answers > 0, 'it is a question that is answered');
      assert.ok(bytesOut <= MOST_BYTES, `${bytesOut} bytes, ${MOST_BYTES} are allowed`);
      assert.ok(bytesOut < bytesIn);
    });

  test('forged senders of a network that no rule allows draw nothing', async () => {
    const { answers } = await spoof(FOREIGN);
    assert.is(answers, 0);
  });

  test.run();
}
