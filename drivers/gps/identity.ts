/**
 * What a receiver tells of itself: make, versions, unique number, antenna. Owns the merging of what comes piece by piece
 * in UBX messages, TXT lines and proprietary sentences.
 */
import type { GpsHealth, GpsIdentity } from '../../src/ports/gps.js';
import type { Sentence } from './nmea/sentence.js';
import { type MonVer, moduleOf, protocolOf } from './ubx/mon-ver.js';

type Known = { -readonly [Name in keyof GpsIdentity]: GpsIdentity[Name] };

export class Identity {
  #known: Known = { vendor: 'unknown' };

  get current(): GpsIdentity {
    return { ...this.#known };
  }

  /** Each answers true when something new was learned. */
  monVer(version: MonVer): boolean {
    const module = moduleOf(version.extensions);
    return this.#learn({
      vendor: 'u-blox',
      software: version.software,
      hardware: module === undefined ? version.hardware : `${module} ${version.hardware}`,
      protocol: protocolOf(version.extensions),
    });
  }

  uniqueId(id: string): boolean {
    return this.#learn({ vendor: 'u-blox', uniqueId: id });
  }

  /** Any UBX frame with a right checksum is from a u-blox (or one that speaks as one). */
  spokeUbx(): boolean {
    return this.#known.vendor === 'unknown' && this.#learn({ vendor: 'u-blox' });
  }

  /** u-blox tells its versions in TXT lines after start-up: "HW UBX 9.0 …", "ROM CORE 3.01 …", "PROTVER=18.00". */
  txt(text: string): boolean {
    const protocol = protocolOf([text]);
    if (protocol !== undefined) return this.#learn({ vendor: 'u-blox', protocol });
    if (/^HW +UBX/i.test(text)) return this.#learn({ vendor: 'u-blox', hardware: text });
    if (/^(ROM|EXT) CORE|^FWVER=/.test(text)) return this.#learn({ vendor: 'u-blox', software: text });
    return /^u-blox AG/i.test(text) && this.#learn({ vendor: 'u-blox' });
  }

  proprietary({ type, fields }: Sentence): boolean {
    if (type === 'UBX') return this.spokeUbx();
    if (type === 'MTK705')
      return this.#learn({
        vendor: 'mtk',
        software: fields[0] || undefined,
        hardware: fields[2] || undefined,
      });
    if (type.startsWith('MTK')) return this.#known.vendor === 'unknown' && this.#learn({ vendor: 'mtk' });
    if (type === 'QVERNO') return this.#learn({ vendor: 'mtk', hardware: fields[1] || undefined });
    if (type === 'SRFTXT' && /version/i.test(fields[0] ?? ''))
      return this.#learn({ vendor: 'sirf', software: fields.join(',') });
    return type.startsWith('SRF') && this.#known.vendor === 'unknown' && this.#learn({ vendor: 'sirf' });
  }

  #learn(news: Partial<Known>): boolean {
    const before = JSON.stringify(this.#known);
    for (const [name, value] of Object.entries(news))
      if (value !== undefined && value !== '') Object.assign(this.#known, { [name]: value });
    return JSON.stringify(this.#known) !== before;
  }
}

/** "ANTSTATUS=OK" and its kin; undefined for any other text. */
export function antennaOfTxt(text: string): GpsHealth['antenna'] | undefined {
  const state = /^ANTSTATUS=(\w+)/.exec(text)?.[1];
  if (state === undefined) return undefined;
  if (state === 'OK') return 'ok';
  return state === 'OPEN' ? 'open' : state === 'SHORT' ? 'short' : 'unknown';
}
