/**
 * Quantities in words for people: times, spans, counts; and text in columns. Knows nothing of time service.
 */

const STEPS = [
  { least: 1, factor: 1, unit: 's' },
  { least: 1e-3, factor: 1e3, unit: 'ms' },
  { least: 1e-6, factor: 1e6, unit: 'µs' },
  { least: 0, factor: 1e9, unit: 'ns' },
] as const;

/** Three digits: "-42 ns", "1.23 µs", "15.7 ms", "200 ms". */
export function interval(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  const size = Math.abs(seconds);
  // 999.6 ns is 1.00 µs: the unit is chosen after rounding.
  const step = STEPS.find(({ least }) => Number(size.toPrecision(3)) >= least) ?? STEPS[3];
  const value = seconds * step.factor;
  const whole = Math.abs(value) >= 100 || step.unit === 'ns';
  return `${value.toFixed(whole ? 0 : Math.abs(value) >= 10 ? 1 : 2).replace(/^-(0(\.0+)?)$/, '$1')} ${step.unit}`;
}

/** The same, rounded up: a bound must not be told smaller than it is. */
export const bound = (seconds: number): string => {
  if (!Number.isFinite(seconds) || seconds <= 0) return interval(seconds);
  const grain = 10 ** (Math.floor(Math.log10(seconds)) - 2);
  return interval(Math.max(1e-9, Math.ceil(seconds / grain - 1e-9) * grain));
};

/** "3 s", "12 min", "4 h 10 min", "17 d 3 h" */
export function span(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "1 client", "42 clients" */
export const plural = (n: number, noun: string, many = `${noun}s`): string => `${n} ${n === 1 ? noun : many}`;

/** The end gives way to an ellipsis where it does not fit. */
export const fit = (text: string, width: number): string =>
  text.length <= width ? text : width < 1 ? '' : `${text.slice(0, width - 1)}…`;

/** Words onto lines of at most `width` columns, the first behind `first`, the others behind `indent`. */
export function wrap(text: string, width: number, indent: string, first = ''): string {
  const lines: string[] = [];
  let line = first;
  let begun = false;
  for (const word of text.split(' ')) {
    if (begun && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
      begun = false;
    }
    line += begun ? ` ${word}` : word;
    begun = true;
  }
  return [...lines, line].join('\n');
}

/** What a terminal may show: control characters out, so that no receiver or packet draws on it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
export const printable = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?');
