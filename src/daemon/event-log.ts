/**
 * The last event and the event counts that NTP status words carry.
 * Source: RFC 9327 §3 (status words), ntpd 4.2.8's decode.html (codes).
 */
const SYSTEM_EVENTS = {
  'frequency-not-set': 1,
  'frequency-set': 2,
  spike: 3,
  'frequency-mode': 4,
  synchronised: 5,
  restart: 6,
  panic: 7,
  'no-peer': 8,
  'leap-armed': 9,
  'leap-disarmed': 10,
  'leap-event': 11,
  'clock-stepped': 12,
  'kernel-event': 13,
  'new-peer': 5,
  unsynchronised: 8,
} as const;

const PEER_EVENTS = {
  mobilise: 1,
  demobilise: 2,
  unreachable: 3,
  reachable: 4,
  restart: 5,
  'no-reply': 6,
  'rate-exceeded': 7,
  denied: 8,
  'leap-armed': 9,
  'sys-peer': 10,
  'clock-event': 11,
  'bad-authentication': 12,
  popcorn: 13,
} as const;

export interface EventState {
  readonly last: number;
  /** 0 .. 15: how many since the status was last read */
  readonly count: number;
}

const NOTHING: EventState = { last: 0, count: 0 };
const push = (state: EventState, code: number): EventState => ({
  last: code,
  count: Math.min(15, state.count + 1),
});

export class EventLog {
  private systemState: EventState = NOTHING;
  private readonly peers = new Map<number, EventState>();

  system(event: keyof typeof SYSTEM_EVENTS): void {
    this.systemState = push(this.systemState, SYSTEM_EVENTS[event]);
  }
  peer(id: number, event: keyof typeof PEER_EVENTS): void {
    this.peers.set(id, push(this.peers.get(id) ?? NOTHING, PEER_EVENTS[event]));
  }
  systemEvents(): EventState {
    return this.systemState;
  }
  peerEvents(id: number): EventState {
    return this.peers.get(id) ?? NOTHING;
  }
}
