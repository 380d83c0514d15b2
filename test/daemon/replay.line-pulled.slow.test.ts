/**
 * The real daemon with a recorded receiver at true pace behind a pseudo-terminal: it locks, numbers the seconds right,
 * and finds the line again by itself after it was pulled. A u-blox recording of 150 s, byte for byte, which vouches for
 * its UTC; and an MTK recording of 16 s, continued with its own bursts (recording.ts), beside a network source.
 */
import { sleep } from '../support/daemon-process.js';
import { assert, has, record, test } from '../support/suite.js';
import { withReplay } from './replayed.js';

/** What the pulse and the exchange allow on a busy machine, s; a wrong second is a thousand times more. */
const RIGHT = 1e-3;
/** first byte behind the pulse, s */
const DELAY = 0.18;

async function play(name: string, server: boolean): Promise<void> {
  const figures: Record<string, number> = {};
  const exit = await withReplay({ name, delaySeconds: DELAY, server }, async (replayed) => {
    const { daemon, player } = replayed;
    const said = () => daemon.output.split('\n').slice(-40).join('\n');
    const followed = () => daemon.logged('source-selected', '127.127.22.0');
    figures['lockSeconds'] = await replayed.untilPulses(60);
    // What a network source on a busy machine was wrong by is slewed away, at 5 ms a second.
    await sleep(2);
    const locked = replayed.elapsed;
    await sleep(10);
    const settled = replayed.elapsed;
    assert.ok(replayed.worst(0, settled) < 0.5, `a wrong second:\n${said()}`);
    assert.ok(replayed.worst(locked, settled) < RIGHT, `${replayed.worst(locked, settled)} s\n${said()}`);

    const told = await daemon.status();
    const receiver = told.sources.find((source) => source.name === '127.127.20.0');
    const delay = receiver?.clock?.messageDelaySeconds ?? Number.NaN;
    figures['messageDelayMs'] = delay * 1e3;
    assert.equal([told.synchronised, told.stratum, told.refid], [true, 1, 'PPS'], told.summary);
    // To the last byte of the first 16 and, on a busy machine, a little more.
    assert.ok(delay > DELAY && delay < DELAY + 0.06, `${delay} s`);

    const before = followed();
    const missed = daemon.logged('gps-line-down');
    player.pullOut();
    await daemon.until('the line to be missed', 5, () => daemon.logged('gps-line-down') > missed);
    await sleep(10);
    const lost = (await daemon.status()).sources.find((source) => source.name === '127.127.20.0');
    assert.is(lost?.unfit, 'unreachable', lost?.remark);
    const pulled = replayed.elapsed;
    assert.ok(replayed.worst(settled, pulled) < RIGHT, said());
    assert.ok(replayed.count(settled, pulled) > 10, `it serves on:\n${said()}`);

    player.plugIn();
    figures['recoverSeconds'] = await daemon.until(
      'the pulses to be followed again',
      45,
      () => followed() > before,
    );
    await replayed.untilPulses(10);
    await sleep(8);
    assert.ok(replayed.worst(pulled) < RIGHT, `${replayed.worst(pulled)} s\n${said()}`);
    figures['answers'] = replayed.answers;
    figures['worstUs'] = replayed.worst(locked) * 1e6;
  });
  record(`replay ${name} line-pulled`, { ...figures, exitMs: exit.milliseconds });
  assert.is(exit.code, 0);
  assert.ok(exit.milliseconds < 500, `${exit.milliseconds} ms`);
}

if (has('recorded receivers through a pseudo-terminal', 'shared')) {
  test('a recorded u-blox: locked, numbered right, and back by itself after its line was pulled', () =>
    play('u-blox-m8t-time', false));
  test('a recorded MTK beside a network source: the same', () => play('quectel-L70', true));
}

test.run();
