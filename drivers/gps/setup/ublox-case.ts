/** What the parts of a u-blox's set-up have in common: the case they are in, and what they have read. */
import type { Place, ReceiverWish } from '../../../src/ports/gps-setup.js';
import type { MessagePort } from '../ubx/cfg-keys.js';
import { decodePairs } from '../ubx/cfg-val.js';
import type { Generation } from './generation.js';

export interface UbloxCase {
  readonly wish: ReceiverWish;
  /** the port of the receiver's that the line leads to */
  readonly port: MessagePort;
  /** of our end of the line, bits/s; undefined: it has no speed */
  readonly baud: number | undefined;
  /** where it was found to be before; undefined: not known */
  readonly remembered: Place | undefined;
  /** it was told to store what it has since this program started */
  readonly stored: boolean;
}

export type Settable = Exclude<Generation, { kind: 'old' }>;

/** What was read from the receiver as it is to be, by key: what is to be stored. Empty for what has no keys. */
export class Held {
  readonly values = new Map<number, bigint>();
  readonly #byKey: boolean;

  constructor(generation: Settable) {
    this.#byKey = generation.kind === 'keys';
  }

  add(payload: DataView): void {
    const pairs = this.#byKey ? decodePairs(payload, 1) : undefined;
    if (pairs?.ok === true) for (const [key, value] of pairs.value.values) this.values.set(key, value);
  }
}
