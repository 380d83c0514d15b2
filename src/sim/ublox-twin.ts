/**
 * A u-blox that can be set: the twin of generations 6 to 10, with the CFG messages or the keys of its kind, ACK and NAK, a
 * survey-in, and its own memory. Owns what such a receiver has and answers; what it says each second is ublox-solution.ts's.
 * Source: u-blox 6, M8, F9 and M10 interface descriptions, the sections of drivers/gps/ubx/cfg-*.ts.
 */
import { FrameScanner } from '../../drivers/gps/scanner.js';
import { encodeAck } from '../../drivers/gps/ubx/ack.js';
import { KEY, type MessagePort, MSGOUT, MSGOUT_PORT } from '../../drivers/gps/ubx/cfg-keys.js';
import { encodeMessageRates } from '../../drivers/gps/ubx/cfg-msg.js';
import { decodeCfgPrt, encodeCfgPrt, PORT } from '../../drivers/gps/ubx/cfg-prt.js';
import { TIME_MODE } from '../../drivers/gps/ubx/cfg-tmode2.js';
import {
  decodePairs,
  decodeValGet,
  encodeValGetAnswer,
  LAYER,
  LAYER_READ,
  MOST_KEYS,
} from '../../drivers/gps/ubx/cfg-val.js';
import { UBX } from '../../drivers/gps/ubx/ids.js';
import { encodeUbx } from '../../drivers/gps/ubx/match.js';
import { encodeMonVer } from '../../drivers/gps/ubx/mon-ver.js';
import type { ReceiverTwin } from './receiver-twin.js';
import { encodeSolution, type TwinSurvey } from './ublox-solution.js';

export interface UbloxTwinOptions {
  readonly generation: 6 | 7 | 8 | 9 | 10;
  /** 'tmode2' (M8T), 'tmode3' (M8P), 'keys' (F9T); undefined: no timing mode */
  readonly timing?: 'tmode2' | 'tmode3' | 'keys' | undefined;
  /** port that the line leads to; default uart */
  readonly port?: MessagePort;
  readonly baud?: number;
  /** seconds after power-up until it has a fix; default 0 */
  readonly fixAfter?: number;
  /** since it was switched on, ms, when it begins to speak; default 0 */
  readonly uptimeMs?: number;
  readonly latDegrees?: number;
  readonly lonDegrees?: number;
  /** settings that it acknowledges and leaves as they are: keys, CFG messages, or messages whose rate is set */
  readonly disobeys?: readonly number[];
  /** settings that it refuses to change */
  readonly refuses?: readonly number[];
}

const VERSIONS = {
  6: { software: '7.03 (45969)', hardware: '00040007', extensions: [] },
  7: { software: '1.00 (59842)', hardware: '00070000', extensions: ['PROTVER 14.00'] },
  8: {
    software: 'EXT CORE 3.01 (111141)',
    hardware: '00080000',
    extensions: ['PROTVER=22.00', 'MOD=NEO-M8T-0'],
  },
  9: {
    software: 'EXT CORE 1.00 (fc59e5)',
    hardware: '00190000',
    extensions: ['PROTVER=29.20', 'MOD=ZED-F9T'],
  },
  10: { software: 'ROM SPG 5.10 (7b202e)', hardware: '000A0000', extensions: ['PROTVER=34.10'] },
} as const;

/** Messages of each generation, by number and by name of the key; what is missing is refused. */
const KNOWN: Readonly<Record<number, string>> = {
  [UBX.NAV_PVT]: 'NAV_PVT',
  [UBX.NAV_STATUS]: 'NAV_STATUS',
  [UBX.NAV_SAT]: 'NAV_SAT',
  [UBX.NAV_SOL]: 'NAV_SOL',
  [UBX.NAV_TIMEUTC]: 'NAV_TIMEUTC',
  [UBX.NAV_TIMEGPS]: 'NAV_TIMEGPS',
  [UBX.NAV_TIMELS]: 'NAV_TIMELS',
  [UBX.NAV_SVINFO]: 'NAV_SVINFO',
  [UBX.MON_HW]: 'MON_HW',
  [UBX.TIM_TP]: 'TIM_TP',
  [UBX.TIM_SVIN]: 'TIM_SVIN',
  [UBX.NAV_SVIN]: 'NAV_SVIN',
  [UBX.SEC_SIG]: 'SEC_SIG',
};
const AFTER_SIX = new Set<number>([UBX.NAV_PVT, UBX.NAV_SAT, UBX.NAV_TIMELS, UBX.NAV_SVIN]);
const AFTER_EIGHT = new Set<number>([UBX.SEC_SIG]);
const NMEA = [0xf000, 0xf001, 0xf002, 0xf003, 0xf004, 0xf005, 0xf008];
const NMEA_ON = new Set([0xf000, 0xf001, 0xf002, 0xf003, 0xf004, 0xf005]);
const PORT_ID = { uart: PORT.uart1, usb: PORT.usb, i2c: PORT.ddc } as const;
/** CFG-NAV5: bytes from, to, that a bit of its mask stands for. */
const NAV5_MASK: readonly (readonly [bit: number, from: number, to: number])[] = [
  [0, 2, 3],
  [1, 12, 13],
  [2, 3, 12],
  [3, 13, 14],
  [6, 22, 23],
  [7, 23, 24],
  [8, 24, 26],
  [10, 30, 31],
];
/** UBX and NMEA. */
const BOTH = 3;
const UART_8N1 = 0x8d0;

interface Memory {
  readonly baud: number;
  /** CFG messages that are one payload each, by number */
  readonly payloads: ReadonlyMap<number, Uint8Array>;
  readonly rates: ReadonlyMap<number, number>;
  readonly keys: ReadonlyMap<number, bigint>;
}

export class UbloxTwin implements ReceiverTwin {
  baud: number;
  /** deaf: it speaks, and answers nothing */
  deaf = false;
  /** what it takes its signals for, as NAV-STATUS and SEC-SIG number it: 1 true, 2 false */
  spoofing = 1;
  /** every message that it was told to set, class << 8 | id */
  readonly sets: number[] = [];
  /** what it stored, by layer: u-blox 9 and 10 */
  readonly stored = { bbr: new Map<number, bigint>(), flash: new Map<number, bigint>() };
  /** how often its memory was written to */
  stores = 0;
  latDegrees: number;
  lonDegrees: number;
  readonly #options: UbloxTwinOptions;
  #payloads = new Map<number, Uint8Array>();
  #rates = new Map<number, number>();
  #keys = new Map<number, bigint>();
  #saved: Memory;
  #answers: Uint8Array[] = [];
  #uptime = 0;
  #switchedOnMs: number;
  #surveyed = 0;
  readonly #scanner = new FrameScanner({
    ubx: (bytes) => this.#message(((bytes[2] as number) << 8) | (bytes[3] as number), bytes.slice(6, -2)),
    sentence() {},
    discarded() {},
    badChecksum() {},
  });

  constructor(options: UbloxTwinOptions) {
    this.#options = options;
    this.baud = options.baud ?? 9600;
    this.#switchedOnMs = options.uptimeMs ?? 0;
    this.latDegrees = options.latDegrees ?? 47.3769;
    this.lonDegrees = options.lonDegrees ?? 8.5417;
    this.#factory();
    this.#saved = this.#memory();
  }

  receive(bytes: Uint8Array): readonly Uint8Array[] {
    this.#answers = [];
    if (!this.deaf) this.#scanner.push(bytes, 0n);
    return this.#answers;
  }

  powerCycle(): void {
    const { baud, payloads, rates } = this.#saved;
    // Battery backed RAM goes before flash.
    const keys = new Map([...this.#saved.keys, ...this.stored.flash, ...this.stored.bbr]);
    this.baud = this.#options.generation < 9 ? baud : Number(keys.get(KEY.UART1_BAUDRATE));
    this.#payloads = new Map(payloads);
    this.#rates = new Map(rates);
    this.#keys = keys;
    this.#uptime = 0;
    this.#switchedOnMs = 0;
    this.#surveyed = 0;
  }

  second(unixNs: bigint): readonly Uint8Array[] {
    this.#uptime += 1;
    if (this.mode === TIME_MODE.survey) this.#surveyed += 1;
    const due = (message: number): boolean => {
      const rate = this.rate(message);
      return rate > 0 && this.#uptime % rate === 0;
    };
    const { latDegrees, lonDegrees } = this;
    const spoofing = this.#options.generation < 8 ? 0 : this.spoofing;
    const uptimeMs = (this.#switchedOnMs + 1000 * this.#uptime) % 2 ** 32;
    return encodeSolution(
      {
        ...{ unixNs, isFixed: this.fixed, latDegrees, lonDegrees },
        ...{ survey: this.#survey(), spoofing, uptimeMs },
      },
      due,
    );
  }

  get fixed(): boolean {
    return this.#uptime > (this.#options.fixAfter ?? 0);
  }

  /** Of a message on the port of the line: each so many solutions; 0: never. */
  rate(message: number): number {
    if (this.#options.generation < 9) return this.#rates.get(message) ?? 0;
    const key = this.#keyOf(message);
    return key === undefined ? 0 : Number(this.#keys.get(key) ?? 0n);
  }

  /** A CFG message's payload, as it is now. */
  payload(message: number): DataView {
    const payload = this.#payloads.get(message) ?? new Uint8Array();
    return new DataView(payload.buffer, payload.byteOffset, payload.length);
  }

  key(key: number): bigint | undefined {
    return this.#keys.get(key);
  }

  /** of TIME_MODE; undefined: no timing mode */
  get mode(): number | undefined {
    const { timing } = this.#options;
    if (timing === undefined) return undefined;
    if (timing === 'keys') return Number(this.#keys.get(KEY.TMODE_MODE) ?? 0n);
    return timing === 'tmode2'
      ? this.payload(UBX.CFG_TMODE2).getUint8(0)
      : this.payload(UBX.CFG_TMODE3).getUint8(2);
  }

  #survey(): TwinSurvey {
    const seconds = this.#surveyed;
    const accuracyM = seconds === 0 ? 0 : 20 / Math.sqrt(seconds);
    const least = {
      tmode2: () => this.payload(UBX.CFG_TMODE2).getUint32(20, true),
      tmode3: () => this.payload(UBX.CFG_TMODE3).getUint32(24, true),
      keys: () => Number(this.#keys.get(KEY.TMODE_SVIN_MIN_DUR) ?? 0n),
    };
    const valid =
      this.#options.timing !== undefined && seconds > 0 && seconds >= least[this.#options.timing]();
    return {
      seconds,
      accuracyM,
      valid: valid ? 1 : 0,
      active: !valid && this.mode === TIME_MODE.survey ? 1 : 0,
    };
  }

  #factory(): void {
    const { generation, timing } = this.#options;
    if (generation >= 9) {
      const on = (key: number) => key + MSGOUT_PORT[this.#options.port ?? 'uart'];
      const { NAV_SVIN, TIM_SVIN, SEC_SIG, ...messages } = MSGOUT;
      for (const [name, key] of Object.entries(messages))
        this.#keys.set(on(key), BigInt(name.startsWith('NMEA') && name !== 'NMEA_ZDA' ? 1 : 0));
      if (timing === 'keys') for (const key of [NAV_SVIN, TIM_SVIN]) this.#keys.set(on(key), 0n);
      if (generation === 10) this.#keys.set(on(SEC_SIG), 0n);
      for (const key of [0x1072_0001, 0x1074_0001, 0x1078_0001]) this.#keys.set(key, 1n);
      for (const [name, key] of Object.entries(KEY))
        if (timing === 'keys' || !name.startsWith('TMODE')) this.#keys.set(key, 0n);
      this.#keys.set(KEY.UART1_BAUDRATE, BigInt(this.baud));
      return;
    }
    const port = PORT_ID[this.#options.port ?? 'uart'];
    this.#payloads.set(
      UBX.CFG_PRT,
      encodeCfgPrt({
        port,
        txReady: 0,
        mode: UART_8N1,
        baud: this.baud,
        inProtocols: 7,
        outProtocols: BOTH,
        flags: 0,
      }),
    );
    this.#payloads.set(UBX.CFG_RATE, Uint8Array.of(0xe8, 3, 1, 0, 1, 0));
    this.#payloads.set(UBX.CFG_NAV5, new Uint8Array(36));
    this.#payloads.set(UBX.CFG_TP5, new Uint8Array(32));
    this.#payloads.set(UBX.CFG_ITFM, new Uint8Array(8));
    if (timing === 'tmode2') this.#payloads.set(UBX.CFG_TMODE2, new Uint8Array(28));
    if (timing === 'tmode3') this.#payloads.set(UBX.CFG_TMODE3, new Uint8Array(40));
    for (const message of [...NMEA, ...Object.keys(KNOWN).map(Number)])
      if (!AFTER_EIGHT.has(message) && (generation > 6 || !AFTER_SIX.has(message)))
        this.#rates.set(message, NMEA_ON.has(message) ? 1 : 0);
  }

  #memory(): Memory {
    return {
      baud: this.baud,
      payloads: new Map(this.#payloads),
      rates: new Map(this.#rates),
      keys: new Map(this.#keys),
    };
  }

  #keyOf(message: number): number | undefined {
    const names = ['NMEA_GGA', 'NMEA_GLL', 'NMEA_GSA', 'NMEA_GSV', 'NMEA_RMC', 'NMEA_VTG'];
    const name = message >> 8 === 0xf0 ? (names[message & 15] ?? 'NMEA_ZDA') : KNOWN[message];
    const entry = Object.entries(MSGOUT).find(([one]) => one === name);
    return entry === undefined ? undefined : entry[1] + MSGOUT_PORT[this.#options.port ?? 'uart'];
  }

  #message(id: number, payload: Uint8Array): void {
    if (id === UBX.MON_VER && payload.length === 0) {
      this.#say(UBX.MON_VER, encodeMonVer(VERSIONS[this.#options.generation]));
      return;
    }
    if (id >> 8 !== 0x06) return;
    const answer = this.#options.generation >= 9 ? this.#byKey(id, payload) : this.#byMessage(id, payload);
    this.#say(answer ? UBX.ACK_ACK : UBX.ACK_NAK, encodeAck({ message: id }));
  }

  #disobeys(setting: number): boolean {
    return this.#options.disobeys?.includes(setting) === true;
  }

  #refuses(setting: number): boolean {
    return this.#options.refuses?.includes(setting) === true;
  }

  #say(id: number, payload: Uint8Array): void {
    this.#answers.push(encodeUbx(id, payload));
  }

  #byMessage(id: number, payload: Uint8Array): boolean {
    if (id === UBX.CFG_CFG) {
      if (this.#refuses(id)) return false;
      this.sets.push(id);
      this.stores += 1;
      this.#saved = this.#memory();
      return true;
    }
    if (id === UBX.CFG_MSG) {
      const message = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
      if (!this.#rates.has(message)) return false;
      if (payload.length === 3) {
        if (this.#refuses(message)) return false;
        this.sets.push(id);
        if (!this.#disobeys(message)) this.#rates.set(message, payload[2] as number);
        return true;
      }
      const rates = [0, 0, 0, 0, 0, 0];
      rates[PORT_ID[this.#options.port ?? 'uart']] = this.#rates.get(message) ?? 0;
      this.#say(id, encodeMessageRates({ message, rates }));
      return true;
    }
    const now = this.#payloads.get(id);
    if (now === undefined) return false;
    if (payload.length === 0) {
      this.#say(id, now);
      return true;
    }
    if (payload.length !== now.length || this.#refuses(id)) return false;
    this.sets.push(id);
    if (this.#disobeys(id)) return true;
    this.#payloads.set(id, id === UBX.CFG_NAV5 ? masked(now, payload) : payload);
    if (id === UBX.CFG_PRT) {
      const port = decodeCfgPrt(new DataView(payload.buffer, payload.byteOffset, payload.length));
      if (port.ok && port.value.port === PORT.uart1) this.baud = port.value.baud;
    }
    if (id === UBX.CFG_TMODE2 || id === UBX.CFG_TMODE3) this.#surveyed = 0;
    return true;
  }

  #byKey(id: number, payload: Uint8Array): boolean {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    if (id === UBX.CFG_VALGET) {
      const keys = decodeValGet(view);
      if (!keys.ok || keys.value.keys.length > MOST_KEYS) return false;
      if (!keys.value.keys.every((key) => this.#keys.has(key))) return false;
      const { layer } = keys.value;
      const from =
        layer === LAYER_READ.ram ? this.#keys : this.stored[layer === LAYER_READ.bbr ? 'bbr' : 'flash'];
      const found = keys.value.keys.flatMap((key) => {
        const value = from.get(key);
        return value === undefined ? [] : [[key, value] as const];
      });
      if (found.length === 0) return false;
      this.#say(id, encodeValGetAnswer(layer, new Map(found)));
      return true;
    }
    const pairs = id === UBX.CFG_VALSET ? decodePairs(view, 0) : undefined;
    if (
      pairs?.ok !== true ||
      pairs.value.values.size > MOST_KEYS ||
      ![...pairs.value.values.keys()].every((key) => this.#keys.has(key))
    )
      return false;
    const { first: layers, values } = pairs.value;
    // A ROM module has no flash.
    if (this.#options.generation === 10 && (layers & LAYER.flash) !== 0) return false;
    if ([...values.keys()].some((key) => this.#refuses(key))) return false;
    this.sets.push(id);
    if (layers > LAYER.ram) this.stores += 1;
    for (const [key, value] of values) {
      if (this.#disobeys(key)) continue;
      if ((layers & LAYER.ram) !== 0) this.#keys.set(key, value);
      if ((layers & LAYER.bbr) !== 0) this.stored.bbr.set(key, value);
      if ((layers & LAYER.flash) !== 0) this.stored.flash.set(key, value);
      if (key === KEY.UART1_BAUDRATE && (layers & LAYER.ram) !== 0) this.baud = Number(value);
      if (key === KEY.TMODE_MODE && (layers & LAYER.ram) !== 0) this.#surveyed = 0;
    }
    return true;
  }
}

/** What a CFG-NAV5 makes of another: only what its mask names. */
function masked(now: Uint8Array, set: Uint8Array): Uint8Array {
  const mask = (set[0] ?? 0) | ((set[1] ?? 0) << 8);
  const out = now.slice();
  for (const [bit, from, to] of NAV5_MASK)
    if ((mask & (1 << bit)) !== 0) out.set(set.subarray(from, to), from);
  return out;
}
