/**
 * noonmarkd in a guest, on its real devices: /dev/pps0 and a receiver on the serial port, with a system clock that is
 * wrong and may be set. A second of the pulses is longer than this machine's, so that the guest's clock runs fast.
 * Owns the run and what was seen of it; the claims are in daemon-claims.ts.
 */
import { encodeNmea } from '../../src/sim/nmea-encode.js';
import { ReceiverModel } from '../../src/sim/receiver-state.js';
import { UtcScale } from '../../src/sim/utc-scale.js';
import type { Guest } from '../support/guest.js';
import type { JobResult } from '../support/jobs.js';
import { hostWasLate, type PulseRecord, type PulseScale, Pulses, scaleFromNow } from '../support/pulses.js';
import type { Answer, Look } from './guest/watch.js';
import { factsIn } from './scripts.js';

/** How far off the guest's clock is set before the start, s. */
export const WRONG_SECONDS = 0.3;
/** What its oscillator is off by, fractional; the right correction is the opposite. */
export const FAST = 50e-6;
const SECOND_NS = BigInt(Math.round(1e9 * (1 + FAST)));
/** The receiver's messages come so long after their pulse, ms. */
const MESSAGE_MS = 250;
const SENTENCES = ['GGA', 'GSA', 'RMC', 'ZDA'] as const;
/** From the daemon's first line of state to the first pulse. */
const SETTLE_MS = 8000;
const LOCK_SECONDS = 120;
const RUN_SECONDS = 130;
/** The claims are about the last seconds. On a host that gives its time to others three of four are late ... */
export const LAST = 100;
/** ... and fewer good ones than this say nothing. */
export const ENOUGH = 20;
/** Good ones are waited for, so long at most; some looks have no pulse that they are known to belong to. */
const MORE_SECONDS = 240;
const ENOUGH_PULSES = ENOUGH + 8;
const DAY_NS = 86_400_000_000_000n;

export const CONFIG_FILE = '/etc/noonmark/ntp.conf';
const STATE_FOLDER = '/var/lib/noonmark';

/** What the guest finds in its file system: a configuration, and that this receiver was right yesterday. */
export function daemonFiles(): Readonly<Record<string, string>> {
  const yesterday = BigInt(Date.now()) * 1_000_000n - DAY_NS;
  const state = {
    lastRightNs: `${yesterday}`,
    refclocks: { '127.127.20.0': { version: 1, receiver: '', trustedAtNs: `${yesterday}` } },
  };
  return {
    [CONFIG_FILE]: `clock system
statedir ${STATE_FOLDER}
driftfile drift
# It shows this machine's time, and the guest's second is another.
rtc none
refclock gps device /dev/ttyS0 baud 9600
refclock pps device /dev/pps0
restrict default
`,
    [`${STATE_FOLDER}/state.json`]: JSON.stringify(state),
  };
}

/** A look at the guest's clock and the pulse that it was taken at. */
export interface TimedLook extends Look {
  readonly pulse: PulseRecord;
}

export interface DaemonRun {
  /** clock minus pulse just before the start, s */
  readonly wrongSeconds: number;
  readonly looks: readonly TimedLook[];
  readonly answers: readonly Answer[];
  /** lines of noonmarkd: its log, and its line of state each second */
  readonly lines: readonly string[];
  /** from the first pulse to the first line of state that says stratum 1, s; undefined: it never did */
  readonly lockSeconds: number | undefined;
  readonly end: JobResult;
  readonly endSeconds: number;
  readonly drift: string;
}

const isLook = (value: unknown): value is Look =>
  typeof value === 'object' && value !== null && 'sequence' in value && 'phase' in value;
const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' && value !== null && 'stratum' in value && 'refid' in value;
const isWrong = (value: unknown): value is { readonly seconds: number } =>
  typeof value === 'object' && value !== null && 'seconds' in value && typeof value.seconds === 'number';

const secondsSince = (ns: bigint) => Number(process.hrtime.bigint() - ns) / 1e9;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until `done()`; answers false when that takes longer. */
async function until(done: () => boolean, seconds: number): Promise<boolean> {
  const started = process.hrtime.bigint();
  while (!done()) {
    if (secondsSince(started) > seconds) return false;
    await pause(50);
  }
  return true;
}

export async function runDaemon(guest: Guest): Promise<DaemonRun> {
  const scale = scaleFromNow(SECOND_NS);
  const startUnixSecond = Math.floor(Date.now() / 1000);
  const wrongSeconds = await setWrong(guest, scale, startUnixSecond);

  const seen: { readonly look: Look; readonly second: number }[] = [];
  const watch = guest.start('exec node dist/test/qemu/guest/watch.js', (line) => {
    // It comes within a fraction of the second after its pulse.
    const second = Number((process.hrtime.bigint() - scale.originNs) / SECOND_NS);
    for (const look of factsIn([line], 'look').filter(isLook)) seen.push({ look, second });
  });
  let pulsesFromNs: bigint | undefined;
  let lockSeconds: number | undefined;
  const daemon = guest.start(`exec node dist/src/daemon/main.js -c ${CONFIG_FILE} -d --watch`, (line) => {
    if (pulsesFromNs !== undefined && /^\d\d:\d\d:\d\d {2}stratum 1 /.test(line))
      lockSeconds ??= secondsSince(pulsesFromNs);
  });
  // A receiver finds its satellites only when the daemon is up: an emulated processor is busy with that for a while.
  await until(() => daemon.lines.some((line) => / not synchronised/.test(line)), 60);
  await pause(SETTLE_MS);
  guest.hurry();
  const utc = new UtcScale({ startUnixSecond, taiOffsetSeconds: 37, leaps: [] });
  const receiver = new ReceiverModel(utc, { timeAfter: 0, fixAfter: 0 });
  const pulses = new Pulses(guest, scale, ({ second }) => {
    const state = receiver.at(second);
    const text = SENTENCES.map((name) => encodeNmea(name, 'GP', state)).join('');
    const due = scale.originNs + BigInt(second) * SECOND_NS;
    setTimeout(() => guest.serial(text), MESSAGE_MS - secondsSince(due) * 1000);
  });
  try {
    pulsesFromNs = process.hrtime.bigint();
    if (await until(() => lockSeconds !== undefined, LOCK_SECONDS)) {
      await pause(RUN_SECONDS * 1000);
      const good = () => pulses.records.slice(-LAST).filter((record) => !hostWasLate(record)).length;
      await until(() => good() >= ENOUGH_PULSES, MORE_SECONDS);
    }
    const asked = process.hrtime.bigint();
    await daemon.signal('TERM');
    await until(() => daemon.exitCode !== undefined, 20);
    const endSeconds = secondsSince(asked);
    if (daemon.exitCode === undefined) await daemon.signal('KILL');
    const end = await daemon.ended;
    await watch.signal('KILL');
    const drift = (await guest.run(`cat ${STATE_FOLDER}/drift`, 10)).lines.join('\n');
    return {
      wrongSeconds,
      looks: timed(seen, pulses.records),
      answers: factsIn(watch.lines, 'answer').filter(isAnswer),
      lines: daemon.lines,
      lockSeconds,
      end,
      endSeconds,
      drift,
    };
  } finally {
    pulses.stop();
  }
}

/** Sets the guest's clock wrong against a few pulses of the scale; answers by how much it then was, s. */
async function setWrong(guest: Guest, scale: PulseScale, startUnixSecond: number): Promise<number> {
  const pulses = new Pulses(guest, scale);
  try {
    await until(() => pulses.records.length > 0, 10);
    await guest.run(`date -u -s @${startUnixSecond + (pulses.records.at(-1)?.second ?? 0)}`, 10);
    const { lines } = await guest.run(`node dist/test/qemu/guest/set-wrong.js ${WRONG_SECONDS}`, 60);
    return factsIn(lines, 'wrong').find(isWrong)?.seconds ?? Number.NaN;
  } finally {
    pulses.stop();
  }
}

/** A look whose line came in another second than its edge is left out: the n-th edge is that of the n-th pulse sent. */
function timed(
  seen: readonly { readonly look: Look; readonly second: number }[],
  records: readonly PulseRecord[],
): readonly TimedLook[] {
  const sent = records.filter(({ isSent }) => isSent);
  const indexOf = new Map(sent.map(({ second }, index) => [second, index]));
  const distances = seen
    .map(({ look, second }) => (indexOf.get(second) ?? Number.NaN) - look.sequence)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const usual = distances[distances.length >> 1] ?? 0;
  return seen.flatMap(({ look }) => {
    const pulse = sent[look.sequence + usual];
    return pulse === undefined ? [] : [{ ...look, pulse }];
  });
}
