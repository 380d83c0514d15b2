/**
 * The picture of a simulated run: true error, what the discipline takes it for and its 95 % bound over time; below it
 * the rate error and, where there is a thermometer, the temperature. SVG as text, good for paper and for a browser.
 * Pure: points in, text out.
 */
import type { Point } from '../scenario/scenario.js';
import { type Axis, durationUnit, linearAxis, logAxis, timeUnit } from './sim-scale.js';
import { escaped, fixed, moves, path, stroke, text } from './sim-svg.js';

export interface Picture {
  readonly title: string;
  /** second line: the figures */
  readonly subtitle: string;
  readonly points: readonly Point[];
  /** undefined: logarithmic where the errors of the run differ by more than that shows */
  readonly scale: 'linear' | 'log' | undefined;
}

interface Panel {
  readonly top: number;
  readonly bottom: number;
  readonly label: string;
  readonly axis: Axis;
}

const WIDTH = 1000;
const LEFT = 86;
const RIGHT = WIDTH - 24;
const MAIN_TOP = 104;
const MAIN_HEIGHT = 330;
const SMALL_HEIGHT = 96;
const GAP = 30;

const COLOUR = {
  error: '#1f5fa8',
  estimate: '#d9730d',
  bound: '#8a97a8',
  rate: '#4a7d4f',
  celsius: '#a8324a',
  text: '#1d2733',
  faint: '#5b6775',
  grid: '#dfe4ea',
} as const;
const PHASES: Readonly<Record<Point['phase'], { readonly fill: string; readonly name: string }>> = {
  unset: { fill: '#f3f4f6', name: 'not set' },
  acquiring: { fill: '#fff6e5', name: 'acquiring' },
  locked: { fill: '#ffffff', name: 'locked' },
  holdover: { fill: '#f1eefb', name: 'holdover' },
};
/** Errors whose largest is this many times their median are told apart on a logarithmic axis only. */
const LOG_BEYOND = 50;
const LOG_LEAST = 1e-9;
/** So much of a bound is shown, times the largest error. */
const BOUND_SHOWN = 8;
/** The outline of a bound has a point in so many pixels. */
const BAND_COLUMN = 4;

export function drawPicture({ title, subtitle, points, scale }: Picture): string {
  const [first, last] = [points[0], points.at(-1)];
  const from = first?.second ?? 0;
  const to = Math.max(from + 1, last?.second ?? 1);
  const unit = timeUnit(to - from);
  const time = linearAxis([from, to], [LEFT, RIGHT], unit, 10);
  const errors = points.map(({ errorSeconds }) => Math.abs(errorSeconds));
  const log = scale === undefined ? largest(errors) > LOG_BEYOND * median(errors) : scale === 'log';
  const main: Panel = {
    top: MAIN_TOP,
    bottom: MAIN_TOP + MAIN_HEIGHT,
    ...errorAxis(points, errors, log),
  };
  const panels: Panel[] = [main];
  const below = (values: readonly number[], label: string) => {
    const top = (panels.at(-1)?.bottom ?? 0) + GAP;
    const bottom = top + SMALL_HEIGHT;
    const panel = { top, bottom, ...plainAxis(values, [bottom, top], label) };
    panels.push(panel);
    return panel;
  };
  const rate = below(
    points.map(({ frequencyError }) => frequencyError * 1e9),
    'rate error, ppb',
  );
  const degrees = points.map(({ celsius }) => celsius ?? Number.NaN);
  const warm = degrees.some(Number.isFinite) ? below(degrees, 'thermometer, °C') : undefined;
  const bottom = panels.at(-1)?.bottom ?? 0;
  const height = bottom + 58;

  const line = (panel: Panel, pick: (point: Point) => number) =>
    path(points.map((point) => ({ x: time.at(point.second), y: clipped(panel.axis, pick(point)) })));
  const shown = (value: number) => (log ? Math.max(LOG_LEAST, Math.abs(value)) : value);
  const bound = ({ boundSeconds }: Point) => boundSeconds;
  const dense = points.length > 2 * (RIGHT - LEFT);
  const curves = [
    log ? stroke(line(main, bound), COLOUR.bound, 1.6, '5 4') : band(points, time, main.axis),
    stroke(
      line(main, ({ estimateSeconds }) => shown(estimateSeconds ?? Number.NaN)),
      COLOUR.estimate,
      dense ? 0.6 : 1.3,
    ),
    stroke(
      line(main, ({ errorSeconds }) => shown(errorSeconds)),
      COLOUR.error,
      dense ? 0.9 : 1.5,
    ),
    stroke(
      line(rate, ({ frequencyError }) => frequencyError * 1e9),
      COLOUR.rate,
      1,
    ),
    warm === undefined
      ? ''
      : stroke(
          line(warm, ({ celsius }) => celsius ?? Number.NaN),
          COLOUR.celsius,
          1.2,
        ),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
      `font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="${COLOUR.text}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 34, title, 'font-size="19" font-weight="600"'),
    text(LEFT, 56, subtitle, `fill="${COLOUR.faint}"`),
    legend(log),
    phases(points, time, panels),
    ...panels.map((panel) => frame(panel, time)),
    ...curves,
    ...time.ticks.map(({ value, label }) =>
      text(time.at(value), bottom + 18, label, `text-anchor="middle" fill="${COLOUR.faint}"`),
    ),
    text((LEFT + RIGHT) / 2, bottom + 42, `true time since the start, ${unit.name}`, 'text-anchor="middle"'),
    '</svg>\n',
  ].join('\n');
}

function errorAxis(points: readonly Point[], errors: readonly number[], log: boolean) {
  const pixels = [MAIN_TOP + MAIN_HEIGHT, MAIN_TOP] as const;
  const bounds = points.map(({ boundSeconds }) => boundSeconds).filter(Number.isFinite);
  const most = Math.max(largest(errors), LOG_LEAST);
  if (log) {
    const tops = Math.max(most, Math.min(largest(bounds), BOUND_SHOWN * most));
    const least = Math.max(LOG_LEAST, quantile(errors, 0.02));
    const axis = logAxis([10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(tops))], pixels);
    return { axis, label: 'size of the error' };
  }
  const bound = Math.min(largest(bounds), BOUND_SHOWN * most);
  const [low, high] = points.reduce(
    ([least, greatest], { errorSeconds: e }) => [Math.min(least, 1.08 * e), Math.max(greatest, 1.08 * e)],
    [-1.08 * bound, 1.08 * bound],
  );
  const axis = linearAxis([low, high], pixels, durationUnit(Math.max(-low, high)), 8);
  return { axis, label: `error (positive: fast), ${axis.unit}` };
}

function plainAxis(values: readonly number[], pixels: readonly [number, number], label: string) {
  const finite = values.filter(Number.isFinite);
  // A slew of a few seconds would hide all the rest.
  const [low, high] = [quantile(finite, 0.002), quantile(finite, 0.998)];
  const room = Math.max((high - low) * 0.12, Math.abs(high) * 1e-6, 1e-3);
  const axis = linearAxis([low - room, high + room], pixels, { name: '', size: 1 }, 3);
  return { axis, label };
}

function frame({ top, bottom, axis, label }: Panel, time: Axis): string {
  const across = (y: number, colour: string) =>
    `<path d="M${LEFT} ${fixed(y)}H${RIGHT}" stroke="${colour}" stroke-width="1"/>`;
  const middle = (top + bottom) / 2;
  return [
    ...axis.minor.map((value) => across(axis.at(value), '#f0f2f5')),
    ...axis.ticks.map(({ value }) => across(axis.at(value), value === 0 ? '#a9b3bf' : COLOUR.grid)),
    ...time.ticks.map(
      ({ value }) => `<path d="M${fixed(time.at(value))} ${top}V${bottom}" stroke="${COLOUR.grid}"/>`,
    ),
    `<rect x="${LEFT}" y="${top}" width="${RIGHT - LEFT}" height="${bottom - top}" fill="none" stroke="#a9b3bf"/>`,
    ...axis.ticks.map(({ value, label: name }) =>
      text(LEFT - 8, axis.at(value) + 4.5, name, `text-anchor="end" fill="${COLOUR.faint}"`),
    ),
    text(0, 0, label, `text-anchor="middle" transform="translate(20 ${middle}) rotate(-90)"`),
  ].join('\n');
}

/** Backgrounds by the discipline's phase, named where there is room. */
function phases(points: readonly Point[], time: Axis, panels: readonly Panel[]): string {
  const parts: string[] = [];
  for (let start = 0; start < points.length; ) {
    const { phase, second } = points[start]!;
    let end = start;
    while (points[end]?.phase === phase) end += 1;
    const [x, right] = [time.at(second), time.at(points[Math.min(end, points.length - 1)]!.second)];
    if (phase !== 'locked')
      for (const { top, bottom } of panels)
        parts.push(
          `<rect x="${fixed(x)}" y="${top}" width="${fixed(right - x)}" height="${bottom - top}" fill="${PHASES[phase].fill}"/>`,
        );
    if (right - x > 70)
      parts.push(text(x + 6, MAIN_TOP - 6, PHASES[phase].name, `fill="${COLOUR.faint}" font-size="12"`));
    start = end;
  }
  return parts.join('\n');
}

function legend(log: boolean): string {
  const entries = [
    ['true error', COLOUR.error],
    ["the discipline's estimate of it", COLOUR.estimate],
    [log ? '95 % bound' : '± 95 % bound', COLOUR.bound],
  ] as const;
  let x = LEFT;
  return entries
    .map(([name, colour]) => {
      const mark = `<path d="M${x} 73H${x + 26}" stroke="${colour}" stroke-width="3"/>`;
      const part = `${mark}${text(x + 33, 77.5, name, '')}`;
      x += 33 + name.length * 6.7 + 24;
      return part;
    })
    .join('\n');
}

/** What the bound leaves free; of each few pixels the widest. */
function band(points: readonly Point[], time: Axis, axis: Axis): string {
  const columns = new Map<number, { readonly x: number; readonly bound: number }>();
  for (const { second, boundSeconds } of points) {
    const x = time.at(second);
    const column = Math.floor(x / BAND_COLUMN);
    if (boundSeconds >= (columns.get(column)?.bound ?? 0)) columns.set(column, { x, bound: boundSeconds });
  }
  const side = (sign: number) =>
    [...columns.values()].map(({ x, bound }) => ({ x, y: axis.at(sign * bound) }));
  const [upper, lower] = [side(1), side(-1)];
  const area = `${moves([...upper, ...[...lower].reverse()])}Z`;
  return (
    `<path d="${area}" fill="${COLOUR.bound}" fill-opacity="0.2"/>` +
    stroke(moves(upper) + moves(lower), COLOUR.bound, 0.8)
  );
}

const clipped = (axis: Axis, value: number): number => (Number.isNaN(value) ? Number.NaN : axis.at(value));

const largest = (values: readonly number[]): number => values.reduce((most, v) => Math.max(most, v), 0);

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);
