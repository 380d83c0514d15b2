/**
 * How an association authenticates its packets: not at all, or with a symmetric key. Autokey will be a third.
 * Knows the end of a packet, nothing of what is in it.
 */
import { appendMac, isKeyUsableFrom, type SymmetricKey, verifyMac } from '../../auth/mac.js';
import { isCryptoNak, newTail, scanTail } from '../../wire/mac-trailer.js';
import { parseAddress } from '../address.js';

/** nak: a crypto-NAK. none: no MAC. bad: a MAC that is wrong, of another key, or nothing we can read. */
export type AuthVerdict = 'ok' | 'none' | 'nak' | 'bad';

export interface Authenticator {
  readonly keyId: number;
  /** Is an authentic answer required? */
  readonly required: boolean;
  /** Can packets be authenticated now? False: the key is not in the keys file, not trusted, or not for this address. */
  ready(): boolean;
  /**
   * Appends the MAC to bytes[0, length), which has room for 68 more, and answers the new length; undefined: it cannot
   * (the key is not there), and the packet is not to be sent.
   */
  seal(bytes: Uint8Array, length: number): number | undefined;
  open(bytes: Uint8Array): AuthVerdict;
}

const tail = newTail();

/** The packet's end by kind; a MAC is 'bad' until somebody has verified it. */
function scan(bytes: Uint8Array): AuthVerdict {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (scanTail(view, bytes.length, tail) !== undefined) return 'bad';
  if (tail.macLength === 0) return 'none';
  return isCryptoNak(tail) ? 'nak' : 'bad';
}

/** Packets without MAC, both ways. */
export const unauthenticated: Authenticator = {
  keyId: 0,
  required: false,
  ready: () => true,
  seal: (_bytes, length) => length,
  open: scan,
};

/** With a key of the keys file. `address`: the peer's; the key may be confined to others. */
export class KeyAuthenticator implements Authenticator {
  readonly required = true;

  constructor(
    readonly keyId: number,
    private readonly keys: () => ReadonlyMap<number, SymmetricKey>,
    private readonly address: () => string,
  ) {}

  /** The key, or undefined when it is not in the keys file, not trusted, or not for this address. */
  key(): SymmetricKey | undefined {
    const key = this.keys().get(this.keyId);
    const address = parseAddress(this.address());
    return key !== undefined && address !== undefined && isKeyUsableFrom(key, address) ? key : undefined;
  }

  ready(): boolean {
    return this.key() !== undefined;
  }

  seal(bytes: Uint8Array, length: number): number | undefined {
    const key = this.key();
    return key === undefined ? undefined : appendMac(key, bytes, length);
  }

  open(bytes: Uint8Array): AuthVerdict {
    const kind = scan(bytes);
    if (kind !== 'bad') return kind;
    const key = this.key();
    if (key === undefined || tail.keyId !== this.keyId || tail.macLength === 0) return 'bad';
    return verifyMac(key, bytes, tail.macAt, tail.macLength) ? 'ok' : 'bad';
  }
}

/** Of an association whose `autokey` is not at work: nothing is sent and nothing believed. */
const closed: Authenticator = {
  keyId: 0,
  required: true,
  ready: () => false,
  seal: () => undefined,
  open: () => 'bad',
};

/** What the association's line asks for. `address`: its peer's, as it is when a packet is made or checked. */
export const authenticatorOf = (
  config: { readonly key: number | undefined; readonly autokey: boolean },
  context: { keys(): ReadonlyMap<number, SymmetricKey> },
  address: () => string,
): Authenticator =>
  config.key !== undefined
    ? new KeyAuthenticator(config.key, () => context.keys(), address)
    : config.autokey
      ? closed
      : unauthenticated;
