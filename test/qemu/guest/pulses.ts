/**
 * In the guest: reads /dev/pps0 by ioctl and, as a user who may not open it, its text in sysfs, for so many seconds
 * (first argument) after both have begun, and prints the edges for the other side to compare with its pulses.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { KernelPulse } from '../../../drivers/pps/kernel.js';
import { claim, end, pause, tell } from './claims.js';

const NOBODY = 65_534;
const [seconds = '', way] = process.argv.slice(2);

interface TextEdge {
  readonly sequence: number;
  readonly assertNs: string;
}

const pulse = new KernelPulse({ path: '/dev/pps0' });
pulse.open();
const newEdges = (): readonly TextEdge[] =>
  pulse.poll().map(({ sequence, assertNs }) => ({ sequence, assertNs: `${assertNs}` }));

/** What the unprivileged one prints: its device's name, then one line for each edge. */
async function unprivileged(): Promise<void> {
  console.log(pulse.name);
  for (;;) {
    for (const edge of newEdges()) console.log(JSON.stringify(edge));
    await pause(100);
  }
}

async function compare(): Promise<void> {
  const byDevice: TextEdge[] = [];
  const text: string[] = [];
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), seconds, 'unprivileged'], {
    uid: NOBODY,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => text.push(line));
  const started = process.hrtime.bigint();
  for (let both: bigint | undefined; ; await pause(100)) {
    byDevice.push(...newEdges());
    const now = process.hrtime.bigint();
    if (both === undefined && text.length > 1) {
      both = now;
      tell('begun', {});
    }
    const left =
      both === undefined ? 60 - Number(now - started) / 1e9 : Number(seconds) - Number(now - both) / 1e9;
    if (left < 0) break;
  }
  child.kill();
  for (const edge of byDevice) tell('edge', edge);

  await claim('/dev/pps0 gives each pulse once, in order, none missing', () => {
    assert.equal(pulse.name, '/dev/pps0');
    assert.ok(byDevice.length >= Number(seconds) - 2, `${byDevice.length} edges in ${seconds} s`);
    for (const [i, edge] of byDevice.slice(1).entries())
      assert.equal(edge.sequence, (byDevice[i]?.sequence ?? 0) + 1);
    return { edges: byDevice.length };
  });

  await claim('who may not open the device gets the same edges from sysfs', () => {
    const [name, ...lines] = text;
    assert.equal(name, '/sys/class/pps/pps0/assert');
    const byText = lines.map((line) => JSON.parse(line) as TextEdge);
    assert.ok(byText.length >= Number(seconds) - 2, `${byText.length} edges in ${seconds} s`);
    // The last of one may be later than the last of the other.
    const last = byDevice.at(-1)?.sequence ?? 0;
    for (const edge of byText.filter(({ sequence }) => sequence <= last))
      assert.deepEqual(
        byDevice.find(({ sequence }) => sequence === edge.sequence),
        edge,
      );
    return { edges: byText.length };
  });
  end();
}

await (way === 'unprivileged' ? unprivileged() : compare());
