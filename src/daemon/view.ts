/**
 * The daemon's read-only face for mode 6, `noonmark status` and the statistics files: implements DaemonView over the
 * engine and what the responder shares. Computes nothing that the engine has not.
 */
import { arch, release } from 'node:os';
import type { Clock } from '../ports/clock.js';
import type { AutokeyPort } from '../source/association/autokey-port.js';
import { GpsSource } from '../source/refclock/gps-source.js';
import { refidText } from '../source/refid.js';
import { autokeyView } from '../status/autokey.js';
import type { ClientView, Counters, DaemonView, DancesView, SystemView } from '../status/view.js';
import { builtAtNs, version } from '../version.js';
import type { Engine } from './engine.js';
import { isoTime } from './logger.js';

/** What the responder's side answers about itself. */
export interface ServiceFigures {
  clients(limit: number): readonly ClientView[];
  clientTable(): { readonly entries: number; readonly capacity: number; readonly oldestSeconds: number };
  counters(): Counters;
}

export interface ViewParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly board: string;
  readonly minimumPollLog2: number;
  readonly service: ServiceFigures;
  /** undefined: no `crypto` line */
  readonly autokey: () => Pick<AutokeyPort, 'end' | 'ident'> | undefined;
  readonly dances: () => DancesView | undefined;
  readonly keys: () => { readonly loaded: number; readonly trusted: number };
}

/** ntpd's clock source codes (RFC 9327 §3.1, decode.html): what drives this clock. */
const CLOCK_SOURCE = { unspecified: 0, pulse: 1, localNet: 5, ntp: 6 } as const;

export function createDaemonView(parts: ViewParts): DaemonView {
  const { engine, clock, service } = parts;
  const startedMono = clock.monotonic();
  const startedAtNs = clock.now();
  const build = isoTime(builtAtNs).slice(0, 10);

  const system = (): SystemView => {
    const variables = engine.system();
    const leap = engine.leap();
    const state = engine.state();
    const events = engine.events.systemEvents();
    const peer = engine.all().find((source) => source.id === variables.systemPeer);
    const peerView = peer?.view();
    const clockSource =
      peerView === undefined
        ? CLOCK_SOURCE.unspecified
        : peerView.kind !== 'refclock'
          ? CLOCK_SOURCE.ntp
          : peer?.candidate().pulse === true
            ? CLOCK_SOURCE.pulse
            : CLOCK_SOURCE.localNet;
    return {
      version: `noonmarkd ${version} ${build}`,
      processor: arch(),
      system: `Linux/${release()}`,
      board: parts.board,
      clockKind: clock.kind,
      leap: variables.leap,
      stratum: variables.stratum,
      precisionLog2: variables.precisionLog2,
      rootDelaySeconds: variables.rootDelaySeconds,
      rootDispersionSeconds: variables.rootDispersionSeconds,
      refid: variables.refid,
      referenceTimeNs: variables.referenceTimeNs,
      nowNs: clock.now(),
      systemPeer: variables.systemPeer ?? 0,
      pollLog2: peerView?.hostPoll ?? parts.minimumPollLog2,
      minimumPollLog2: parts.minimumPollLog2,
      offsetSeconds: state.offsetSeconds,
      frequency: state.frequency,
      systemJitterSeconds: engine.selected().jitterSeconds,
      clockJitterSeconds: state.noiseSeconds,
      clockWander: state.wander,
      taiOffsetSeconds: leap.taiOffsetSeconds,
      leapAtNs: leap.nextAtNs,
      leapFileExpiresNs: leap.fileExpiresNs,
      clockSource,
      eventCount: events.count,
      lastEvent: events.last,
      summary: summaryOf(engine),
      uptimeSeconds: Number(clock.monotonic() - startedMono) / 1e9,
      startedAtNs,
    };
  };

  return {
    system,
    discipline: () => engine.state(),
    sources: () =>
      engine.all().map((source) => {
        const events = engine.events.peerEvents(source.id);
        const view = source.view();
        const own = events.last === 0 ? view : { ...view, lastEvent: events.last, eventCount: events.count };
        return { view: own, fate: engine.fateOf(source.id) };
      }),
    clients: (limit) => service.clients(limit),
    clientTable: () => service.clientTable(),
    counters: () => service.counters(),
    autokey: () => {
      const port = parts.autokey();
      const end = port?.end();
      return end && { ...autokeyView(end, port?.ident, clock.now()), dances: parts.dances() };
    },
    keys: parts.keys,
    receiver: () => receiverOf(engine),
  };
}

/** Of the first receiver. */
function receiverOf(engine: Engine): ReturnType<DaemonView['receiver']> {
  const gps = engine.all().find((source) => source instanceof GpsSource);
  return gps instanceof GpsSource
    ? { identity: gps.identity, health: gps.health, setup: gps.setup, satellites: gps.satellites }
    : { satellites: [] };
}

/** One line for a person: locked to what and how well, or why not. */
export function summaryOf(engine: Engine): string {
  const { state, stratum, refid } = engine.system();
  const discipline = engine.state();
  const bound = (seconds: number) =>
    seconds < 1e-6
      ? `${Math.ceil(seconds * 1e9)} ns`
      : seconds < 1e-3
        ? `${(seconds * 1e6).toFixed(1)} µs`
        : `${(seconds * 1e3).toFixed(1)} ms`;
  switch (state) {
    case 'synchronised':
      // A source that is believed without being measured (LOCAL) leaves the discipline unset.
      return `stratum ${stratum}, ${refidText(refid) ?? [...refid].join('.')} ${
        discipline.phase === 'unset'
          ? 'as it is'
          : `${discipline.phase}, within ${bound(discipline.boundSeconds)} (95 %)`
      }`;
    case 'holdover':
      return `holdover for ${Math.round(discipline.holdoverSeconds)} s, stratum ${stratum}, within ${bound(discipline.boundSeconds)} (95 %)`;
    case 'orphan':
      return `orphan, stratum ${stratum}: no source, keeping the hosts of this network together`;
    case 'unsynchronised': {
      const names = new Map<string, string[]>();
      for (const source of engine.all()) {
        const { name, remark } = source.view();
        if (remark !== '') names.set(remark, [...(names.get(remark) ?? []), name]);
      }
      const remarks = [...names].map(([remark, of]) => `${of.join(', ')}: ${remark}`);
      const none = engine.all().length === 0 ? 'no source is configured' : 'the sources are being measured';
      return `not synchronised: ${remarks.length > 0 ? remarks.slice(0, 3).join('; ') : none}`;
    }
  }
}
