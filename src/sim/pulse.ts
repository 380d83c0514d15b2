/**
 * A simulated receiver's pulse as a PulseSource: one edge at each whole true second, with noise, the receiver's
 * quantisation sawtooth, missing and doubled edges, glitches and outages. Edges are drawn when polled, one index of
 * each random stream a second, so that faults do not shift the noise.
 */
import type { Edge, PulseSource } from '../ports/pulse-source.js';
import type { PulseNoise } from './noise.js';
import { RandomStream, STREAM } from './random.js';
import type { SimClock } from './sim-clock.js';
import type { World } from './utc-scale.js';

/** True seconds [from, to). */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export const within = (windows: readonly Window[], t: number): boolean =>
  windows.some((window) => t >= window.from && t < window.to);

export interface PulseOptions {
  readonly noise: PulseNoise;
  readonly seed?: number;
  /** added to every edge: cable, antenna, interrupt; seconds */
  readonly delaySeconds?: number;
  /** pulse minus ideal at true second k, seconds (sawtooth.ts) */
  readonly quantisation?: (k: number) => number;
  /** does the receiver give a pulse at true second k? default: always */
  readonly active?: (k: number) => boolean;
  readonly outages?: readonly Window[];
  /** probabilities a second */
  readonly missing?: number;
  readonly duplicate?: number;
  readonly glitch?: number;
  /** edges kept between two polls, the newest; default 16 (GPIO character device); 1: kernel PPS */
  readonly depth?: number;
}

const DUPLICATE_AFTER_SECONDS = 20e-6;

export class SimPulse implements PulseSource {
  readonly name = 'simulated pulse';
  readonly #world: World;
  readonly #clock: SimClock;
  readonly #options: PulseOptions;
  readonly #faults: RandomStream;
  #open = false;
  #second: number;
  #sequence = 0;
  /** edges of the seconds drawn so far that are still to come, true seconds in rising order */
  #coming: number[] = [];

  /** `clock` stamps the edges (SimClock.kernelStamp). The first edge is that of the next whole second, or of now. */
  constructor(world: World, clock: SimClock, options: PulseOptions) {
    this.#world = world;
    this.#clock = clock;
    this.#options = options;
    this.#faults = new RandomStream(options.seed ?? 1, STREAM.pulseFaults);
    this.#second = Math.ceil(world.now());
  }

  open(): void {
    const now = this.#world.now();
    if (!this.#open) this.#past((t) => t < now);
    this.#open = true;
  }

  poll(): readonly Edge[] {
    const now = this.#world.now();
    const seen = this.#past((t) => t <= now);
    if (!this.#open || seen.length === 0) return [];
    const kept = seen.slice(-(this.#options.depth ?? 16));
    return kept.map((t, i) => ({
      sequence: (this.#sequence - kept.length + 1 + i) >>> 0,
      assertNs: this.#clock.kernelStamp(t),
    }));
  }

  close(): void {
    this.#open = false;
  }

  /** Counts the edges that are over, and takes them off those to come. */
  #past(isOver: (t: number) => boolean): readonly number[] {
    for (; isOver(this.#second); this.#second += 1) this.#draw(this.#second);
    // An edge that its noise puts a little before the second was drawn with it; one put after it waits.
    const coming = this.#coming.findIndex((t) => !isOver(t));
    const seen = this.#coming.splice(0, coming < 0 ? this.#coming.length : coming);
    this.#sequence += seen.length;
    return seen;
  }

  #draw(k: number): void {
    const { noise, delaySeconds, quantisation, active, outages, missing, duplicate, glitch } = this.#options;
    const n = noise.next();
    const lost = this.#chance(missing);
    const doubled = this.#chance(duplicate);
    const disturbed = this.#chance(glitch);
    const present = (active?.(k) ?? true) && !within(outages ?? [], k);
    const edges: number[] = [];
    if (present && !lost) {
      const t = k + ((delaySeconds ?? 0) + (quantisation?.(k) ?? 0) + n);
      edges.push(t);
      if (doubled) edges.push(t + DUPLICATE_AFTER_SECONDS);
    }
    if (disturbed) edges.push(k + this.#faults.uniform());
    if (edges.length === 0) return;
    this.#coming.push(...edges);
    this.#coming.sort((a, b) => a - b);
  }

  /** Draws nothing while the fault is switched off. */
  #chance(probability: number | undefined): boolean {
    return probability !== undefined && probability > 0 && this.#faults.uniform() < probability;
  }
}
