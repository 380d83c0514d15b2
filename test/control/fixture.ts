/**
 * A daemon that does not exist, seen through DaemonView: a GPS with its pulse, a server that is fine, one that lies, a
 * pool not yet resolved, and clients. For the tests of mode 6 and of status.
 */
import type { AutokeySourceView, RefclockView, SelectionFate, SourceView } from '../../src/source/types.js';
import type { AutokeyView, ClientView, DaemonView, SystemView } from '../../src/status/view.js';

/** 2026-11-23T05:00:00Z */
export const NOW_NS = 1_795_410_000_000_000_000n;
const SECOND = 1_000_000_000n;

const text = (characters: string): Uint8Array =>
  Uint8Array.from({ length: 4 }, (_, i) => characters.charCodeAt(i) || 0);

export function systemView(change: Partial<SystemView> = {}): SystemView {
  return {
    version: 'noonmarkd 0.1.0 2026-11-23',
    processor: 'arm64',
    system: 'Linux/6.12.47',
    board: 'raspberry-pi-4b',
    clockKind: 'system',
    leap: 0,
    stratum: 1,
    precisionLog2: -23,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0.000_012_3,
    refid: text('GPS'),
    referenceTimeNs: NOW_NS - SECOND,
    nowNs: NOW_NS + 500_000_000n,
    systemPeer: 1,
    pollLog2: 4,
    minimumPollLog2: 3,
    offsetSeconds: -42e-9,
    frequency: -12.345e-6,
    systemJitterSeconds: 310e-9,
    clockJitterSeconds: 120e-9,
    clockWander: 2.5e-9,
    taiOffsetSeconds: 37,
    leapAtNs: 1_483_228_800n * SECOND,
    leapFileExpiresNs: 1_798_416_000n * SECOND,
    clockSource: 1,
    eventCount: 1,
    lastEvent: 5,
    summary: 'stratum 1, GPS locked, within 180 ns (95 %)',
    uptimeSeconds: 3725.4,
    startedAtNs: NOW_NS - 3725n * SECOND,
    ...change,
  };
}

export function refclockView(change: Partial<RefclockView> = {}): RefclockView {
  return {
    type: 20,
    device: '/dev/serial0',
    timecode: '$GPRMC,050000.00,A,4807.038,N,01131.000,E,0.0,84.4,231126,3.1,W*6A',
    polls: 3700,
    noReply: 2,
    badFormat: 1,
    badData: 0,
    time1Seconds: 0.000_5,
    time2Seconds: 0,
    stratum: 0,
    refid: 'GPS',
    flags: 1,
    satellitesUsed: 9,
    fix: '3d',
    messageDelaySeconds: 0.123_456,
    pulseJitterSeconds: 310e-9,
    ...change,
  };
}

export function sourceView(change: Partial<SourceView> = {}): SourceView {
  return {
    id: 2,
    kind: 'server',
    name: '192.0.2.1',
    address: '192.0.2.1',
    port: 123,
    localAddress: '192.0.2.77',
    localPort: 40_123,
    hostMode: 3,
    peerMode: 4,
    hostPoll: 6,
    peerPoll: 6,
    version: 4,
    configured: true,
    authenticationEnabled: false,
    authentic: false,
    keyId: 0,
    reach: 0o377,
    unreach: 0,
    leap: 0,
    stratum: 2,
    precisionLog2: -22,
    rootDelaySeconds: 0.012_345,
    rootDispersionSeconds: 0.023_456,
    refid: Uint8Array.of(198, 51, 100, 7),
    referenceTimeNs: NOW_NS - 30n * SECOND,
    receivedTimeNs: NOW_NS - 17n * SECOND,
    offsetSeconds: 0.001_234_5,
    delaySeconds: 0.015_678,
    dispersionSeconds: 0.000_987,
    jitterSeconds: 0.000_456,
    filter: [
      { delaySeconds: 0.015_678, offsetSeconds: 0.001_234_5, dispersionSeconds: 0.000_2 },
      { delaySeconds: 0.016, offsetSeconds: -0.001, dispersionSeconds: 0.001_2 },
    ],
    flash: 0,
    unfit: undefined,
    remark: '',
    headwaySeconds: 3,
    ttl: 0,
    lastEvent: 4,
    eventCount: 1,
    refclock: undefined,
    ...change,
  };
}

const gps = sourceView({
  id: 1,
  kind: 'refclock',
  name: '127.127.20.0',
  address: '127.127.20.0',
  localAddress: '127.0.0.1',
  localPort: 123,
  hostPoll: 4,
  peerPoll: 4,
  stratum: 0,
  refid: text('GPS'),
  rootDelaySeconds: 0,
  rootDispersionSeconds: 0,
  offsetSeconds: -42e-9,
  delaySeconds: 0,
  dispersionSeconds: 1e-6,
  jitterSeconds: 310e-9,
  lastEvent: 10,
  eventCount: 2,
  refclock: refclockView(),
});

const keyed = sourceView({
  id: 3,
  name: 'ntp.example.org',
  address: '2001:db8::5',
  localAddress: '2001:db8::77',
  authenticationEnabled: true,
  authentic: true,
  keyId: 7,
  stratum: 1,
  refid: text('PPS'),
  offsetSeconds: 0.2,
});

const pool = sourceView({
  id: 4,
  kind: 'pool',
  name: 'pool.ntp.org',
  address: '',
  localAddress: '',
  localPort: 0,
  stratum: 16,
  leap: 3,
  refid: text('POOL'),
  reach: 0,
  referenceTimeNs: 0n,
  receivedTimeNs: 0n,
  peerMode: 0,
  filter: [],
  flash: 0x1600,
  unfit: 'unreachable',
  remark: 'pool.ntp.org does not resolve; check the network or the name',
  lastEvent: 1,
});

export const SOURCES: readonly { readonly view: SourceView; readonly fate: SelectionFate }[] = [
  { view: gps, fate: 'pps.peer' },
  { view: sourceView(), fate: 'candidate' },
  { view: keyed, fate: 'falsetick' },
  { view: pool, fate: 'reject' },
];

export const clientView = (i: number): ClientView => ({
  address:
    i % 5 === 0 ? `2001:db8::${(i + 1).toString(16)}` : `10.${i >> 14}.${(i >> 7) & 127}.${1 + (i & 127)}`,
  port: 1024 + (i % 60_000),
  firstNs: NOW_NS - 100_000n * SECOND - BigInt(i) * 1_000n,
  lastNs: NOW_NS - 50_000n * SECOND + BigInt(i) * 7_000_000n,
  count: 1 + (i % 97),
  mode: 3,
  version: 4,
  restrictions: i % 10 === 0 ? 0x8d0 : 0,
  dropped: i % 3,
});

const YEAR_NS = 365n * 86_400n * 1_000_000_000n;

export const OWN_AUTOKEY: AutokeyView = {
  host: 'peer2',
  ident: undefined,
  flags: 0x29c0043,
  digest: 'MD5',
  signature: 'sha256WithRSAEncryption',
  updatedNs: NOW_NS - 3_600_000_000_000n,
  certificates: [
    { subject: 'peer1', issuer: 'peer1', flags: 5, bits: 2048, digest: 'SHA256', untilNs: NOW_NS + YEAR_NS },
    { subject: 'peer2', issuer: 'peer2', flags: 0, bits: 2048, digest: 'SHA256', untilNs: NOW_NS + YEAR_NS },
  ],
};

/** of 192.0.2.1 */
export const PROVEN_AUTOKEY: AutokeySourceView = {
  host: 'peer1',
  flags: 0x29c7f43,
  signature: 'sha256WithRSAEncryption',
  ident: 'peer1',
  step: 'complete',
  scheme: 'GQ',
  isProven: true,
  trail: ['peer1'],
  root: 'peer1',
  weakest: { bits: 1024, digest: 'SHA1' },
  quirk: undefined,
  cookieAgeSeconds: 4000,
  certificateUntilNs: NOW_NS + YEAR_NS,
};

/** `clients`: the newest last; the view answers the latest first, as the client table does. */
export interface FakeView extends DaemonView {
  change: Partial<SystemView>;
  all: ClientView[];
  ownAutokey: AutokeyView | undefined;
  entries: readonly { readonly view: SourceView; readonly fate: SelectionFate }[];
}

export function fakeView(clients = 3): FakeView {
  const fake: FakeView = {
    change: {},
    ownAutokey: undefined,
    entries: SOURCES,
    all: Array.from({ length: clients }, (_, i) => clientView(i)),
    system: () => systemView(fake.change),
    discipline: () => ({
      phase: 'locked',
      offsetSeconds: -42e-9,
      boundSeconds: 180e-9,
      frequency: -12.345e-6,
      frequencyUncertainty: 1e-9,
      noiseSeconds: 310e-9,
      wander: 2.5e-9,
      celsius: undefined,
      thermometer: undefined,
      holdoverSeconds: 0,
    }),
    sources: () => fake.entries,
    clients: (limit) =>
      [...fake.all].sort((a, b) => (a.lastNs < b.lastNs ? 1 : a.lastNs > b.lastNs ? -1 : 0)).slice(0, limit),
    clientTable: () => ({ entries: fake.all.length, capacity: 16_384, oldestSeconds: 50_000 }),
    counters: () => ({
      received: 1001,
      thisVersion: 1002,
      oldVersion: 1003,
      badFormat: 1004,
      badAuthentication: 1005,
      declined: 1006,
      restricted: 1007,
      rateLimited: 1008,
      kodSent: 1009,
      processed: 1010,
      sent: 1011,
      sendFailures: 1012,
      droppedInput: 1013,
      nakSent: 1014,
      authenticated: 1015,
    }),
    autokey: () => fake.ownAutokey,
    keys: () => ({ loaded: 11, trusted: 5 }),
    receiver: () => ({
      identity: { vendor: 'u-blox', software: 'ROM SPG 5.10', hardware: '000A0000', protocol: '34.10' },
      health: { antenna: 'ok', jamming: 'ok', spoofing: 'ok' },
      satellites: [
        { system: 'gps', id: 5, elevationDegrees: 61, azimuthDegrees: 213, snrDb: 44, used: true },
        { system: 'galileo', id: 12, elevationDegrees: 30, azimuthDegrees: 80, snrDb: 38, used: true },
        { system: 'glonass', id: 70, elevationDegrees: 8, azimuthDegrees: 12, snrDb: undefined, used: false },
      ],
    }),
  };
  return fake;
}
