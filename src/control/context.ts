/**
 * What one mode 6 request is answered from: the daemon's view, looked at once for the request, and what the responder
 * to control messages knows by itself.
 */
import type { SelectionFate, SourceView } from '../source/types.js';
import type { AutokeyView, Counters, DaemonView, SystemView } from '../status/view.js';
import { PEER_STATUS, peerStatus, systemStatus } from '../wire/mode6.js';
import type { AssociationIds } from './association-ids.js';

/** Bounds of the client table, as configured (`mru`, `disable monitor`). */
export interface MruBounds {
  readonly enabled: boolean;
  readonly minDepth: number;
  readonly maxAgeSeconds: number;
  /** bytes of an entry */
  readonly entryBytes: number;
}

export interface Association {
  readonly id: number;
  readonly view: SourceView;
  readonly fate: SelectionFate;
}

export interface Own {
  readonly associationIds: AssociationIds;
  readonly mru: MruBounds;
  /** control requests since start */
  readonly requests: number;
}

export class ControlContext {
  #system: SystemView | undefined;
  #associations: readonly Association[] | undefined;
  #clientTable: ReturnType<DaemonView['clientTable']> | undefined;
  #counters: Counters | undefined;

  constructor(
    readonly view: DaemonView,
    readonly own: Own,
  ) {}

  get system(): SystemView {
    this.#system ??= this.view.system();
    return this.#system;
  }

  /** Looked at once: counting the table's clients is not cheap. */
  get clientTable(): ReturnType<DaemonView['clientTable']> {
    this.#clientTable ??= this.view.clientTable();
    return this.#clientTable;
  }

  get autokey(): AutokeyView | undefined {
    return this.view.autokey();
  }

  get counters(): Counters {
    this.#counters ??= this.view.counters();
    return this.#counters;
  }

  get associations(): readonly Association[] {
    if (this.#associations === undefined) {
      const sources = this.view.sources();
      const ids = this.own.associationIds.assign(sources.map((source) => source.view.id));
      this.#associations = sources.map(({ view, fate }, i) => ({ id: ids[i] ?? 0, view, fate }));
    }
    return this.#associations;
  }

  association(id: number): Association | undefined {
    return this.associations.find((association) => association.id === id);
  }

  /** the association that the clock follows */
  get systemPeer(): Association | undefined {
    const { systemPeer } = this.system;
    return systemPeer === 0 ? undefined : this.associations.find(({ view }) => view.id === systemPeer);
  }

  get systemStatus(): number {
    const { leap, clockSource, eventCount, lastEvent } = this.system;
    return systemStatus(leap, clockSource, eventCount, lastEvent);
  }
}

/** RFC 9327 table 6, the codes of ntpq's tally characters: space x . - + # * o */
const SELECTION: Readonly<Record<SelectionFate, number>> = {
  reject: 0,
  falsetick: 1,
  excess: 2,
  outlier: 3,
  candidate: 4,
  backup: 5,
  'sys.peer': 6,
  'pps.peer': 7,
};

const MODE_BROADCAST = 5;

export function statusOf({ view, fate }: Association): number {
  let bits = 0;
  if (view.configured) bits |= PEER_STATUS.configured;
  if (view.authenticationEnabled) bits |= PEER_STATUS.authEnabled;
  if (view.authentic) bits |= PEER_STATUS.authentic;
  if (view.reach !== 0) bits |= PEER_STATUS.reachable;
  if (view.hostMode === MODE_BROADCAST) bits |= PEER_STATUS.broadcast;
  return peerStatus(bits, SELECTION[fate], view.eventCount, view.lastEvent);
}
