/** What is claimed of noonmarkd on a real kernel clock, from one run of it in a guest (daemon-run.ts). */
import { STA } from '../../src/clock/kernel-clock.js';
import { hostWasLate } from '../support/pulses.js';
import { assert, record, test } from '../support/suite.js';
import { type DaemonRun, ENOUGH, FAST, LAST, type TimedLook, WRONG_SECONDS } from './daemon-run.js';

const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const pulseIsGood = ({ pulse }: TimedLook): boolean => !hostWasLate(pulse);

export function testDaemonRun(architecture: string, run: DaemonRun): void {
  const claim = (text: string, check: () => void) => test(`${architecture}: noonmarkd ${text}`, check);
  const { looks, lines, answers } = run;
  const last = looks.slice(-LAST);
  const good = last.filter(pulseIsGood);
  const log = () => lines.slice(-40).join('\n');

  claim('was tried by pulses that were in time (else the run is INCONCLUSIVE, which is no success)', () => {
    record(`guest ${architecture} pulses`, {
      seconds: looks.length,
      late: looks.filter((look) => !pulseIsGood(look)).length,
      goodAmongLast: good.length,
      worstLateMs: Math.max(...looks.map(({ pulse }) => pulse.lateNs)) / 1e6,
      worstAnswerMs: Math.max(...looks.map(({ pulse }) => pulse.answerNs)) / 1e6,
    });
    assert.ok(
      good.length >= ENOUGH,
      `INCONCLUSIVE: this machine was late in ${last.length - good.length} of the last ${last.length} seconds`,
    );
  });

  claim(
    `started with its clock ${WRONG_SECONDS * 1e3} ms and ${FAST * 1e6} ppm wrong, unsynchronised`,
    () => {
      assert.ok(Math.abs(run.wrongSeconds - WRONG_SECONDS) < 0.01, `${run.wrongSeconds} s`);
      assert.is((looks[0]?.status ?? 0) & STA.unsync, STA.unsync);
    },
  );

  claim('sets the clock by the receiver and its pulses, and becomes stratum 1', () => {
    record(`guest ${architecture} daemon`, { lockSeconds: run.lockSeconds ?? Number.POSITIVE_INFINITY });
    assert.ok(run.lockSeconds !== undefined, log());
    const steps = lines.flatMap((line) => /stepped by (-?[\d.]+) ms/.exec(line)?.[1] ?? []).map(Number);
    // A pulse may be late by a tenth of a second here.
    assert.ok(
      steps.some((step) => Math.abs(step + WRONG_SECONDS * 1e3) < 100),
      `steps of ${steps.join(', ')} ms\n${log()}`,
    );
  });

  claim('answers clients as a stratum 1 in the end, and as no source before', () => {
    const final = answers.at(-1);
    assert.is(final?.leap, 0);
    assert.is(final?.stratum, 1);
    assert.match(final?.refid ?? '', /^(PPS|GPS)$/);
    for (const { leap, stratum } of answers) assert.is(leap === 3, stratum !== 1);
  });

  claim('brings the kernel’s clock to the pulses', () => {
    const phases = good.map(({ phase }) => Math.abs(phase));
    record(`guest ${architecture} offset`, {
      medianUs: quantile(phases, 0.5) * 1e6,
      p90Us: quantile(phases, 0.9) * 1e6,
      worstUs: Math.max(...phases) * 1e6,
    });
    // An emulated guest on a busy host gets its pulses up to a tenth of a second late; it began 300 ms off.
    assert.ok(quantile(phases, 0.5) < 30e-3, `median ${quantile(phases, 0.5)} s`);
  });

  claim('corrects a fast oscillator, and the kernel runs with it', () => {
    // What is still corrected of the phase is in it: 0.4 ms in 40 s are 10 ppm.
    const frequency = mean(last.map((look) => look.frequency));
    const [driftPpm = Number.NaN, uncertaintyPpm = Number.NaN] = run.drift.split(' ').map(Number);
    record(`guest ${architecture} frequency`, { meanPpm: frequency * 1e6, driftPpm, uncertaintyPpm });
    // Late pulses look like frequency here, so only the sense of the correction is judged.
    assert.ok(frequency < 0, `${frequency * 1e6} ppm`);
  });

  claim('tells the kernel that it is synchronised, with an error bound that holds', () => {
    const end = last.at(-1);
    assert.is((end?.status ?? STA.unsync) & STA.unsync, 0);
    // The pulse may itself have been as late as its command waited.
    const bounds = good.map(({ maxErrorUs, phase, pulse }) => ({
      bound: maxErrorUs / 1e6,
      error: Math.abs(phase),
      late: (pulse.lateNs + pulse.answerNs + pulse.waitedNs) / 1e9,
    }));
    record(`guest ${architecture} error`, {
      largestBoundMs: Math.max(...bounds.map(({ bound }) => bound)) * 1e3,
      worstSeenMs: Math.max(...bounds.map(({ error }) => error)) * 1e3,
    });
    for (const { bound, error, late } of bounds)
      assert.ok(error <= bound + late && bound < 0.1, `${error} s of ${bound} s, a pulse ${late} s late`);
    const held = bounds.filter(({ bound, error }) => error <= bound).length;
    assert.ok(held >= 0.95 * bounds.length, `${held} of ${bounds.length}`);
  });

  claim('ends at SIGTERM with success, its state saved', () => {
    record(`guest ${architecture} end`, { seconds: run.endSeconds });
    assert.is(run.end.exitCode, 0, log());
    assert.ok(run.endSeconds < 10, `${run.endSeconds} s`);
  });
}
