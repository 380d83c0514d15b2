/**
 * UBX messages as a simulated u-blox receiver writes them. The real codec is drivers/gps, which this must not import.
 * Frame: B5 62, class, id, length (U2), payload, Fletcher checksum over class..payload. All little-endian.
 * Source: u-blox 8 / M8 receiver description, UBX-13003221; offsets in the comments are payload offsets.
 */
import { gpsWeek } from './calendar.js';
import type { ReceiverState } from './receiver-state.js';

export type UbxMessage = 'NAV-PVT' | 'NAV-TIMEUTC' | 'NAV-TIMELS' | 'NAV-SAT' | 'TIM-TP';

const HEADER = 6;
const FIX_TYPE = { none: 0, '2d': 2, '3d': 3, time: 5 } as const;
const ACCURACY_NS = 18;

/** `fill` writes the payload, which starts as zeros. */
export function ubxFrame(
  classId: number,
  id: number,
  length: number,
  fill?: (payload: DataView) => void,
): Uint8Array {
  const bytes = new Uint8Array(HEADER + length + 2);
  const view = new DataView(bytes.buffer);
  bytes.set([0xb5, 0x62, classId, id]);
  view.setUint16(4, length, true);
  fill?.(new DataView(bytes.buffer, HEADER, length));
  let a = 0;
  let b = 0;
  for (let i = 2; i < HEADER + length; i += 1) {
    a = (a + (bytes[i] ?? 0)) & 0xff;
    b = (b + a) & 0xff;
  }
  bytes[HEADER + length] = a;
  bytes[HEADER + length + 1] = b;
  return bytes;
}

/** The solution's own instant, some ns to either side of the second: receivers write a negative fraction too. */
const nanoseconds = (state: ReceiverState) => (state.valid ? Math.round(30 * Math.sin(state.towSeconds)) : 0);

const towMs = (state: ReceiverState) => state.towSeconds * 1000;

/** year U2, month, day, hour, minute, second U1 at `at`; zeros while there is no time. */
function putCivil(view: DataView, at: number, { utc }: ReceiverState): void {
  if (utc === undefined) return;
  view.setUint16(at, utc.year, true);
  [utc.month, utc.day, utc.hour, utc.minute, utc.second].forEach((value, i) => {
    view.setUint8(at + 2 + i, value);
  });
}

/** 01 07, 92 bytes. valid: 1 date, 2 time, 4 fully resolved. */
export function navPvt(state: ReceiverState): Uint8Array {
  return ubxFrame(0x01, 0x07, 92, (view) => {
    view.setUint32(0, towMs(state), true);
    putCivil(view, 4, state);
    view.setUint8(11, state.utc === undefined ? 0 : state.valid ? (state.utcKnown ? 7 : 3) : 0);
    view.setUint32(12, state.valid ? ACCURACY_NS : 0xffffffff, true);
    view.setInt32(16, nanoseconds(state), true);
    view.setUint8(20, FIX_TYPE[state.fix]);
    view.setUint8(21, state.valid ? 1 : 0);
    view.setUint8(23, state.satellitesUsed);
    view.setInt32(24, Math.round(state.lonDegrees * 1e7), true);
    view.setInt32(28, Math.round(state.latDegrees * 1e7), true);
    view.setInt32(32, Math.round((state.altM + 46.9) * 1000), true);
    view.setInt32(36, Math.round(state.altM * 1000), true);
    view.setUint32(40, state.valid ? 1200 : 0xffffffff, true);
    view.setUint32(44, state.valid ? 1900 : 0xffffffff, true);
    view.setUint16(76, state.valid ? 174 : 9999, true);
  });
}

/** 01 21, 20 bytes. valid: 1 time of week, 2 week, 4 UTC (leap seconds known). */
export function navTimeUtc(state: ReceiverState): Uint8Array {
  return ubxFrame(0x01, 0x21, 20, (view) => {
    view.setUint32(0, towMs(state), true);
    view.setUint32(4, state.valid ? ACCURACY_NS : 0xffffffff, true);
    view.setInt32(8, nanoseconds(state), true);
    putCivil(view, 12, state);
    view.setUint8(19, state.valid ? (state.utcKnown ? 7 : 3) : 0);
  });
}

/** 01 26, 24 bytes. valid: 1 current leap seconds, 2 the coming event. */
export function navTimeLs(state: ReceiverState): Uint8Array {
  return ubxFrame(0x01, 0x26, 24, (view) => {
    view.setUint32(0, towMs(state), true);
    view.setUint8(8, state.utcKnown ? 2 : 0);
    view.setInt8(9, state.leapSeconds);
    let valid = state.utcKnown ? 1 : 0;
    if (state.utcKnown && state.nextLeap !== undefined) {
      const { change, inSeconds } = state.nextLeap;
      // The week and the day (1 Sunday .. 7) at whose end the leap happens.
      const gpsSeconds = state.week * 604_800 + state.towSeconds + inSeconds - 1 - state.leapSeconds;
      const { week, towSeconds } = gpsWeek(gpsSeconds);
      view.setUint8(10, 2);
      view.setInt8(11, change);
      view.setInt32(12, inSeconds, true);
      view.setUint16(16, week, true);
      view.setUint16(18, Math.floor(towSeconds / 86400) + 1, true);
      valid |= 2;
    }
    view.setUint8(23, valid);
  });
}

/** 01 35, 8 + 12 n bytes. */
export function navSat(state: ReceiverState): Uint8Array {
  return ubxFrame(0x01, 0x35, 8 + 12 * state.satellites.length, (view) => {
    view.setUint32(0, towMs(state), true);
    view.setUint8(4, 1);
    view.setUint8(5, state.satellites.length);
    state.satellites.forEach((satellite, i) => {
      const at = 8 + 12 * i;
      view.setUint8(at + 1, satellite.id);
      view.setUint8(at + 2, satellite.snrDb ?? 0);
      view.setInt8(at + 3, satellite.elevationDegrees ?? 0);
      view.setInt16(at + 4, satellite.azimuthDegrees ?? 0, true);
      view.setUint32(at + 8, satellite.used ? 0x0f : 0x04, true);
    });
  });
}

/**
 * 0D 01, 16 bytes: speaks of the next pulse, GPS time base. The field is what must be added to the measured pulse
 * (ideal minus pulse): measured on a ZED-F9T, anderswallin.net/2019/10/ublox-f9t-qerr-correction.
 * @param quantisationError pulse minus ideal of the next pulse, seconds; undefined: marked invalid
 */
export function timTp(state: ReceiverState, quantisationError: number | undefined): Uint8Array {
  return ubxFrame(0x0d, 0x01, 16, (view) => {
    const { week, towSeconds } = gpsWeek(state.week * 604_800 + state.towSeconds + 1);
    view.setUint32(0, towSeconds * 1000, true);
    view.setInt32(8, -Math.round((quantisationError ?? 0) * 1e12), true);
    view.setUint16(12, week, true);
    view.setUint8(14, (state.utcKnown ? 2 : 0) | (quantisationError === undefined ? 0x10 : 0));
  });
}

/** 0A 04, 40 + 30 n bytes: software, hardware, extensions, each zero-terminated. */
export function monVer(): Uint8Array {
  const extensions = [
    'ROM BASE 2.01 (75331)',
    'FWVER=TIM 1.10',
    'PROTVER=22.00',
    'MOD=LEA-M8T-0',
    'GPS;GLO;GAL;BDS',
  ];
  return ubxFrame(0x0a, 0x04, 40 + 30 * extensions.length, (view) => {
    const put = (at: number, text: string) => {
      for (let i = 0; i < text.length; i += 1) view.setUint8(at + i, text.charCodeAt(i));
    };
    put(0, 'EXT CORE 3.01 (111141)');
    put(30, '00080000');
    extensions.forEach((text, i) => {
      put(40 + 30 * i, text);
    });
  });
}

/** 27 03, 9 bytes: version 1, three reserved, unique chip id of five. */
export const secUniqid = (): Uint8Array =>
  ubxFrame(0x27, 0x03, 9, (view) => {
    view.setUint8(0, 1);
    for (let i = 0; i < 5; i += 1) view.setUint8(4 + i, 0xa0 + i);
  });

/** 05 01, 2 bytes: the configuration message of that class and id was taken. */
export const ackAck = (classId: number, id: number): Uint8Array =>
  ubxFrame(0x05, 0x01, 2, (view) => {
    view.setUint8(0, classId);
    view.setUint8(1, id);
  });
