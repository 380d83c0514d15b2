/**
 * Broadcasts of one server as Autokey judges them: the MAC that anybody can make, the key list that nobody can, and what
 * the dance needs to know of the server before it is asked. Owns nothing of times.
 */
import {
  BroadcastFollower,
  type BroadcastPath,
  type HeardBroadcast,
  isAssociation,
  openBroadcast,
} from '../../autokey/dance/broadcast-client.js';
import type { ClientDance } from '../../autokey/dance/client.js';
import type { AutokeyEnd } from '../../autokey/dance/end.js';
import type { AutokeyValues } from '../../autokey/key-list.js';
import type { AutokeyField } from '../../wire/autokey-field.js';
import { newTail } from '../../wire/mac-trailer.js';
import { parseAddress } from '../address.js';
import type { HeardServer } from './autokey-client.js';
import type { AutokeyPort } from './autokey-port.js';
import type { ServedPacket } from './context.js';

const NOTHING: AutokeyField = {
  ...{ response: true, error: false, version: 2, operation: 1, associationId: 0, length: 8, body: undefined },
};

/** From a served packet to the broadcast it is; undefined: none with a right MAC of these keys. */
export function heardBroadcast(
  { bytes, address, localAddress }: ServedPacket,
  end: AutokeyEnd | undefined,
): { readonly heard: HeardBroadcast; readonly path: BroadcastPath } | undefined {
  const source = parseAddress(address);
  const destination = parseAddress(localAddress);
  if (end === undefined || source === undefined || destination === undefined) return undefined;
  const path = { digest: end.host.digest, source, destination };
  const heard = openBroadcast(bytes, newTail(), path);
  return heard && { heard, path };
}

export class BroadcastDoor implements HeardServer {
  readonly #follower = new BroadcastFollower();
  #association = NOTHING;
  #strangers = 0;
  #end: AutokeyEnd | undefined;

  constructor(private readonly port: AutokeyPort | undefined) {}

  associationId(): number {
    return this.#association.associationId;
  }
  learned(values: AutokeyValues): void {
    this.#follower.learn(values);
  }
  association(): AutokeyField {
    return this.#association;
  }

  /** Packets that were not of the list, since the last one that was. */
  get strangers(): number {
    return this.#strangers;
  }
  /** Were our keys read anew since it is listened to? */
  get isOfOtherKeys(): boolean {
    return this.#end !== this.port?.end();
  }

  /** The volley is over. */
  settled(): void {
    this.#end = this.port?.end();
    this.#strangers = 0;
  }

  forget(dance: ClientDance | undefined): void {
    this.#follower.forget();
    this.#strangers = 0;
    dance?.loseKeyList();
  }

  open(
    packet: ServedPacket,
    dance: ClientDance | undefined,
  ): { readonly isOnList: boolean; readonly lines: readonly string[] } {
    const lines: string[] = [];
    const opened = heardBroadcast(packet, this.port?.end());
    if (opened === undefined) return { isOnList: false, lines };
    const { heard, path } = opened;
    // Nobody signs an ASSOC: what it says is only whom to ask, and checked there.
    const { body } = heard.field;
    if (isAssociation(heard))
      this.#association = { ...heard.field, body: body && { ...body, value: body.value.slice() } };
    if (dance !== undefined) {
      const step = this.#follower.takeValues(heard, dance.partner);
      if (step?.kind === 'advanced') lines.push(step.line);
    }
    const isOnList = this.#follower.follow(heard, path);
    this.#strangers = isOnList ? 0 : this.#strangers + 1;
    return { isOnList, lines };
  }
}
