/**
 * What a symmetric peer asks of us: which request is answered here at once, which takes private-key work elsewhere, and the
 * answer that waits for the next packet. Owns that; the answers themselves are server.ts's.
 *
 * An answer stays until the peer is heard again, so that it can be sent once more when nothing came of it. One that takes
 * longer than the peer waits goes out all the same if the peer put the same question again, else it is forgotten.
 */
import {
  AUTOKEY_OPERATION,
  type AutokeyField,
  autokeyOperationName,
  decodeAutokeyField,
} from '../../wire/autokey-field.js';
import type { CertificateStore } from './certificate-store.js';
import type { FieldDraft } from './field.js';
import type { HostValues } from './host.js';
import { answerRequest } from './server.js';
import type { RequestWork } from './symmetric-types.js';

type Waiting =
  | { readonly kind: 'made'; readonly field: Uint8Array }
  /** values of our key list, made when they are sent */
  | { readonly kind: 'autokey'; readonly associationId: number };

/** What makes two requests the same: their stamps and signatures differ. */
interface Asking {
  readonly operation: number | undefined;
  readonly value: Uint8Array | undefined;
}

/** A peer that does not answer is not to be sent large answers for ever. */
const MAX_SENDS = 2;
/** Until these were answered a peer cannot check anything that we sign of our own accord. */
const INTRODUCTION: ReadonlySet<string> = new Set(['assoc', 'cert', 'iff', 'gq', 'mv']);

export interface Answer {
  readonly draft: FieldDraft;
  readonly isSigned: boolean;
  /** the values of a key list while our clock is not set: there are none yet */
  readonly isEmpty: boolean;
}

export interface PeerRequestsOptions {
  readonly values: HostValues;
  readonly certificates: CertificateStore;
  /** of our association */
  readonly associationId: number;
}

export class PeerRequests {
  #turn = 0;
  /** the request that is being worked on; `turn`: of its first asking */
  #running: (Asking & { readonly turn: number; isWanted: boolean }) | undefined;
  #waiting: Waiting | undefined;
  #hasAsked = false;
  #sends = 0;
  #arePast = false;
  constructor(private readonly options: PeerRequestsOptions) {}

  /** Did its last packet ask nothing of the introduction, so that it knows our certificate? */
  get arePast(): boolean {
    return this.#arePast;
  }

  forget(): void {
    this.#waiting = undefined;
    this.#running = undefined;
    this.#arePast = false;
  }

  /** A packet of the peer came; what it asks is told by `ask`. */
  heard(): void {
    this.#turn += 1;
    if (this.#running !== undefined) this.#running.isWanted = false;
    this.#waiting = undefined;
    this.#hasAsked = false;
    this.#sends = 0;
    this.#arePast = true;
  }

  /**
   * A request; the first of a packet is answered. `field`: undefined when it does not hold what it says. Answers what is to
   * be worked on elsewhere.
   */
  ask(bytes: Uint8Array, field: AutokeyField | undefined, half: number): RequestWork | undefined {
    const name = field && autokeyOperationName(field.operation);
    if (name !== undefined && INTRODUCTION.has(name)) this.#arePast = false;
    if (this.#hasAsked) return undefined;
    this.#hasAsked = true;
    if (field?.operation === AUTOKEY_OPERATION.autokey) {
      this.#waiting = { kind: 'autokey', associationId: field.associationId };
      return undefined;
    }
    if (field?.operation !== AUTOKEY_OPERATION.assoc) return this.#work(bytes, field, half);
    // Names and status word, which nobody signs.
    const decision = answerRequest(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length, {
      ...this.options,
      time: { now: 0, monotonic: 0, isSynchronised: false },
      cookie: () => 0,
      autokeyValues: () => undefined,
    });
    if (decision.kind === 'reply') this.#waiting = { kind: 'made', field: decision.field };
    return undefined;
  }

  #work(bytes: Uint8Array, field: AutokeyField | undefined, half: number): RequestWork | undefined {
    const asking: Asking = { operation: field?.operation, value: field?.body?.value.slice() };
    const running = this.#running;
    if (running !== undefined && isSame(running, asking)) {
      running.isWanted = true;
      return undefined;
    }
    this.#running = { ...asking, turn: this.#turn, isWanted: true };
    return { field: bytes, half, turn: this.#turn };
  }

  /** The work is done; undefined: nobody did it. */
  settle(turn: number, field: Uint8Array | undefined): void {
    const running = this.#running;
    if (running?.turn !== turn) return;
    this.#running = undefined;
    if (running.isWanted && field !== undefined) this.#waiting ??= { kind: 'made', field };
  }

  /** The answer for the next packet. `told`: the values of our key list, as the answer to this association ID. */
  take(told: (associationId: number) => FieldDraft): Answer | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    this.#sends += 1;
    if (this.#sends >= MAX_SENDS) this.#waiting = undefined;
    if (waiting.kind === 'made')
      return {
        draft: { kind: 'ready', field: waiting.field },
        isSigned: isSigned(waiting.field),
        isEmpty: false,
      };
    const draft = told(waiting.associationId);
    const isUnsigned = draft.kind === 'unsigned';
    return { draft, isSigned: isUnsigned, isEmpty: !isUnsigned };
  }
}

const isSame = (a: Asking, b: Asking): boolean =>
  a.operation === b.operation &&
  a.value !== undefined &&
  b.value !== undefined &&
  Buffer.from(a.value).equals(b.value);

function isSigned(bytes: Uint8Array): boolean {
  const field = decodeAutokeyField(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
  return field.ok && !field.value.error && (field.value.body?.signature.length ?? 0) > 0;
}
