/**
 * Keeps the served sockets members of the groups that are listened to, as sockets and interfaces come and go.
 * A group that cannot be joined is said once and tried again at each turn.
 */
import { explain } from '../errors.js';
import type { Log } from '../ports/log.js';
import type { SocketHandle } from '../ports/packet-batch.js';
import { parseAddress } from '../units/address.js';
import type { Membership } from './group-paths.js';
import type { OpenSocket } from './socket-set.js';

export interface GroupDoor {
  /** Joining twice is no error. Throws NoonmarkError. */
  joinGroup(handle: SocketHandle, group: string, device: string): void;
  leaveGroup(handle: SocketHandle, group: string, device: string): void;
}

interface Joined extends Membership {
  readonly handle: SocketHandle;
}

export class GroupMembers {
  readonly #joined = new Map<string, Joined>();
  readonly #refused = new Set<string>();

  constructor(
    private readonly door: GroupDoor,
    private readonly log: Log,
  ) {}

  follow(wanted: readonly Membership[], sockets: readonly OpenSocket[]): void {
    const next = new Map<string, Joined>();
    for (const { group, device } of wanted)
      for (const { handle, plan } of sockets) {
        if (plan.drop || parseAddress(group)?.family !== plan.family) continue;
        if (plan.address !== undefined && plan.address !== group) continue;
        // A handle is a number that is used again: the plan tells whose it was.
        next.set(`${handle} ${plan.key} ${group} ${device}`, { group, device, handle });
      }
    for (const [key, { handle, group, device }] of this.#joined) {
      if (next.has(key)) continue;
      if (sockets.some((socket) => socket.handle === handle)) this.door.leaveGroup(handle, group, device);
      this.#joined.delete(key);
    }
    for (const [key, joined] of next) if (!this.#joined.has(key)) this.#join(key, joined);
  }

  #join(key: string, joined: Joined): void {
    const { handle, group, device } = joined;
    const name = `${group} ${device}`;
    try {
      this.door.joinGroup(handle, group, device);
      this.#joined.set(key, joined);
      this.#refused.delete(name);
      this.log.write('info', 'group-joined', `listening to the multicast group ${group} on ${device}`);
    } catch (error) {
      if (this.#refused.has(name)) return;
      this.#refused.add(name);
      this.log.write('error', 'group-refused', explain(error));
    }
  }
}
