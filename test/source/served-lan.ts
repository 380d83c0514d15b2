/**
 * Hosts of the virtual world whose served ports are joined by paths of 1 ms each way; as the responder's thread would, each
 * port stamps and authenticates half a millisecond after it was asked to. What is on its way may be dropped or changed.
 */
import { appendMac } from '../../src/auth/mac.js';
import { RES } from '../../src/auth/restrict.js';
import { appendSessionMac } from '../../src/autokey/session-key.js';
import { VirtualWorld } from '../../src/sim/virtual-world.js';
import type { ServedPort } from '../../src/source/association/context.js';
import { PassiveAssociations } from '../../src/source/association/passive.js';
import { unixNsToNtp } from '../../src/units/time.js';
import { Rig, type RigOptions, START } from './rig.js';

const MAC_ROOM = 68;

export interface OnTheWay {
  readonly bytes: Uint8Array;
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

export class ServedLan {
  readonly world: VirtualWorld;
  readonly hosts = new Map<string, Rig>();
  readonly sent: OnTheWay[] = [];
  /** RES bits of everybody */
  restrictions: number = RES.attached;
  tamper: (packet: OnTheWay) => Uint8Array | undefined = ({ bytes }) => bytes;

  constructor(startUnixSecond = START) {
    this.world = new VirtualWorld({ startUnixSecond });
  }

  host(address: string, options: RigOptions = {}): Rig {
    const rig = new Rig({
      ...options,
      world: this.world,
      seed: options.seed ?? this.hosts.size + 1,
      ownAddresses: [address],
      servedPort: this.#port(address),
    });
    this.hosts.set(address, rig);
    const side = { port: this.#port(address), router: rig.router };
    rig.router.passive = new PassiveAssociations(() => rig.context, rig, side);
    return rig;
  }

  run(untilSeconds: number): Promise<void> {
    return this.world.runSettling(untilSeconds);
  }

  #port(from: string): ServedPort {
    return {
      localAddressFor: () => from,
      send: ({ bytes, address: to, port, keyId, session, stamped }) => {
        this.world.at(this.world.now() + 0.0005, () => {
          const sender = this.hosts.get(from);
          if (sender === undefined) return;
          const out = new Uint8Array(bytes.length + MAC_ROOM);
          out.set(bytes);
          let length = bytes.length;
          if (stamped !== undefined) {
            const kernelNs = sender.clock.kernelStamp(this.world.now());
            const transmitTime = unixNsToNtp(sender.clock.toServed(kernelNs));
            new DataView(out.buffer).setBigUint64(40, transmitTime);
            stamped({ transmitTime, kernelNs });
          }
          const key = sender.keys.get(keyId);
          if (session !== undefined)
            length = appendSessionMac(session.digest, session.key, session.keyId, out, length) ?? length;
          else if (key !== undefined) length = appendMac(key, out, length);
          this.#carry({ bytes: out.slice(0, length), from, to, port });
        });
        return true;
      },
    };
  }

  #carry(packet: OnTheWay): void {
    this.sent.push(packet);
    const bytes = this.tamper({ ...packet, bytes: packet.bytes.slice() });
    if (bytes === undefined) return;
    const at = this.world.now() + 0.001;
    this.world.at(at, () => {
      const rig = this.hosts.get(packet.to);
      const kernelNs = rig?.clock.kernelStamp(at) ?? 0n;
      rig?.router.receive({
        ...{ bytes, kernelNs, address: packet.from, port: 123, localAddress: packet.to },
        restrictions: this.restrictions,
      });
    });
  }
}
