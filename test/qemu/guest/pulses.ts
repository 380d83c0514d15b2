/**
 * In the guest: reads /dev/pps0 by ioctl and, as a user who may not open it, its text in sysfs, for so many seconds
 * (first argument), and prints the edges for the other side to compare with the pulses that it made.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { KernelPulse } from '../../../drivers/pps/kernel.js';
import { claim, end, pause, tell } from './claims.js';

const NOBODY = 65_534;
const [seconds = '', way] = process.argv.slice(2);

interface Seen {
  readonly name: string;
  readonly edges: readonly { readonly sequence: number; readonly assertNs: string }[];
}

async function look(): Promise<Seen> {
  const pulse = new KernelPulse({ path: '/dev/pps0' });
  pulse.open();
  const edges: { sequence: number; assertNs: string }[] = [];
  const until = process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n;
  while (process.hrtime.bigint() < until) {
    for (const { sequence, assertNs } of pulse.poll()) edges.push({ sequence, assertNs: `${assertNs}` });
    await pause(100);
  }
  return { name: pulse.name, edges };
}

if (way === 'unprivileged') {
  console.log(JSON.stringify(await look()));
} else {
  const itself = fileURLToPath(import.meta.url);
  const child = promisify(execFile)(process.execPath, [itself, seconds, 'unprivileged'], { uid: NOBODY });
  const device = await look();
  const text = JSON.parse((await child).stdout) as Seen;
  for (const edge of device.edges) tell('edge', edge);

  await claim('/dev/pps0 gives each pulse once, in order, none missing', () => {
    assert.equal(device.name, '/dev/pps0');
    assert.ok(device.edges.length >= Number(seconds) - 2, `${device.edges.length} edges in ${seconds} s`);
    for (const [i, edge] of device.edges.slice(1).entries())
      assert.equal(edge.sequence, (device.edges[i]?.sequence ?? 0) + 1);
    return { edges: device.edges.length };
  });

  await claim('who may not open the device gets the same edges from sysfs', () => {
    assert.equal(text.name, '/sys/class/pps/pps0/assert');
    // The other one started later and ended later.
    const last = device.edges.at(-1)?.sequence ?? 0;
    const both = text.edges.filter(({ sequence }) => sequence <= last);
    assert.ok(both.length >= Number(seconds) / 2, `${both.length} edges`);
    for (const edge of both)
      assert.deepEqual(
        device.edges.find(({ sequence }) => sequence === edge.sequence),
        edge,
      );
    return { edges: both.length };
  });
  end();
}
