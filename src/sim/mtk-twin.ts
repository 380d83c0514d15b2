/**
 * A MediaTek receiver that can be set by PMTK: the twin. Source: GlobalTop PMTK command packet, as drivers/gps/setup/mtk.ts.
 */
import { encodeGga } from '../../drivers/gps/nmea/gga.js';
import { encodeRmc } from '../../drivers/gps/nmea/rmc.js';
import { encodeSentence, parseSentence } from '../../drivers/gps/nmea/sentence.js';
import { encodeZda } from '../../drivers/gps/nmea/zda.js';
import { FrameScanner } from '../../drivers/gps/scanner.js';
import type { ReceiverTwin } from './receiver-twin.js';

/** GLL RMC VTG GGA GSA GSV, then 13 more. */
const FACTORY = [1, 1, 1, 1, 1, 5, ...new Array<number>(13).fill(0)];

export class MtkTwin implements ReceiverTwin {
  baud: number;
  intervalMs = 1000;
  divisors: readonly number[] = FACTORY;
  readonly #factoryBaud: number;
  /** answers PMTK414 */
  readonly #tells: boolean;
  #answers: Uint8Array[] = [];
  #count = 0;
  readonly #scanner = new FrameScanner({
    sentence: (bytes) => this.#command(parseSentence(Buffer.from(bytes).toString('latin1'))),
    ubx() {},
    discarded() {},
    badChecksum() {},
  });

  constructor({ baud = 9600, tells = true }: { baud?: number; tells?: boolean } = {}) {
    this.baud = baud;
    this.#factoryBaud = baud;
    this.#tells = tells;
  }

  receive(bytes: Uint8Array): readonly Uint8Array[] {
    this.#answers = [];
    this.#scanner.push(bytes, 0n);
    return this.#answers;
  }

  powerCycle(): void {
    this.baud = this.#factoryBaud;
    this.divisors = FACTORY;
    this.intervalMs = 1000;
  }

  second(unixNs: bigint): readonly Uint8Array[] {
    this.#count += 1;
    const parts = {
      day: Number(unixNs / 86_400_000_000_000n),
      ofDayNs: Number(unixNs % 86_400_000_000_000n),
    };
    const place = { latDegrees: 47.4, lonDegrees: 8.5 };
    const texts: readonly (readonly [index: number, type: string, fields: readonly string[]])[] = [
      [3, 'GGA', encodeGga({ ...parts, ...place, quality: 1, satellitesUsed: 8, altM: 400 })],
      [1, 'RMC', encodeRmc({ ...parts, ...place, status: 'A', mode: 'A' }, 3)],
      [2, 'VTG', ['0.0', 'T', '', 'M', '0.0', 'N', '0.0', 'K', 'A']],
      [0, 'GLL', ['', '', '', '', '', 'V', 'N']],
      [17, 'ZDA', encodeZda(parts)],
    ];
    return texts
      .filter(([index]) => (this.divisors[index] ?? 0) > 0 && this.#count % (this.divisors[index] ?? 1) === 0)
      .map(([, type, fields]) => line('GP', type, fields));
  }

  #command(sentence: ReturnType<typeof parseSentence>): void {
    if (sentence?.talker !== 'P' || !sentence.type.startsWith('MTK')) return;
    const number = sentence.type.slice(3);
    const say = (type: string, fields: readonly string[]) => this.#answers.push(line('P', type, fields));
    const done = (flag: string) => say('MTK001', [number, flag]);
    switch (number) {
      case '605':
        say('MTK705', ['AXN_2.31_3339_13101700', '5632', 'PA6H', '1.0']);
        break;
      case '220':
        this.intervalMs = Number(sentence.fields[0]);
        done('3');
        break;
      case '314':
        if (sentence.fields.length !== FACTORY.length) done('0');
        else {
          this.divisors = sentence.fields.map(Number);
          done('3');
        }
        break;
      case '414':
        if (this.#tells) say('MTK514', this.divisors.map(String));
        else done('1');
        break;
      case '251':
        this.baud = Number(sentence.fields[0]);
        break;
      default:
        done('1');
    }
  }
}

const line = (talker: string, type: string, fields: readonly string[]): Uint8Array =>
  new TextEncoder().encode(`${encodeSentence({ talker, type, fields })}\r\n`);
