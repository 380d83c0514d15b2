/**
 * In the guest: the line that pps-gpio has, taken away from it and read through the GPIO character device, and through
 * sysfs with onoff; and a kernel pulse whose driver goes and comes back.
 */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { CLOCK } from '../../../drivers/linux/abi.js';
import { TimespecReader } from '../../../drivers/linux/clock.js';
import { GpioPulse, gpioChips } from '../../../drivers/pps/gpio.js';
import { KernelPulse } from '../../../drivers/pps/kernel.js';
import { SysfsGpioPulse, sysfsLineNumber } from '../../../drivers/pps/sysfs-gpio.js';
import { NoonmarkError } from '../../../src/errors.js';
import type { Edge, PulseSource } from '../../../src/ports/pulse-source.js';
import { claim, end, pause, tell } from './claims.js';

const LINE = 3;
const DRIVER = '/sys/bus/platform/drivers/pps-gpio';
const seconds = Number(process.argv[2]);
const realtime = new TimespecReader(CLOCK.realtime);
const monotonic = new TimespecReader(CLOCK.monotonic);
const clocks = { realtimeNs: () => realtime.readNs(), monotonicNs: () => monotonic.readNs() };
const gpio = (edge: 'rising' | 'falling') => new GpioPulse({ line: LINE, edge, clocks });

async function collect(sources: readonly PulseSource[]): Promise<readonly (readonly Edge[])[]> {
  const edges: Edge[][] = sources.map(() => []);
  const until = process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n;
  while (process.hrtime.bigint() < until) {
    for (const [i, source] of sources.entries()) edges[i]?.push(...source.poll());
    await pause(50);
  }
  return edges;
}
const consecutive = (edges: readonly Edge[]) => {
  assert.ok(edges.length >= seconds - 2, `${edges.length} edges in ${seconds} s`);
  for (const [i, edge] of edges.slice(1).entries())
    assert.equal(edge.sequence, (edges[i]?.sequence ?? 0) + 1);
};

const EXPORTED = `/sys/class/gpio/gpio${sysfsLineNumber(LINE, '9030000.pl061')}`;

const kernelPulse = new KernelPulse({ path: '/dev/pps0' });
kernelPulse.open();

await claim('a line that the kernel’s driver has is refused, and the remedy names the driver', () => {
  assert.throws(
    () => gpio('rising').open(),
    (error) => error instanceof NoonmarkError && error.code === 'ERR_DEVICE' && /pps-gpio/.test(error.remedy),
  );
});

await claim('the chip is found by its label and has eight lines', () => {
  const [chip] = gpioChips();
  assert.equal(chip?.label, '9030000.pl061');
  assert.equal(chip?.lines, 8);
});

writeFileSync(`${DRIVER}/unbind`, 'pps');
// An edge that came before that is still there to be had.
kernelPulse.poll();
await claim('a kernel pulse whose driver is gone says nothing and does not throw', () => {
  for (let i = 0; i < 3; i += 1) assert.deepEqual(kernelPulse.poll(), []);
});

const rising = gpio('rising');
rising.open();
const [up = []] = await collect([rising]);
rising.close();
await claim(
  'the GPIO character device gives each rising edge, stamped by the kernel on CLOCK_REALTIME',
  () => {
    consecutive(up);
    const last = up.at(-1)?.assertNs ?? 0n;
    const age = clocks.realtimeNs() - last;
    assert.ok(age > 0n && age < 2_500_000_000n, `the last edge is ${age} ns old`);
    for (const { sequence, assertNs } of up) tell('edge', { sequence, assertNs: String(assertNs) });
    return { edges: up.length };
  },
);

const falling = gpio('falling');
falling.open();
const [down = []] = await collect([falling]);
falling.close();
const phase = (edges: readonly Edge[]) => {
  const parts = edges.map(({ assertNs }) => Number(assertNs % 1_000_000_000n) / 1e9);
  return parts.sort((a, b) => a - b)[Math.floor(parts.length / 2)] ?? 0;
};
await claim(
  'and, asked for them, the falling ones: a tenth of a second later, as long as QEMU holds the button',
  () => {
    consecutive(down);
    const width = (phase(down) - phase(up) + 1) % 1;
    assert.ok(Math.abs(width - 0.1) < 0.02, `${width} s`);
    return { widthMs: width * 1e3 };
  },
);

const sysfs = new SysfsGpioPulse({ line: LINE, chip: '9030000.pl061', realtimeNs: clocks.realtimeNs });
await claim(
  'through sysfs and onoff the same edges come, stamped later, when JavaScript hears of them',
  async () => {
    sysfs.open();
    const [heard = []] = await collect([sysfs]);
    consecutive(heard);
    const late = ((phase(heard) - phase(up) + 1.5) % 1) - 0.5;
    assert.ok(late > -0.001 && late < 0.08, `${late} s`);
    assert.ok(existsSync(EXPORTED), `${EXPORTED} is there while it is open`);
    return { edges: heard.length, lateMs: late * 1e3, jitterMs: (sysfs.jitterSeconds ?? Number.NaN) * 1e3 };
  },
);
await claim('closed, it gives the line back', () => {
  sysfs.close();
  assert.ok(!existsSync(EXPORTED));
});

writeFileSync(`${DRIVER}/bind`, 'pps');
const [again = []] = await collect([kernelPulse]);
await claim('a kernel pulse whose driver comes back goes on by itself', () => {
  consecutive(again);
  return { edges: again.length };
});
end();
