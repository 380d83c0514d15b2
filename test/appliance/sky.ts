/**
 * What hangs on the card's board: a u-blox's twin on the serial line and its pulses, both by the scale's seconds, each of
 * which can be taken away and given back.
 */
import { UbloxTwin } from '../../src/sim/ublox-twin.js';
import { type Pulsed, type PulseRecord, Pulses } from '../support/pulses.js';
import type { TimeScale } from './time-scale.js';

/** A machine with a receiver's line and a pulse input. */
export interface Board {
  readonly qemu: Pulsed;
  serial(bytes: Uint8Array): void;
  onSerial(take: (bytes: Uint8Array) => void): void;
}

/** The messages of a second begin so long after its pulse, and an answer comes so long after its question, ms. */
const MESSAGE_MS = 150;
const ANSWER_MS = 30;

export class Sky {
  /** the line to the receiver is whole */
  line = true;
  /** it sees satellites */
  hasFix = false;
  readonly twin: UbloxTwin;
  readonly records: PulseRecord[] = [];
  readonly #machine: Board;
  readonly #scale: TimeScale;
  readonly #timer: NodeJS.Timeout;
  #pulses: Pulses | undefined;
  #second: number;

  constructor(machine: Board, scale: TimeScale) {
    this.#machine = machine;
    this.#scale = scale;
    this.#second = this.#now();
    const fixAfter = () => (this.hasFix ? 0 : Number.POSITIVE_INFINITY);
    this.twin = new UbloxTwin({
      ...{ generation: 8, timing: 'tmode2', baud: 9600 },
      get fixAfter() {
        return fixAfter();
      },
    });
    machine.onSerial((bytes) => {
      if (!this.line) return;
      for (const answer of this.twin.receive(bytes)) setTimeout(() => this.#say(answer), ANSWER_MS);
    });
    this.#timer = setInterval(() => this.#turn(), 10);
  }

  startPulses(): void {
    this.#pulses ??= new Pulses(this.#machine.qemu, this.#scale.pulses, (record) =>
      this.records.push(record),
    );
  }

  stopPulses(): void {
    this.#pulses?.stop();
    this.#pulses = undefined;
  }

  close(): void {
    this.stopPulses();
    clearInterval(this.#timer);
    this.#machine.onSerial(() => undefined);
  }

  #now(): number {
    const { originNs, secondNs } = this.#scale.pulses;
    return Number((process.hrtime.bigint() - originNs - BigInt(MESSAGE_MS) * 1_000_000n) / secondNs);
  }

  #turn(): void {
    const now = this.#now();
    if (now === this.#second) return;
    this.#second = now;
    for (const frame of this.twin.second(this.#scale.secondNs(now))) this.#say(frame);
  }

  #say(bytes: Uint8Array): void {
    if (this.line) this.#machine.serial(bytes);
  }
}
