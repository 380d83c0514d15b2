/**
 * Axes of a picture: from values to pixels, where the ticks stand, and what is written at them. Pure; knows no SVG.
 */

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Axis {
  /** pixel of a value; values beyond the ends are held at them */
  at(value: number): number;
  readonly ticks: readonly Tick[];
  /** lines without a label between the ticks */
  readonly minor: readonly number[];
  /** what is written along the axis: "µs"; empty: the ticks name their units */
  readonly unit: string;
}

export interface Unit {
  readonly name: string;
  /** one of it in the values' own unit */
  readonly size: number;
}

/** Units of a duration in seconds, the smallest first. */
const DURATIONS: readonly Unit[] = [
  { name: 'ps', size: 1e-12 },
  { name: 'ns', size: 1e-9 },
  { name: 'µs', size: 1e-6 },
  { name: 'ms', size: 1e-3 },
  { name: 's', size: 1 },
];

/** The unit in which `largest` seconds are a number from 1 to 1000. */
export function durationUnit(largest: number): Unit {
  const fitting = DURATIONS.findLast(({ size }) => size <= largest * (1 + 1e-9));
  return fitting ?? { name: 'ps', size: 1e-12 };
}

/** The unit for a true time axis of that length in seconds. */
export function timeUnit(length: number): Unit {
  if (length <= 300) return { name: 's', size: 1 };
  return length <= 3 * 3600 ? { name: 'min', size: 60 } : { name: 'h', size: 3600 };
}

/** `pixels`: of `range`'s ends, in its order. `count`: about so many ticks. */
export function linearAxis(
  range: readonly [number, number],
  pixels: readonly [number, number],
  unit: Unit,
  count: number,
): Axis {
  const [from, to] = range;
  const step = niceStep((to - from) / unit.size / count);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(from / unit.size / step - 1e-9);
  const last = Math.floor(to / unit.size / step + 1e-9);
  const ticks: Tick[] = [];
  for (let i = first; i <= last; i += 1) {
    const shown = i * step;
    ticks.push({ value: shown * unit.size, label: shown.toFixed(digits).replace('-', '−') });
  }
  return { at: mapping(range, pixels, (value) => value), ticks, minor: [], unit: unit.name };
}

/** Powers of ten as ticks, each with its unit; `range` above 0. For durations in seconds. */
export function logAxis(range: readonly [number, number], pixels: readonly [number, number]): Axis {
  const [from, to] = range;
  const ticks: Tick[] = [];
  const minor: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1) {
    const value = 10 ** power;
    if (value >= from * 0.999 && value <= to * 1.001) ticks.push({ value, label: durationLabel(value) });
    for (let n = 2; n <= 9; n += 1) if (n * value > from && n * value < to) minor.push(n * value);
  }
  const at = mapping([Math.log10(from), Math.log10(to)], pixels, (value) =>
    value > 0 ? Math.log10(value) : Number.NEGATIVE_INFINITY,
  );
  return { at, ticks, minor, unit: '' };
}

/** "222 ns", "1.09 ms" */
export function durationLabel(seconds: number): string {
  const { name, size } = durationUnit(Math.abs(seconds));
  return `${Number((seconds / size).toPrecision(3))} ${name}`;
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((f) => f * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function mapping(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  transform: (value: number) => number,
): (value: number) => number {
  return (value) => {
    const share = (transform(value) - from) / (to - from);
    return start + Math.min(1, Math.max(0, share)) * (end - start);
  };
}
