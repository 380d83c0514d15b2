/**
 * Symmetric modes with Autokey and the GQ scheme, for real: noonmarkd with the reference ntpd 4.2.8p15, active with active
 * and active with passive either way, whoever has the clock followed by the other; and two noonmarkds. All keys are made by
 * noonmark keygen.
 */
import { Files, until } from '../../support/peers.js';
import { type AutokeyDaemon, type Side, startAutokey, viewOf } from '../../support/peers-autokey.js';
import { GROUP, KeySet } from '../../support/peers-autokey-keys.js';
import { isComplete } from '../../support/peers-autokey-matrix.js';
import { Scene } from '../../support/peers-scene.js';
import { assert, has, record, test } from '../../support/suite.js';

const ALTOGETHER_SECONDS = 270;
const POLLS = 'minpoll 3 maxpoll 3';

interface Case {
  readonly title: string;
  /** has the clock */
  readonly better: Side;
  readonly worse: Side;
  /** who has no peer line */
  readonly passive: 'better' | 'worse' | undefined;
}

const CASES: readonly Case[] = [
  { title: 'active/active, noonmark has the clock', better: 'noonmark', worse: 'p15', passive: undefined },
  { title: 'p15 active, noonmark passive', better: 'noonmark', worse: 'p15', passive: 'better' },
  { title: 'noonmark active, p15 passive', better: 'p15', worse: 'noonmark', passive: 'better' },
  { title: 'two noonmarks, one trusted', better: 'noonmark', worse: 'noonmark', passive: undefined },
];

interface Running {
  readonly better: AutokeyDaemon;
  readonly worse: AutokeyDaemon;
  readonly startedMs: number;
}

let scene: Scene | undefined;
let keys: Files | undefined;
const running = new Map<Case, Running>();

async function setUp(): Promise<void> {
  scene = new Scene();
  keys = new Files();
  const { lab, files } = scene;
  const set = new KeySet({ root: keys.folder, scheme: 'GQ', founder: 'noonmark', forP15: true });
  const alpha = await set.founder();
  // The reference wants each of two peers to be trusted.
  const trusted = await set.folder('gamma', 'noonmark', { trusted: true, answers: true });
  const untrusted = await set.folder('delta', 'noonmark', { trusted: false, answers: true });
  for (const one of CASES) {
    const hosts = { better: lab.host(`b${CASES.indexOf(one)}`), worse: lab.host(`w${CASES.indexOf(one)}`) };
    const [name, folder] = one.better === one.worse ? ['delta', untrusted] : ['gamma', trusted];
    const lineFor = (who: 'better' | 'worse', other: string): string =>
      one.passive === who ? `ident ${GROUP}` : `peer ${other} autokey iburst ${POLLS} ident ${GROUP}`;
    const common = { files, ident: GROUP };
    const better = await startAutokey({
      ...{ ...common, side: one.better, host: hosts.better, name: 'alpha', keysDirectory: alpha },
      ...{ ownClock: true, lines: [lineFor('better', hosts.worse.ipv4)] },
    });
    const worse = await startAutokey({
      ...{ ...common, side: one.worse, host: hosts.worse, name, keysDirectory: folder },
      ...{ ownClock: false, lines: [lineFor('worse', hosts.better.ipv4)] },
    });
    running.set(one, { better, worse, startedMs: performance.now() });
  }
}

if (has('noonmarkd in symmetric mode with Autokey', 'root', 'peers')) {
  test.before(setUp);
  test.after(async () => {
    await scene?.close();
    keys?.close();
  });

  for (const one of CASES)
    test(`${one.title}: both dance to the end, and the other follows who has the clock`, async () => {
      const pair = running.get(one);
      if (pair === undefined || scene === undefined) throw new Error(one.title);
      const { better, worse, startedMs } = pair;
      const seconds = scene.secondsLeft(ALTOGETHER_SECONDS);
      const wait = { what: one.title, seconds, programs: [better.program, worse.program] };
      const views = await until(wait, async (seen) => {
        const ofWorse = await viewOf(worse, better.host.ipv4);
        const ofBetter = await viewOf(better, worse.host.ipv4);
        seen.is = JSON.stringify([ofWorse, ofBetter]);
        // ntpq's `as` leaves out a passive association until it is reachable.
        const areAuthentic = ofWorse?.auth === 'ok' && ofBetter?.auth === 'ok';
        const areComplete = isComplete(ofWorse?.flags) && isComplete(ofBetter?.flags);
        const isOver = areAuthentic && areComplete && ofWorse?.condition === 'sys.peer';
        return isOver && ofWorse !== undefined && ofBetter !== undefined ? [ofWorse, ofBetter] : undefined;
      });
      const after = (performance.now() - startedMs) / 1000;
      record(`peers/autokey symmetric: ${one.title}`, { seconds: after });
      const flagWords = views.map(({ flags = 0 }) => `0x${flags.toString(16)}`).join(' / ');
      console.log(`${one.title}: ${flagWords}, as: ${views[0]?.line ?? ''}`);
      for (const { flags = 0 } of views) assert.is(flags & 0x40, 0x40);
    });

  test("nobody touched this machine's clock", () => {
    assert.is(scene?.clock.changes(), undefined);
  });

  test.run();
}
