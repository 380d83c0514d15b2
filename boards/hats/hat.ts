/**
 * What noonmark must know of a GPS receiver that is put on a board's header: data only. One file a hat in definitions/
 */
import type { ClockId } from '../clocks.js';

export interface HatDefinition {
  /** as `--hat` of the card builder takes it */
  readonly id: string;
  /** for people */
  readonly name: string;
  /** the pulse, on the board's header chip */
  readonly pps: { readonly gpio: number; readonly headerPin: number };
  /** speed of its serial line as it is shipped, bits/s; undefined: it may be any */
  readonly factoryBaud: number | undefined;
  /**
   * Options of `refclock gps` that the card's configuration has for this receiver; '': what holds for all is right. Not
   * `baud`, which keeps a receiver that speaks at another speed from being found, except where it is brought to a `speed`:
   * there the card says `factoryBaud` itself.
   */
  readonly receiverOptions: string;
  /** address of the u-blox's DDC on the header's I2C, of which the card's configuration tells; undefined: not wired */
  readonly ddcAddress: number | undefined;
  /** clock on battery on the header's I2C; undefined: none */
  readonly rtc: ClockId | undefined;
  /** sources in boards/overlays, for Debian's device trees */
  readonly overlays: readonly string[];
  /** where the wiring is documented */
  readonly link: string;
}
