/**
 * How `noonmark gps` shows what a receiver says: one JSON object an epoch, or a table. Owns the forms only.
 */
import type { GpsCounters, GpsEpoch, GpsEvent } from '../ports/gps.js';
import { NS_PER_SECOND, nearestSecond } from '../units/time.js';
import type { CommandIo } from './command.js';

const HEADER =
  'time (UTC)               valid  fix   sats  from         latitude    longitude    alt m   leap  pulse ps\n';
const REMEMBERED_PULSES = 4;
/** Epochs this near a whole second are the pulse's. */
const AT_PULSE_NS = 10_000_000n;

/**
 * UTC with its fraction: NMEA's to the last digit it has, at least three; UBX rounded to the millisecond, because the
 * rest is the momentary error of the receiver's own clock, not part of the instant meant. 23:59:60 is written so.
 */
export function epochTime(epoch: GpsEpoch): string {
  const step = /^(NAV|HNR)/.test(epoch.from) ? 1_000_000n : 1n;
  const rounded = ((epoch.timeNs + step / 2n) / step) * step;
  const shown = epoch.leapSecondNow ? rounded - NS_PER_SECOND : rounded;
  const seconds = shown / NS_PER_SECOND;
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
  const fraction = (shown - seconds * NS_PER_SECOND).toString().padStart(9, '0');
  const digits = Math.max(3, fraction.replace(/0+$/, '').length);
  return `${epoch.leapSecondNow ? date.replace(/59$/, '60') : date}.${fraction.slice(0, digits)}Z`;
}

export class GpsReport {
  readonly #io: CommandIo;
  readonly #json: boolean;
  readonly #pulses = new Map<bigint, number>();
  #rows = 0;
  #valid = 0;

  constructor(io: CommandIo, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  show(events: readonly GpsEvent[]): void {
    for (const event of events) {
      if (event.type === 'epoch') this.#epoch(event.epoch);
      else if (event.type === 'pulse-error') this.#pulse(event.pulseError);
      else if (event.type === 'rollover') this.#io.err(`noonmark gps: ${event.text}\n`);
      else if (event.type === 'identity' && !this.#json) {
        const { vendor, software, hardware, protocol, uniqueId } = event.identity;
        const parts = [
          vendor,
          hardware,
          software,
          protocol && `protocol ${protocol}`,
          uniqueId && `id ${uniqueId}`,
        ];
        this.#io.out(`receiver: ${parts.filter(Boolean).join(', ')}\n`);
      } else if (event.type === 'leap' && event.leap.change !== 0 && !this.#json) {
        const at = event.leap.atNs;
        const day = at === undefined ? '' : ` before ${new Date(Number(at / 1_000_000n)).toISOString()}`;
        this.#io.out(`leap second ${event.leap.change === 1 ? 'inserted' : 'deleted'}${day}\n`);
      } else if (event.type === 'health' && !this.#json) {
        const { antenna, jamming, spoofing } = event.health;
        this.#io.out(`antenna ${antenna}, jamming ${jamming}, spoofing ${spoofing}\n`);
      }
    }
  }

  /** What was read in all. */
  close({ sentences, frames, badChecksums, discardedBytes }: GpsCounters): void {
    const read = `${sentences} NMEA sentences, ${frames} UBX frames, ${badChecksums} wrong checksums, ${discardedBytes} other bytes`;
    if (this.#rows === 0) this.#io.err(`noonmark gps: no time was told (${read})\n`);
    else if (!this.#json) this.#io.out(`${this.#rows} epochs, ${this.#valid} valid; ${read}\n`);
  }

  #pulse({
    second,
    quantisationErrorPs,
  }: {
    second: bigint | undefined;
    quantisationErrorPs: number | undefined;
  }): void {
    if (second === undefined || quantisationErrorPs === undefined) return;
    this.#pulses.set(second, quantisationErrorPs);
    for (const old of this.#pulses.keys()) {
      if (this.#pulses.size <= REMEMBERED_PULSES) break;
      this.#pulses.delete(old);
    }
  }

  #epoch(epoch: GpsEpoch): void {
    this.#rows += 1;
    if (epoch.valid) this.#valid += 1;
    const second = nearestSecond(epoch.timeNs);
    const off = epoch.timeNs - second * NS_PER_SECOND;
    const atPulse = (off < 0n ? -off : off) <= AT_PULSE_NS;
    const quantisationErrorPs = atPulse ? this.#pulses.get(second) : undefined;
    if (this.#json) this.#io.out(`${JSON.stringify(jsonOf(epoch, quantisationErrorPs))}\n`);
    else this.#row(epoch, quantisationErrorPs);
  }

  #row(epoch: GpsEpoch, quantisationErrorPs: number | undefined): void {
    if (this.#rows === 1) this.#io.out(HEADER);
    const number = (value: number | undefined, digits: number, width: number) =>
      (value === undefined ? '-' : value.toFixed(digits)).padStart(width);
    const valid = epoch.valid ? 'yes' : 'no';
    this.#io.out(
      `${[
        epochTime(epoch).padEnd(24),
        this.#io.isTerminal && !epoch.valid ? `\x1b[31m${valid.padEnd(5)}\x1b[0m` : valid.padEnd(5),
        epoch.fix.padEnd(4),
        String(epoch.satellitesUsed).padStart(4),
        epoch.from.padEnd(11),
        number(epoch.latDegrees, 6, 10),
        number(epoch.lonDegrees, 6, 11),
        number(epoch.altM, 1, 7),
        number(epoch.leapSeconds, 0, 5),
        number(quantisationErrorPs, 0, 8),
      ].join('  ')}\n`,
    );
  }
}

/** Optional members are left out when unknown; positions are null then. */
const jsonOf = (epoch: GpsEpoch, quantisationErrorPs: number | undefined) => ({
  time: epochTime(epoch),
  valid: epoch.valid,
  fix: epoch.fix,
  satellitesUsed: epoch.satellitesUsed,
  from: epoch.from,
  lat: epoch.latDegrees === undefined ? null : Number(epoch.latDegrees.toFixed(9)),
  lon: epoch.lonDegrees === undefined ? null : Number(epoch.lonDegrees.toFixed(9)),
  altM: epoch.altM ?? null,
  leapSeconds: epoch.leapSeconds,
  quantisationErrorPs,
});
