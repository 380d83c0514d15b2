import { simulatedInRealTime, simulatedInVirtualTime } from '../../boards/simulated.js';
import { every, type Scheduler } from '../../src/ports/scheduler.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import { assert, record, test } from '../support/suite.js';

const START = 1_767_225_600;
const S = 1_000_000_000n;

/** RMC sentences that were complete, with the served time of their last byte. */
function listener() {
  let text = '';
  const sentences: { text: string; at: bigint }[] = [];
  return {
    sentences,
    handler: {
      bytes: (chunk: Uint8Array, at: bigint) => {
        text += Buffer.from(chunk).toString('latin1');
        for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
          const line = text.slice(0, end);
          const start = line.lastIndexOf('$');
          if (start >= 0) sentences.push({ text: line.slice(start), at });
          text = text.slice(end + 2);
        }
      },
      up: () => undefined,
      down: () => undefined,
    },
  };
}

test('in virtual time: a pulse from the fix on, messages 0.28 to 0.45 s behind, about nine satellites', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock, gps, pulse, scheduler } = simulatedInVirtualTime(world);
  const { sentences, handler } = listener();
  gps.open(handler);
  pulse.open();
  const edges: number[] = [];
  every(scheduler, 1, () => {
    for (const edge of pulse.poll())
      edges.push(Number(clock.toServed(edge.assertNs) - BigInt(START) * S) / 1e9);
  });
  world.runUntil(20.9);
  // The clock is fast: its last look, at its second 20, is just before the true one.
  assert.is(edges.length, 19);
  for (const [i, edge] of edges.entries()) {
    const error = edge - (1 + i) - (0.05 + 2e-5 * (1 + i));
    assert.ok(Math.abs(error) < 6e-5, `edge ${i} is off by ${error}`);
  }
  for (const { text, at } of sentences) {
    const behind = ((Number(at % S) / 1e9 - 0.05 + 1) % 1) - 2e-5 * 20;
    assert.ok(behind > 0.25 && behind < 0.47, `${text} is ${behind} behind`);
  }
  const used = sentences.filter((s) => s.text.includes('GGA')).map((s) => Number(s.text.split(',')[7]));
  assert.ok(used.slice(4).every((n) => n >= 7 && n <= 11));
});

test('in real time: the machine is the truth, and edges map to the simulated clock', () => {
  let wall = BigInt(START) * S + 250_000_000n;
  let mono = 5n * S;
  const timers: { due: bigint; action: () => void }[] = [];
  const scheduler: Scheduler = {
    monotonic: () => mono,
    after(seconds, action) {
      const timer = { due: mono + BigInt(Math.round(seconds * 1e9)), action };
      timers.push(timer);
      return { cancel: () => timers.splice(timers.indexOf(timer), 1) };
    },
  };
  const { clock, gps, pulse } = simulatedInRealTime({ truth: () => wall, scheduler });
  const { sentences, handler } = listener();
  gps.open(handler);
  pulse.open();
  assert.is(clock.kind, 'simulated');
  assert.is(clock.monotonic(), mono);
  const edges: bigint[] = [];
  for (let i = 0; i < 1000; i += 1) {
    wall += 10_000_000n;
    mono += 10_000_000n;
    for (
      let at = timers.findIndex((t) => t.due <= mono);
      at >= 0;
      at = timers.findIndex((t) => t.due <= mono)
    )
      timers.splice(at, 1)[0]?.action();
    edges.push(...pulse.poll().map((edge) => edge.assertNs));
  }
  assert.is(edges.length, 10);
  for (const [i, edge] of edges.entries()) {
    const away = Number(edge - BigInt(START + 1 + i) * S);
    assert.ok(Math.abs(away) < 60_000, `edge ${i} is ${away} ns from the second`);
  }
  const rmc = sentences.filter((s) => s.text.includes('RMC')).at(-1)?.text ?? '';
  assert.match(rmc, /^\$GPRMC,000009\.00,A,/);
});

test('an hour of clock, pulses and messages costs about a second of CPU or less', () => {
  const world = new VirtualWorld({ startUnixSecond: START });
  const { clock, gps, pulse, scheduler } = simulatedInVirtualTime(world);
  let bytes = 0;
  gps.open({ bytes: (chunk) => (bytes += chunk.length), up: () => undefined, down: () => undefined });
  pulse.open();
  let edges = 0;
  every(scheduler, 1, () => {
    for (const edge of pulse.poll()) if (clock.toServed(edge.assertNs) > 0n) edges += 1;
    clock.setFrequency(-2e-5);
  });
  const before = process.cpuUsage();
  world.runUntil(3600);
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  record('sim-board-hour', { cpuSeconds, edges, bytes });
  assert.ok(cpuSeconds < 2, `${cpuSeconds} s`);
});

test.run();
