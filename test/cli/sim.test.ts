import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandIo } from '../../src/cli/command.js';
import { command } from '../../src/cli/sim.js';
import { durationLabel, linearAxis, logAxis, timeUnit } from '../../src/cli/sim-scale.js';
import { traces } from '../../src/cli/sim-trace.js';
import { EXIT, NoonmarkError } from '../../src/errors.js';
import { SCENARIOS } from '../../src/scenario/catalogue.js';
import { assert, test } from '../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-sim-'));

async function sim(...args: string[]): Promise<{ readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const io: CommandIo = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    monotonic: () => process.hrtime.bigint(),
    isTerminal: false,
    columns: 80,
  };
  assert.is(await command.run(args, io), EXIT.ok);
  return { out, err };
}

async function refusal(...args: string[]): Promise<string> {
  try {
    await sim(...args);
  } catch (error) {
    assert.instance(error, NoonmarkError);
    if (error instanceof NoonmarkError) return `${error.code} ${error.message} ${error.remedy}`;
  }
  return 'none';
}

test('without a scenario, and with --list, it lists them all', async () => {
  for (const args of [[], ['--list']]) {
    const { out } = await sim(...args);
    for (const { id, title } of SCENARIOS) assert.ok(out.includes(`  ${id} `) && out.includes(title), id);
  }
  const listed: unknown = JSON.parse((await sim('--list', '--json')).out);
  assert.ok(Array.isArray(listed));
  assert.equal(
    Array.isArray(listed) && listed.map(({ id }) => id),
    SCENARIOS.map(({ id }) => id),
  );
});

test('a scenario is shown as a table that ends with its figures beside goal and chronyd', async () => {
  const { out } = await sim('W9/N1u', '--from', '100', '--to', '400');
  const lines = out.split('\n');
  assert.match(lines[0] ?? '', /second +true error +estimated error +95 % bound +rate error, ppb +state/);
  assert.match(lines[1] ?? '', /^ +100 +-?\d+(\.\d+)? (ns|µs)/);
  assert.ok(lines.some((line) => /^ +400 .* locked$/.test(line)));
  assert.ok(lines.length < 60);
  assert.match(out, /chronyd 408 ns, with its best poll 277 ns; no estimator below 214 ns/);
  assert.match(out, /goal 228 ns over 5 seeds/);
});

test('the same seed gives the same run, another one another; JSON has every second and then the figures', async () => {
  const rows = async (seed: string) => {
    const { out } = await sim('cold-start', '--seed', seed, '--json', '--to', '50');
    return out.trimEnd().split('\n');
  };
  const first = await rows('3');
  assert.equal(await rows('3'), first);
  assert.not.equal(await rows('4'), first);
  assert.is(first.length, 52);
  const point = JSON.parse(first[10] ?? '');
  assert.is(point.second, 10);
  assert.is(point.phase, 'locked');
  assert.ok(Math.abs(point.errorSeconds) < 1e-5 && point.boundSeconds < 1e-5);
  const last = JSON.parse(first.at(-1) ?? '');
  assert.is(last.scenario, 'cold-start');
  assert.is(last.seed, 3);
  assert.ok(last.rmsNs > 100 && last.rmsNs < 500 && last.to10usSeconds <= 18);
});

test('a shorter run is judged by its own second half, and not by the goal of the long one', async () => {
  const { out } = await sim('T2h/N1u', '--seconds', '600');
  assert.match(out, /error \d+ ns RMS, .* from second 300 on; rate error/);
  assert.not.match(out, /goal/);
});

test('any oscillator runs with any noise', async () => {
  const { out } = await sim('--oscillator', 'W8', '--noise', 'N200', '--start-error=-2', '--seconds', '900');
  assert.match(out, /^ +0 +-2\.000 s +– +– /m);
  assert.match(out, /W8\/N200, seed 1/);
  assert.match(out, /within 10 µs after \d+ s/);
});

test('the picture shows true error, estimate and bound over time, with axes that name their units', async () => {
  const path = join(folder, 'cold.svg');
  const { err } = await sim('cold-start', '--svg', path);
  assert.match(err, /picture written to .*cold\.svg/);
  const svg = readFileSync(path, 'utf8');
  assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox/);
  // Logarithmic, because 50 ms and 200 ns are in it.
  for (const text of ['true error', 'the discipline&#39;s estimate', '95 % bound', 'size of the error'])
    assert.ok(svg.includes(text.replace('&#39;', "'")), text);
  for (const text of ['100 ms', '1 µs', 'true time since the start, s', 'rate error, ppb', 'acquiring'])
    assert.ok(svg.includes(`>${text}</text>`), text);
  wellFormed(svg);
});

test('a steady run is drawn on a linear axis, unless the other is asked for', async () => {
  const path = join(folder, 'steady.svg');
  const drawn = async (...more: string[]) => {
    await sim('W9/N1u', '--seconds', '4000', '--svg', path, ...more);
    return readFileSync(path, 'utf8');
  };
  const linear = await drawn();
  assert.ok(
    linear.includes('>error (positive: fast), ns</text>') ||
      linear.includes('>error (positive: fast), µs</text>'),
  );
  assert.ok(linear.includes('true time since the start, min'));
  assert.ok((await drawn('--scale', 'log')).includes('size of the error'));
  wellFormed(linear);
});

test('the drawn curve is where the numbers are', async () => {
  const path = join(folder, 'held.svg');
  const { out } = await sim('holdover/W10', '--json', '--svg', path);
  const points = out
    .trimEnd()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  const svg = readFileSync(path, 'utf8');
  const [curve] = svg.match(/<path d="[^"]*" fill="none" stroke="#1f5fa8"[^>]*>/g) ?? [];
  const ends = [...(curve ?? '').matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  assert.is(ends[0]?.[0], 86);
  assert.is(ends.at(-1)?.[0], 976);
  // Zero and the last error, by the axis that the picture itself shows: its tick lines and labels.
  const labels = [...svg.matchAll(/<text x="78" y="([\d.]+)"[^>]*>([−\d.]+)<\/text>/g)]
    .map(([, y, label]) => [Number(y) - 4.5, Number(label?.replace('−', '-'))] as const)
    .filter(([y]) => y < 440);
  const [top, bottom] = [labels.at(-1)!, labels[0]!];
  const unit = svg.includes('fast), ms<') ? 1e-3 : 1e-6;
  const at = (error: number) =>
    bottom[0] + ((error / unit - bottom[1]) / (top[1] - bottom[1])) * (top[0] - bottom[0]);
  assert.ok(Math.abs(at(points.at(-1).errorSeconds) - (ends.at(-1)?.[1] ?? 0)) < 0.2);
  assert.ok(Math.abs(at(points[0].errorSeconds) - (ends[0]?.[1] ?? 0)) < 0.2);
});

test('what cannot be is refused with a remedy', async () => {
  assert.match(await refusal('W9'), /ERR_USAGE there is no scenario "W9" did you mean W9\/N1u, /);
  assert.match(await refusal('nonsense'), /noonmark sim --list/);
  assert.match(await refusal('W9/N1u', 'T2h/N1u'), /one scenario at a time/);
  assert.match(await refusal('W9/N1u', '--noise', 'N200'), /one scenario at a time/);
  assert.match(await refusal('cold-start', '--seed', '1.5'), /--seed 1.5 is no whole number/);
  assert.match(await refusal('cold-start', '--seconds', 'ten'), /--seconds ten is no number/);
  assert.match(await refusal('cold-start', '--scale', 'cubic'), /neither linear nor log/);
  assert.match(await refusal('--oscillator', 'W7'), /no oscillator model "W7"/);
  assert.match(await refusal('cold-start', '--from', '9000'), /nothing to see/);
  assert.match(await refusal('cold-start', '--svg', join(folder, 'none', 'x.svg')), /ERR_FILE cannot write/);
});

test('axes: round ticks within the range, decades on a logarithm, a unit that fits', () => {
  const linear = linearAxis([-0.9e-6, 0.9e-6], [100, 0], { name: 'ns', size: 1e-9 }, 10);
  assert.equal(
    linear.ticks.map(({ label }) => label),
    ['−800', '−600', '−400', '−200', '0', '200', '400', '600', '800'],
  );
  assert.is(linear.at(0), 50);
  assert.is(linear.at(1), 0);
  const log = logAxis([1e-9, 1e-1], [100, 20]);
  assert.equal(
    log.ticks.map(({ label }) => label),
    ['1 ns', '10 ns', '100 ns', '1 µs', '10 µs', '100 µs', '1 ms', '10 ms', '100 ms'],
  );
  assert.ok(Math.abs(log.at(1e-5) - 60) < 1e-9);
  assert.is(log.at(0), 100);
  assert.equal(
    [60, 3600, 90_000].map((length) => timeUnit(length).name),
    ['s', 'min', 'h'],
  );
  assert.equal([222e-9, 1.0912e-3, 0.05, 0].map(durationLabel), ['222 ns', '1.09 ms', '50 ms', '0 ps']);
});

test('a curve keeps its extremes when columns hold many points, and breaks where there is no value', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => ({ x: i / 100, y: i === 5050 ? 9 : Math.sin(i) }));
  const [run = [], ...others] = traces(many);
  assert.is(others.length, 0);
  assert.ok(run.length <= 400);
  assert.is(Math.max(...run.map(({ y }) => y)), 9);
  assert.ok(run.every(({ x }, i) => i === 0 || x > run[i - 1]!.x));
  const broken = traces([1, Number.NaN, 2, 3].map((y, x) => ({ x, y })));
  assert.equal(broken, [
    [{ x: 0, y: 1 }],
    [
      { x: 2, y: 2 },
      { x: 3, y: 3 },
    ],
  ]);
});

/** Every element is closed, nothing is NaN, and all lies on the canvas. */
function wellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, end, name = '', self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (end === '/') assert.is(open.pop(), name);
    else if (self !== '/') open.push(name);
  }
  assert.equal(open, []);
  assert.not.match(svg, /NaN|undefined|Infinity/);
  const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/) ?? [];
  for (const [, x, y] of svg.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g))
    assert.ok(Number(x) >= 0 && Number(x) <= Number(width) && Number(y) >= 0 && Number(y) <= Number(height));
}

test.after(() => rmSync(folder, { recursive: true, force: true }));
test.run();
