/**
 * The server's half of Autokey in broadcast: which key list is in use, and what each packet carries. One field each time:
 * AUTO, signed, with the first packet of a list, else ASSOC, which tells newcomers whom to ask for everything else.
 * A new list is made and signed before the old one is spent; sending is the association's, signing the crypto thread's.
 * The private value of every packet is 0, so the MAC proves nothing: the list does, whose IDs nobody can foretell.
 * Sources: RFC 5906 §9.3; autokey-reference.md §5.2 and §9.
 */
import type { Random } from '../../ports/random.js';
import {
  AUTOKEY_OPERATION,
  AUTOKEY_VERSION,
  type AutokeyHeader,
  type AutokeyValue,
  signedBytes,
} from '../../wire/autokey-field.js';
import { encodeAutokeyValues, type KeyList, keyListSize, makeKeyList } from '../key-list.js';
import { type SessionSeal, sessionKey } from '../session-key.js';
import { unsignedValue } from '../value.js';
import { fieldBytes } from './field.js';
import { type DanceTime, type HostValues, hostName } from './host.js';

export interface BroadcastServerOptions {
  readonly values: HostValues;
  /** network order: our address, and the one that is sent to */
  readonly own: Uint8Array;
  readonly destination: Uint8Array;
  /** of our broadcast association, 1..65535 */
  readonly associationId: number;
  /** life of a key list, log2 seconds (`automax`) */
  readonly automax: number;
  readonly random: Random;
}

/** A list that lacks its signature. */
export interface ListDraft {
  /** for PKCS#1 v1.5 with our sign key and our certificate's digest */
  readonly toSign: Uint8Array;
  readonly list: KeyList;
  readonly timestamp: number;
  readonly filestamp: number;
}

interface SignedList {
  readonly list: KeyList;
  readonly signed: AutokeyValue;
  isTold: boolean;
}

export interface BroadcastPacket {
  readonly field: Uint8Array;
  readonly seal: SessionSeal;
  /** set with the first packet of a list: what the server's half answers AUTO with from now on */
  readonly values: AutokeyValue | undefined;
}

/** With so few entries left the next list is made. */
const NEXT_LIST_AT = 2;

export class BroadcastServer {
  readonly #options: BroadcastServerOptions;
  #inUse: SignedList | undefined;
  #next: SignedList | undefined;

  constructor(options: BroadcastServerOptions) {
    this.#options = options;
  }

  /** A list to be signed, when one is needed soon; undefined: none, or nothing can be signed yet. */
  draft(time: DanceTime, pollSeconds: number): ListDraft | undefined {
    const { values, own, destination, automax, random } = this.#options;
    if (!time.isSynchronised || values.updatedAt === 0 || this.#next !== undefined) return undefined;
    if ((this.#inUse?.list.remaining ?? 0) > NEXT_LIST_AT) return undefined;
    const path = { digest: values.host.digest, source: own, destination, cookie: 0 };
    const list = makeKeyList(path, keyListSize(automax, pollSeconds, true), random);
    const { updatedAt: filestamp } = values;
    const timestamp = time.now;
    return {
      ...{ list, timestamp, filestamp },
      toSign: signedBytes(timestamp, filestamp, encodeAutokeyValues(list.values)),
    };
  }

  signed({ list, timestamp, filestamp }: ListDraft, signature: Uint8Array): void {
    const value = encodeAutokeyValues(list.values);
    this.#next = { list, signed: { timestamp, filestamp, value, signature }, isTold: false };
  }

  /** The next packet; undefined: there is no signed list. */
  next(): BroadcastPacket | undefined {
    if ((this.#inUse?.list.remaining ?? 0) === 0) {
      this.#inUse = this.#next;
      this.#next = undefined;
    }
    const inUse = this.#inUse;
    const keyId = inUse?.list.take();
    if (inUse === undefined || keyId === undefined) return undefined;
    const { values, own, destination } = this.#options;
    const { digest } = values.host;
    const isFirst = !inUse.isTold;
    inUse.isTold = true;
    return {
      field: isFirst
        ? fieldBytes(this.#header('autokey'), inUse.signed)
        : fieldBytes(
            this.#header('assoc'),
            unsignedValue(values.updatedAt, values.flags, Buffer.from(hostName(values.host))),
          ),
      seal: { digest, keyId, key: sessionKey(digest, own, destination, keyId, 0) },
      values: isFirst ? inUse.signed : undefined,
    };
  }

  #header(operation: 'autokey' | 'assoc'): AutokeyHeader {
    return {
      ...{ response: true, error: false, version: AUTOKEY_VERSION },
      operation: AUTOKEY_OPERATION[operation],
      associationId: this.#options.associationId,
    };
  }
}
