/**
 * The server's side of Autokey on the main thread: takes the steps of dances that the responder passes on, has them answered
 * by the crypto thread as the budget allows, and hands the answers to the served port. What symmetric peers ask for takes
 * turns with it, and what our own dances take is part of the same share. Does no public-key work and waits for none. Clients
 * with a cookie never come here, the responder answers them.
 */
import { formatIp } from '../../drivers/linux/addresses.js';
import { RES } from '../auth/restrict.js';
import { type Caller, DanceBudget, LONGEST_WAIT } from '../autokey/budget.js';
import { faultLine } from '../autokey/cryptostats.js';
import { faultText } from '../autokey/dance/fault.js';
import type { DanceAnswer, ServerState } from '../autokey/dance/server-desk.js';
import { type SessionDigest, sessionMacLength } from '../autokey/digest.js';
import { ProvenClients } from '../autokey/proven-clients.js';
import { sessionKey } from '../autokey/session-key.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Scheduler, Timer } from '../ports/scheduler.js';
import type { ForwardedPacket } from '../responder/ring-records.js';
import { parseAddress } from '../source/address.js';
import type { ServedPort } from '../source/association/context.js';
import type { SystemVariables } from '../source/system.js';
import type { DancesView } from '../status/view.js';
import { AUTOKEY_OPERATION, decodeAutokeyHeader } from '../wire/autokey-field.js';
import type { AutokeyService, PeerCaller, WorkDesk } from './autokey-service.js';
import type { CryptoOutcome } from './crypto-thread.js';
import { buildDanceAnswer, openDancePacket } from './dance-packet.js';

/** Bytes of an address that make the group of a client that is not proven. */
const GROUP_BYTES = { 4: 3, 16: 7 } as const;
/** The same complaint of the same network is logged once in so long, s. */
const SAY_AGAIN = 3600;
const MOST_SAID = 64;
/** A timer for less would come as late. */
const LEAST_REST = 0.001;

export interface AutokeyServerParts {
  readonly clock: Pick<Clock, 'monotonic' | 'toServed'>;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly service: Pick<
    AutokeyService,
    'broadcasts' | 'crypto' | 'door' | 'end' | 'leapValues' | 'material' | 'note' | 'time'
  >;
  readonly port: ServedPort;
  system(): SystemVariables;
  /** `crypto budget`, of one processor, in (0, 1] */
  readonly share: number;
}

/** Nothing of what a peer's work brings goes out by it: the association sends it, within bounds of its own. */
const NO_BYTES = 0;
/** The answer to an ASSOC: headers, a name of 255 bytes, a MAC. */
const INTRODUCTION_BYTES = 400;

interface Step {
  readonly packet: ForwardedPacket;
  readonly keyId: number;
  readonly field: Uint8Array;
}

/** What is done when a caller's turn has come; answers what it took: seconds of the processor, bytes sent. */
type Work = () => Promise<{ readonly seconds: number; readonly bytes: number }>;

export class AutokeyServer implements WorkDesk {
  readonly #parts: AutokeyServerParts;
  readonly #budget: DanceBudget<Work>;
  readonly #proven = new ProvenClients();
  readonly #said = new Map<string, number>();
  #state: ServerState | undefined;
  #revision = -1;
  #timer: Timer | undefined;
  #isStopped = false;
  #refillSeconds = 0;
  /** of the thread in use, which may be another than before */
  #refillsOfThread = 0;
  #busySeconds = 0;
  #received = 0;
  #notAllowed = 0;
  #answered = 0;
  #faults = 0;

  constructor(parts: AutokeyServerParts) {
    this.#parts = parts;
    this.#budget = new DanceBudget(parts.share);
    this.refresh();
  }

  setShare(share: number): void {
    this.#budget.setShare(share);
  }

  /** Keys, signed values, certificates or the cookie secret may have changed: what has is told to the crypto thread. */
  refresh(): void {
    const { service } = this.#parts;
    const state = stateOf(service);
    const revision = service.end()?.certificates.revision ?? 0;
    if (revision === this.#revision && isSame(state, this.#state)) return;
    this.#revision = revision;
    this.#state = state;
    service.crypto.setServer(state);
  }

  view(): DancesView {
    const { superseded, crowded, late, longBytesIn, longBytesOut } = this.#budget.counts;
    return {
      requests: this.#received,
      answers: this.#answered,
      faults: this.#faults,
      notAllowed: this.#notAllowed,
      waiting: this.#budget.waiting,
      ...{ superseded, crowded, late, longBytesIn, longBytesOut },
      share: this.#budget.share,
      busySeconds: this.#busySeconds,
      refillSeconds: this.#refillSeconds,
    };
  }

  /** A packet of mode 3 whose MAC the responder has checked. */
  receive(packet: ForwardedPacket): void {
    const opened = openDancePacket(packet.bytes);
    if (opened === undefined || this.#isStopped || this.#state === undefined) return;
    this.#received += 1;
    if ((packet.restrictions & (RES.attached | RES.autokey)) === 0) {
      this.#notAllowed += 1;
      this.#sayNotAllowed(packet.address);
      return;
    }
    const now = this.#now();
    const caller = this.#callerOf(packet, opened.originTime, now);
    const { keyId, field } = opened;
    const { operation } = decodeAutokeyHeader(new DataView(field.buffer, field.byteOffset), 0);
    const request = () => this.#serve({ packet, keyId, field }, caller);
    this.#budget.offer(now, {
      ...{ caller, requestBytes: packet.bytes.length, request },
      mostAnswerBytes: operation === AUTOKEY_OPERATION.assoc ? INTRODUCTION_BYTES : undefined,
    });
    this.#pump();
  }

  /** What a symmetric peer at this address asked for takes its turn among the clients. Undefined: it did not come in time. */
  forPeer<T>(
    { address, isProven }: PeerCaller,
    work: () => Promise<CryptoOutcome<T>>,
  ): Promise<CryptoOutcome<T> | undefined> {
    if (this.#isStopped) return Promise.resolve(undefined);
    const client = `peer ${address}`;
    const group = isProven ? client : networkOf(parseAddress(address) ?? new Uint8Array(4));
    return new Promise((resolve) => {
      const given = this.#parts.scheduler.after(LONGEST_WAIT, () => resolve(undefined));
      const request: Work = async () => {
        given.cancel();
        const outcome = await work();
        resolve(outcome);
        return { seconds: outcome.done ? outcome.seconds : 0, bytes: NO_BYTES };
      };
      const isTaken = this.#budget.offer(this.#now(), {
        caller: { client, group, isProven },
        ...{ requestBytes: NO_BYTES, mostAnswerBytes: NO_BYTES, request },
      });
      if (isTaken) this.#pump();
      else {
        given.cancel();
        resolve(undefined);
      }
    });
  }

  /** Work that did not wait, of the dances that we began. */
  spent(seconds: number): void {
    this.#busySeconds += seconds;
    this.#budget.chargeOwn(this.#now(), seconds);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #now(): number {
    return Number(this.#parts.clock.monotonic()) / 1e9;
  }

  #callerOf({ address, interfaceIndex }: ForwardedPacket, originTime: bigint, now: number): Caller {
    const hex = Buffer.from(address).toString('hex');
    // Link-local addresses are the same on every link.
    const client = address.length === 16 && hex.startsWith('fe8') ? `${hex}%${interfaceIndex}` : hex;
    const isProven = this.#proven.isProven(now, client, originTime);
    return { client, isProven, group: isProven ? client : networkOf(address) };
  }

  #pump(): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    const now = this.#now();
    this.#chargeRefills(now);
    const turn = this.#budget.take(now);
    if (turn.type === 'rest') {
      if (Number.isFinite(turn.seconds))
        this.#timer = this.#parts.scheduler.after(Math.max(LEAST_REST, turn.seconds), () => this.#pump());
      return;
    }
    void turn.asked.request().then(({ seconds, bytes }) => {
      this.#busySeconds += seconds;
      this.#budget.done(this.#now(), seconds, bytes);
      this.#pump();
    });
  }

  /** Pools are filled for the answers to come, so that is part of the share. */
  #chargeRefills(now: number): void {
    const total = this.#parts.service.crypto.status.workshop?.refillSeconds ?? 0;
    // Less than before: the thread was started again.
    const added = total < this.#refillsOfThread ? total : total - this.#refillsOfThread;
    this.#refillsOfThread = total;
    this.#refillSeconds += added;
    this.#budget.charge(now, added);
  }

  async #serve(step: Step, caller: Caller): Promise<{ readonly seconds: number; readonly bytes: number }> {
    const { packet, field } = step;
    const { service } = this.#parts;
    this.refresh();
    const { associationId } = decodeAutokeyHeader(new DataView(field.buffer), 0);
    const outcome = await service.crypto.run<'serve'>({
      kind: 'serve',
      request: {
        ...{ field, client: packet.address, server: packet.localAddress, time: service.time() },
        autokey: service.broadcasts.get(associationId),
      },
    });
    if (!outcome.done || outcome.result === undefined || this.#isStopped)
      return { seconds: outcome.done ? outcome.seconds : 0, bytes: 0 };
    return { seconds: outcome.seconds, bytes: this.#send(step, outcome.result, caller.client) };
  }

  /** Answers the length of what goes out; 0: nothing does. */
  #send(
    { packet, keyId }: Step,
    { field, report, word, associationId }: DanceAnswer,
    client: string,
  ): number {
    const { clock, port, system, log, service } = this.#parts;
    const digest = this.#state?.settings.digest;
    if (digest === undefined) return 0;
    const address = formatIp(packet.address);
    const times = { receivedNs: clock.toServed(packet.kernelNs), monoNs: clock.monotonic() };
    const bytes = buildDanceAnswer(packet.bytes, field, system(), times);
    const isSent = port.send({
      ...{ bytes, address, port: packet.port, keyId: 0, way: packet },
      session: sealOf(digest, packet, keyId),
      stamped: (stamp) => {
        if (stamp !== undefined) this.#proven.told(client, stamp.transmitTime);
      },
    });
    if (!isSent) return 0;
    this.#answered += 1;
    if (report !== undefined) {
      this.#faults += 1;
      service.note(address, faultLine(word, associationId, report.fault));
      const text = `${address} asks Autokey in vain: ${faultText(report)}`;
      if (report.allowedBy === undefined) log.write('debug', 'autokey-request', text);
      else if (this.#isNews(`${address} ${report.text}`)) log.write('notice', 'autokey-request', text);
    }
    return bytes.length + sessionMacLength(digest);
  }

  #sayNotAllowed(address: Uint8Array): void {
    const text = formatIp(address);
    if (!this.#isNews(`network ${text}`)) return;
    this.#parts.log.write(
      'notice',
      'autokey-network',
      `${text} asks for Autokey and is in no network of this machine: answers, which are longer than requests, go there ` +
        `only with 'restrict ${text} autokey' (or its network, ADDRESS/BITS)`,
    );
  }

  /** Not said lately? Then it is to be said now. */
  #isNews(what: string): boolean {
    const now = this.#now();
    const said = this.#said.get(what);
    if (said !== undefined && now - said < SAY_AGAIN) return false;
    this.#said.delete(what);
    this.#said.set(what, now);
    const [oldest] = this.#said.keys();
    if (this.#said.size > MOST_SAID && oldest !== undefined) this.#said.delete(oldest);
    return true;
  }
}

/** The /24 or /56 of an address. */
function networkOf(address: Uint8Array): string {
  const bytes = GROUP_BYTES[address.length === 4 ? 4 : 16];
  return `${Buffer.from(address)
    .toString('hex')
    .slice(0, 2 * bytes)}/`;
}

function stateOf(service: AutokeyServerParts['service']): ServerState | undefined {
  const { material, leapValues, door } = service;
  const own = service.end();
  if (material === undefined || own === undefined || door === undefined) return undefined;
  return {
    ...material,
    updatedAt: own.values.updatedAt,
    leap: leapValues,
    certificates: own.certificates.received.map(({ value, filestamp }) => ({ value: value.der, filestamp })),
    cookies: door.secrets,
  };
}

const sealOf = (digest: SessionDigest, { address, localAddress }: ForwardedPacket, keyId: number) => ({
  digest,
  keyId,
  // With a field the private value is 0.
  key: sessionKey(digest, localAddress, address, keyId, 0),
});

/** Certificates apart, which have a revision. */
const isSame = (a: ServerState | undefined, b: ServerState | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.keys === b.keys &&
    a.settings === b.settings &&
    a.updatedAt === b.updatedAt &&
    a.leap === b.leap &&
    a.cookies === b.cookies);
