/** Pulses from outside, as the guest's kernel stamped them: through pps-gpio, and through the GPIO character device. */
import type { Guest } from '../support/guest.js';
import { hostWasLate, type PulseRecord, type PulseScale, Pulses, scaleFromNow } from '../support/pulses.js';
import { assert, record, test } from '../support/suite.js';
import { factsIn, testScript } from './scripts.js';

/** On a host that gives its time to others two of three are late. */
const SECONDS = 30;
const GPIO_SECONDS = 5;
/** Fewer good pulses than this say nothing. */
const ENOUGH = 6;

interface Told {
  readonly sequence: number;
  readonly assertNs: string;
}
const isTold = (value: unknown): value is Told =>
  typeof value === 'object' && value !== null && 'sequence' in value && 'assertNs' in value;

const middleOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** To be called on a guest that has seen no pulse yet: then the n-th pulse has the sequence number n. */
export async function testPulses(guest: Guest): Promise<void> {
  const scale = scaleFromNow(1_000_000_000n);
  const pulses = new Pulses(guest, scale);
  try {
    const lines = await testScript(guest, 'pulses', 120, String(SECONDS), (line) => {
      if (factsIn([line], 'begun').length > 0) guest.hurry();
    });
    guest.calm();
    const edges = factsIn(lines, 'edge').filter(isTold);
    testJitter(guest.architecture, edges, pulses.records, scale);
    await testScript(guest, 'gpio', 90, String(GPIO_SECONDS));
  } finally {
    pulses.stop();
  }
}

function testJitter(
  architecture: string,
  edges: readonly Told[],
  records: readonly PulseRecord[],
  scale: PulseScale,
): void {
  // The guest's clock has an origin of its own; only how the distances scatter is looked at.
  const sent = records.filter(({ isSent }) => isSent);
  const due = (second: number) => scale.originNs + BigInt(second) * scale.secondNs;
  const origin = middleOf(
    edges.map(({ sequence, assertNs }) => Number(BigInt(assertNs) - due(sent[sequence - 1]?.second ?? 0))),
  );
  const bySecond = new Map(records.map((pulse) => [pulse.second, pulse]));
  const away: number[] = [];
  for (const { assertNs } of edges) {
    const sinceOrigin = Number(BigInt(assertNs) - due(0) - BigInt(Math.round(origin)));
    const pulse = bySecond.get(Math.round(sinceOrigin / Number(scale.secondNs)));
    if (pulse === undefined || hostWasLate(pulse)) continue;
    away.push((sinceOrigin - pulse.second * Number(scale.secondNs) - pulse.lateNs) / 1e9);
  }
  const middle = middleOf(away);
  const jitter = Math.sqrt(away.reduce((sum, value) => sum + (value - middle) ** 2, 0) / away.length);

  test(`${architecture}: enough pulses were in time (else INCONCLUSIVE, which is no success)`, () => {
    record(`guest ${architecture} pps`, { edges: edges.length, inTime: away.length, jitterUs: jitter * 1e6 });
    assert.ok(away.length >= ENOUGH, `INCONCLUSIVE: only ${away.length} of ${edges.length} were in time`);
  });
  // A processor that this machine's own host takes away is not seen from here: one pulse in four may be late by it.
  test(`${architecture}: three of four pulses that were in time are stamped within a millisecond of one another`, () => {
    const distances = away.map((value) => Math.abs(value - middle)).sort((a, b) => a - b);
    const third = distances[Math.ceil(0.75 * distances.length) - 1] ?? Number.NaN;
    assert.ok(third < 1e-3, distances.map((value) => `${(value * 1e3).toFixed(3)} ms`).join(', '));
  });
}
