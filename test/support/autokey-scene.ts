/** A rig with one Autokey client association and the station it asks: GQ group peer1 unless told otherwise. */
import type { DanceHost } from '../../src/autokey/dance/host.js';
import { FULL_DANCE } from '../../src/autokey/flags.js';
import type { IdentityKey, IdentityParameters } from '../../src/autokey/identity/scheme.js';
import { toFixedBytes } from '../../src/autokey/powers/integers.js';
import type { AssociationConfig } from '../../src/config/types.js';
import type { SourceView } from '../../src/source/types.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../../src/units/time.js';
import { gqKey } from '../autokey/identity/keys.js';
import { line, Rig, type RigOptions } from '../source/rig.js';
import { type DanceEnd, type EndWish, freshEnd } from './autokey-dance.js';
import { RigAutokey, Station, type StationOptions } from './autokey-station.js';
import { TEST_TIME } from './certificates.js';

/** Unix seconds at which scenes begin: 100 s after the keys were made. */
export const SCENE_START = TEST_TIME - Number(NTP_UNIX_OFFSET_SECONDS) + 100;

export const groupKey = gqKey(1024);
export const otherGroupKey = gqKey(1024);
const stamped = <T>(value: T) => ({ value, filestamp: TEST_TIME });

export const serverKeys = (key = groupKey): DanceHost['identityKeys'] =>
  new Map([['gq', stamped<IdentityKey>({ scheme: 'gq', key })]]);
export const clientParameters = (key = groupKey, group = 'peer1') =>
  new Map([
    [`gq ${group}`, stamped<IdentityParameters>({ scheme: 'gq', parameters: { n: key.n, b: key.b } })],
  ]);

export const gqServer = (wish: Partial<EndWish> = {}): DanceEnd =>
  freshEnd({
    ...{ name: 'peer1', trusted: true, gqValue: toFixedBytes(groupKey.v, 128), identityKeys: serverKeys() },
    ...wish,
  });
export const gqClient = (wish: Partial<EndWish> = {}): DanceEnd =>
  freshEnd({ name: 'peer2', parameters: clientParameters(), ...wish });

export interface SceneOptions {
  readonly line?: Partial<AssociationConfig>;
  readonly client?: DanceEnd | undefined;
  readonly server?: DanceEnd;
  readonly station?: StationOptions;
  readonly rig?: RigOptions;
}

export class Scene {
  readonly rig: Rig;
  readonly port: RigAutokey;
  readonly station: Station;

  constructor(options: SceneOptions = {}) {
    let port: RigAutokey | undefined;
    this.rig = new Rig({
      startUnixSecond: SCENE_START,
      ...options.rig,
      autokey: (made) => {
        port = new RigAutokey(made, 'client' in options ? options.client : gqClient());
        return port;
      },
    });
    if (port === undefined) throw new Error('the rig made no port');
    this.port = port;
    this.station = new Station(this.rig, options.server ?? gqServer(), options.station);
    this.rig.mobilise(line(this.station.address, { autokey: true, ident: 'peer1', ...options.line }));
  }

  get view(): SourceView {
    const [view] = this.rig.views();
    if (view === undefined) throw new Error('no association');
    return view;
  }
  get flags(): number {
    return this.view.autokey?.flags ?? 0;
  }
  get isFull(): boolean {
    return (this.flags & FULL_DANCE) === FULL_DANCE;
  }
  get samples(): number {
    return this.rig.samples.length;
  }

  /** Runs until it is so, at most to true time `last`, looking each tenth of a second; NaN: it never was. */
  async until(last: number, isSo: () => boolean): Promise<number> {
    for (let t = this.rig.world.now(); t <= last; t += 0.1) {
      await this.rig.run(t);
      if (isSo()) return this.rig.world.now();
    }
    return Number.NaN;
  }

  /** Runs to the end of the dance. */
  async danced(last = 600): Promise<this> {
    const at = await this.until(last, () => this.isFull);
    if (Number.isNaN(at))
      throw new Error(`the dance did not end: ${this.view.remark} ${this.flags.toString(16)}`);
    return this;
  }

  /** Answers whose time was used. */
  get answers(): number {
    return this.rig.raw.length;
  }

  /** Seconds from now until time flows again: one more answer that is used. */
  async recovery(within: number): Promise<number> {
    const [from, had] = [this.rig.world.now(), this.answers];
    return (await this.until(from + within, () => this.answers > had)) - from;
  }

  /** Both clocks of Autokey go on by so much, and nothing else does: for what happens in days. */
  skip(seconds: number): void {
    this.port.skipped += seconds;
    this.station.skipped += seconds;
  }
}
