/**
 * What a GPS receiver said, epoch by epoch, whatever its protocol. Implemented by drivers/gps; used by source/refclock.
 */
export type GpsFix = 'none' | '2d' | '3d' | 'time';

export interface GpsEpoch {
  /** UTC as Unix ns of the instant that the messages describe, fraction included, week rollover already repaired. */
  readonly timeNs: bigint;
  /** the receiver itself marks date and time valid */
  readonly valid: boolean;
  /** true: the second is 23:59:60 (timeNs then equals that of 23:59:59 + 1 s) */
  readonly leapSecondNow: boolean;
  readonly fix: GpsFix;
  readonly satellitesUsed: number;
  /** the sentence or message the time was taken from: "RMC", "ZDA", "NAV-PVT", "NAV-TIMEUTC"... */
  readonly from: string;
  /** true: the receiver says that its UTC (leap seconds) is known; undefined: it cannot say (plain NMEA) */
  readonly utcKnown: boolean | undefined;
  readonly latDegrees?: number | undefined;
  readonly lonDegrees?: number | undefined;
  readonly altM?: number | undefined;
  /** GPS - UTC, whole seconds, if the receiver told */
  readonly leapSeconds?: number | undefined;
  /** receiver's own time accuracy estimate, ns */
  readonly accuracyNs?: number | undefined;
  /** Served time at the arrival of the first byte of the epoch's first message, and of the time message's last byte. */
  readonly firstByteNs: bigint;
  readonly arrivalNs: bigint;
}

/** What is told of the *next* pulse, UBX-TIM-TP. */
export interface GpsPulseError {
  /** Unix second (UTC) of the pulse it speaks of, if it can be told */
  readonly second: bigint | undefined;
  /** pulse minus ideal, picoseconds; positive: the pulse is late; undefined: the receiver does not know it */
  readonly quantisationErrorPs: number | undefined;
}

export interface GpsLeapNotice {
  /** seconds to be added (1) or deleted (-1) at the end of the UTC day that contains `atNs`; 0: none is planned */
  readonly change: -1 | 0 | 1;
  /** Unix ns of the first second after the leap, if known */
  readonly atNs: bigint | undefined;
  /** GPS - UTC now */
  readonly leapSeconds: number;
}

export interface GpsSatellite {
  readonly system: 'gps' | 'glonass' | 'galileo' | 'beidou' | 'qzss' | 'sbas' | 'navic' | 'unknown';
  readonly id: number;
  readonly elevationDegrees: number | undefined;
  readonly azimuthDegrees: number | undefined;
  readonly snrDb: number | undefined;
  readonly used: boolean;
}

export interface GpsIdentity {
  readonly vendor: 'u-blox' | 'mtk' | 'sirf' | 'unknown';
  readonly software?: string | undefined;
  readonly hardware?: string | undefined;
  readonly protocol?: string | undefined;
  readonly uniqueId?: string | undefined;
}

export interface GpsHealth {
  readonly antenna: 'ok' | 'open' | 'short' | 'unknown';
  readonly jamming: 'ok' | 'warning' | 'critical' | 'unknown';
  readonly spoofing: 'ok' | 'indicated' | 'multiple' | 'unknown';
}

export type GpsEvent =
  | { readonly type: 'epoch'; readonly epoch: GpsEpoch }
  | { readonly type: 'pulse-error'; readonly pulseError: GpsPulseError }
  | { readonly type: 'leap'; readonly leap: GpsLeapNotice }
  | { readonly type: 'satellites'; readonly satellites: readonly GpsSatellite[] }
  | { readonly type: 'identity'; readonly identity: GpsIdentity }
  | { readonly type: 'health'; readonly health: GpsHealth }
  | { readonly type: 'rollover'; readonly weeks: number; readonly text: string };

/** Counters of the framing layer, for status. */
export interface GpsCounters {
  readonly sentences: number;
  readonly frames: number;
  readonly badChecksums: number;
  readonly discardedBytes: number;
}

/** Bytes in, events out; holds no clock and no I/O. */
export interface GpsDecoder {
  feed(chunk: Uint8Array, arrivalNs: bigint): readonly GpsEvent[];
  readonly counters: GpsCounters;
  /** the last sentence seen that carried time, printable ASCII, for clockstats and `cv` */
  readonly timecode: string;
}
