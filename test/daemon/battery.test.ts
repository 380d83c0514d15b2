import { BatteryKeeper, FIRST_LOOK_SECONDS, LOOK_SECONDS } from '../../src/daemon/battery.js';
import { NoonmarkError } from '../../src/errors.js';
import { Lines } from '../drivers/gps/setup/setup-kit.js';
import { manualScheduler } from '../drivers/serial/manual-scheduler.js';
import { ScriptedClock, Virtual } from '../source/refclock/scripted.js';
import { assert, test } from '../support/suite.js';

const FLOOR_NS = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
const DAY = 86_400n;

/** The clock is `behind` s behind the truth; the battery clock shows the truth plus `batteryError`, or nothing. */
function scene(behind: number, batteryError: bigint | undefined) {
  const truth = FLOOR_NS + 100n * DAY * 1_000_000_000n;
  const virtual = new Virtual(0);
  const clock = new ScriptedClock(virtual, truth, 0n, 0);
  clock.step(-behind);
  const scheduler = manualScheduler();
  const log = new Lines();
  const state = { error: batteryError, sets: [] as bigint[], refuses: false, isGone: false };
  const battery = {
    name: 'rtc0',
    read: () => {
      if (state.isGone) throw new NoonmarkError('ERR_DEVICE', 'nobody answers', 'look at its wires');
      return state.error === undefined
        ? undefined
        : (truth + BigInt(Math.round(virtual.t * 1e9))) / 1_000_000_000n + state.error;
    },
    set: (seconds: bigint) => {
      if (state.refuses) throw new NoonmarkError('ERR_DEVICE', 'rtc0 cannot be set', 'x');
      state.sets.push(seconds);
      state.error = seconds - (truth + BigInt(Math.round(virtual.t * 1e9))) / 1_000_000_000n;
    },
  };
  const keeper = new BatteryKeeper({ battery, clock, scheduler, log });
  const behindNow = () => Number(truth + BigInt(Math.round(virtual.t * 1e9)) - clock.now()) / 1e9;
  const run = (seconds: number) => {
    for (let i = 0; i < seconds; i += 1) {
      virtual.run(virtual.t + 1);
      scheduler.advance(1);
    }
  };
  return { keeper, clock, log, state, behindNow, run };
}

test('a clock that is weeks behind is set forward at the start, to half a second', () => {
  const { keeper, behindNow, log } = scene(40 * 86_400, 0n);
  assert.ok(keeper.forwardNs(FLOOR_NS) !== undefined);
  keeper.start(FLOOR_NS);
  assert.ok(Math.abs(behindNow()) <= 0.5);
  assert.match(
    log.of('battery-clock')[0] ?? '',
    /^notice battery-clock the clock was set forward to 2026-04-11T/,
  );
});

test('a clock that is right, or ahead, is left alone', () => {
  for (const behind of [0, 1.4, -3600, -86_400]) {
    const { keeper, behindNow } = scene(behind, 0n);
    keeper.start(FLOOR_NS);
    assert.is(behindNow(), behind);
  }
});

test('a battery clock that shows a time before the floor, or one beyond belief, is not used', () => {
  for (const error of [-101n * DAY, 15_000n * DAY]) {
    const { keeper, behindNow, log } = scene(1e6, error);
    keeper.start(FLOOR_NS);
    assert.is(behindNow(), 1e6);
    assert.match(log.lines[0] ?? '', /^warning battery-clock rtc0 shows .* which cannot be/);
  }
});

test('one that has lost its time changes nothing at the start, and is set once the time is known', () => {
  const { keeper, behindNow, log, state, run } = scene(0, undefined);
  keeper.start(FLOOR_NS);
  assert.is(behindNow(), 0);
  assert.match(log.lines[0] ?? '', /has lost its time/);
  let known = false;
  keeper.keep(() => known);
  run(2 * LOOK_SECONDS);
  assert.equal(state.sets, []);
  known = true;
  run(LOOK_SECONDS + 5);
  assert.is(state.sets.length, 1);
  assert.is(state.error, 0n);
  keeper.stop();
});

test('one that is wrong is set within seconds of when the time is known, and then looked at from time to time', () => {
  const { keeper, state, run } = scene(0, undefined);
  let known = false;
  keeper.keep(() => known);
  run(5 * FIRST_LOOK_SECONDS);
  known = true;
  run(FIRST_LOOK_SECONDS + 2);
  assert.is(state.error, 0n);
  state.error = 5n;
  run(LOOK_SECONDS - 2 * FIRST_LOOK_SECONDS);
  assert.is(state.sets.length, 1);
  run(2 * FIRST_LOOK_SECONDS + 2);
  assert.is(state.sets.length, 2);
  keeper.stop();
});

test('one that the kernel keeps right is never written to; one that drifts away is set', () => {
  const { keeper, state, run, log } = scene(0, 1n);
  keeper.keep(() => true);
  run(3 * LOOK_SECONDS);
  assert.equal(state.sets, []);
  state.error = -5n;
  run(LOOK_SECONDS + 5);
  assert.is(state.sets.length, 1);
  assert.is(state.error, 0n);
  assert.match(log.lines.at(-1) ?? '', /^info battery-clock rtc0 showed .*, and was set$/);
  keeper.stop();
});

test('one that cannot be read is told once, and not written to: it may be another', () => {
  const { keeper, state, run, log, behindNow } = scene(1e6, 0n);
  state.isGone = true;
  keeper.start(FLOOR_NS);
  assert.is(behindNow(), 1e6);
  keeper.keep(() => true);
  run(2 * LOOK_SECONDS);
  assert.equal(state.sets, []);
  assert.equal(log.lines, ['warning battery-clock rtc0: nobody answers; look at its wires']);
  keeper.stop();
});

test('one that cannot be set is told once', () => {
  const { keeper, state, run, log } = scene(0, 100n);
  state.refuses = true;
  keeper.keep(() => true);
  run(4 * LOOK_SECONDS);
  assert.equal(log.lines, ['warning battery-clock rtc0: rtc0 cannot be set; x']);
  keeper.stop();
});

test.run();
