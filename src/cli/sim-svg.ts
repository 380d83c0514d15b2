/**
 * The few pieces of SVG that a picture is made of, as text. Knows pixels only.
 */
import { type Sample, traces } from './sim-trace.js';

export const path = (samples: readonly Sample[]): string => traces(samples).map(moves).join('');

export const moves = (samples: readonly Sample[]): string =>
  samples.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${fixed(x)} ${fixed(y)}`).join('');

export const stroke = (d: string, colour: string, width: number, dashes?: string): string =>
  `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"${
    dashes === undefined ? '' : ` stroke-dasharray="${dashes}"`
  }/>`;

export const text = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escaped(content)}</text>`;

export const fixed = (value: number): string => String(Number(value.toFixed(1)));

export const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
