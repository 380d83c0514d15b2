/**
 * What is known of one NTP peer: its variables, its filter, its fitness; and how that is told to selection and ntpq.
 * Shared by client and symmetric associations; sends and receives nothing.
 */
import type { AssociationConfig } from '../../config/types.js';
import { type NtpTimestamp, ntpDifferenceSeconds, unixNsToNtp } from '../../units/time.js';
import type { NtpHeader } from '../../wire/header.js';
import { canonicalAddress, isLoopback, isOwnNetwork } from '../address.js';
import { MAX_DISPERSION, MAX_STRATUM, PHI } from '../constants.js';
import { ClockFilter, type FilterEstimate, offsetNow } from '../filter.js';
import { defersTo, isOrphanParent, orphanMetric } from '../orphan.js';
import { refidOfAddress } from '../refid.js';
import { rootDistance } from '../root-distance.js';
import type { Candidate, Sample, SourceView, Unfit } from '../types.js';
import type { Authenticator } from './authenticator.js';
import type { AssociationContext } from './context.js';
import { isUndisturbed, type Measured, type Moment, measure } from './exchange.js';
import { FLASH, peerTests, unfitOf, withPeerTests } from './flash.js';
import { PathNoise } from './path-noise.js';
import { PeerEvents } from './peer-events.js';
import { nothingSaid, peerVariablesOf } from './peer-variables.js';
import { PollProcess } from './poll-process.js';

/** Reasons that the rest of a first burst may remove. */
const MAY_SETTLE: ReadonlySet<Unfit> = new Set(['unreachable', 'no-samples', 'distance']);
/** A clock that was not set yet may run as wrong as this: what Linux can correct. */
const UNSET_CLOCK = 500e-6;

/** A round trip shorter than this: it stands in the same network, whose servers bear a poll each 8 s. */
const NEAR_SECONDS = 0.001;

export interface PeerIdentity {
  readonly id: number;
  readonly kind: SourceView['kind'];
  readonly hostMode: 1 | 2 | 3 | 5 | 6;
  readonly name: string;
  readonly config: AssociationConfig;
  /** written in the configuration, not found by a pool */
  readonly configured: boolean;
}

export class PeerState {
  readonly filter: ClockFilter;
  readonly path: PathNoise;
  readonly poll: PollProcess;
  readonly events: PeerEvents;
  /** '' while the name is not resolved */
  address = '';
  localAddress = '';
  localPort = 0;
  flash = 0;
  /** the last packet was authentic */
  authentic = false;
  /** set: never to be polled again, or not now; says why */
  refusal: Unfit | undefined;
  remark = '';
  receivedTimeNs = 0n;
  /** It answers after a silence: the next poll is to be planned anew, sooner. */
  onReachable: () => void = () => undefined;
  lastTransmit: NtpTimestamp = 0n;
  #peer = nothingSaid('INIT');
  #ownAddresses: ReadonlySet<string> | undefined;
  #ownLocal = '';
  #ownRefids: readonly Uint8Array[] = [];

  constructor(
    readonly identity: PeerIdentity,
    readonly authenticator: Authenticator,
    readonly context: AssociationContext,
  ) {
    this.filter = new ClockFilter(2 ** context.clock.precisionLog2);
    this.path = new PathNoise(2 ** context.clock.precisionLog2);
    this.poll = new PollProcess({ ...identity.config, followsPeer: identity.hostMode <= 2 });
    this.events = new PeerEvents(context.log);
  }

  /** For log lines: name and address. */
  get label(): string {
    const { name } = this.identity;
    return this.address === '' || this.address === name ? name : `${name} (${this.address})`;
  }

  now(): Moment {
    const { clock, phase } = this.context;
    return { servedNs: clock.now(), monoNs: clock.monotonic(), movedSeconds: phase.movedSeconds() };
  }

  /** All that was learned of the peer is forgotten. `kiss`: shown as its refid. */
  forget(kiss: string): void {
    this.#peer = nothingSaid(kiss);
    this.filter.clear();
    this.path.clear();
    this.lastTransmit = 0n;
    this.receivedTimeNs = 0n;
    this.authentic = false;
    this.flash = 0;
  }

  /** This address from now on; what was learned of another is forgotten, and the sink is told at the end. */
  assign(address: string): void {
    const first = this.address === '';
    this.address = address;
    this.localAddress = '';
    this.localPort = 0;
    this.refusal = undefined;
    this.remark = '';
    this.forget('INIT');
    this.poll.restart();
    if (first) return;
    this.events.report('restart', `${this.label} is asked instead`);
    this.context.sink.changed(this.identity.id);
  }

  /** Something that came was not authentic. */
  notAuthentic(what: string): void {
    this.authentic = false;
    this.remark = what;
    this.events.report('badAuthentication', `${this.label}: ${what}`);
  }

  /** It is an address of this host itself. */
  refuseLoop(): void {
    this.refusal = 'loop';
    this.remark = 'this is an address of this host itself; remove the line';
  }

  /** Its key can not be used. */
  refuseKey(): void {
    this.refusal = 'authentication';
    this.remark = `key ${this.authenticator.keyId} is not in the keys file, not trusted, or not for this address`;
  }

  /** The header of a kiss, or of a reply that may not be used: what it says is shown, and that it is unsynchronised. */
  takeVariables(header: NtpHeader, arrivedNs: bigint): void {
    this.#peer = peerVariablesOf(header, arrivedNs);
    this.receivedTimeNs = arrivedNs;
    this.lastTransmit = header.transmitTime;
  }

  /**
   * A usable reply: its times go through the filter, and the sink is told what came out. `arrived`: undefined when the
   * clock was stepped about the arrival; the peer is reachable all the same.
   */
  takeTimes(header: NtpHeader, sent: Moment, arrived: Moment | undefined, nowMonoNs: bigint): void {
    const { context, identity, poll } = this;
    if (poll.answered(header.poll)) {
      this.events.report('reachable', `${this.label} answers`);
      this.onReachable();
    }
    const measured =
      arrived !== undefined && isUndisturbed(sent, arrived, nowMonoNs)
        ? measure({
            sent,
            receive: header.receiveTime,
            transmit: header.transmitTime,
            arrived,
            serverPrecision: Math.min(0, header.precision),
            ownPrecision: context.clock.precisionLog2,
          })
        : undefined;
    if (arrived === undefined || measured === undefined) {
      this.remark =
        'an exchange was not used: the clock was stepped meanwhile, or its times contradict each other';
      context.sink.changed(identity.id);
      return;
    }
    context.onRaw?.({
      id: identity.id,
      address: this.address,
      localAddress: this.localAddress,
      header,
      originNs: sent.servedNs,
      destinationNs: arrived.servedNs,
    });
    const noise = this.path.add(measured.delaySeconds);
    // A stranger's server is asked as seldom as it expects (64 s, RFC 5905 §7.3), however near it stands.
    const isOurs = identity.kind !== 'pool' && isOwnNetwork(this.address);
    poll.approach(isOurs && this.path.shortest < NEAR_SECONDS);
    this.#takeSample({ ...measured, noise }, arrived);
  }

  /**
   * A broadcast, whose one stamp and the round trip measured before make a sample. `arrived`: undefined when it was held
   * up, or the clock was stepped about its arrival.
   */
  takeOneWay(header: NtpHeader, arrived: Moment | undefined, delaySeconds: number): void {
    const { context, identity, poll } = this;
    if (poll.answered(header.poll)) this.events.report('reachable', `${this.label} is heard`);
    poll.burst = 0;
    if (arrived === undefined) {
      context.sink.changed(identity.id);
      return;
    }
    const ownPrecision = context.clock.precisionLog2;
    const way = delaySeconds / 2;
    this.#takeSample(
      {
        offsetSeconds: ntpDifferenceSeconds(header.transmitTime, unixNsToNtp(arrived.servedNs)) + way,
        delaySeconds: Math.max(delaySeconds, 2 ** ownPrecision),
        dispersionSeconds: 2 ** Math.min(0, header.precision) + 2 ** ownPrecision + PHI * way,
      },
      arrived,
    );
  }

  candidate(): Candidate {
    const { identity, context } = this;
    const { config } = identity;
    const estimate = this.estimate();
    const figures = this.#figures(estimate);
    const peerFlash = this.#peerFlash(estimate);
    const orphan = isOrphanParent(this.#peer.stratum, context.tos);
    const unfit = this.unfit(peerFlash, estimate);
    return {
      id: identity.id,
      offsetSeconds: estimate?.offsetSeconds ?? 0,
      ...figures,
      errorSeconds: estimate === undefined ? undefined : this.#error(estimate),
      settling: this.poll.burst > 0 && unfit !== undefined && MAY_SETTLE.has(unfit),
      stratum: this.#peer.stratum,
      leap: this.#peer.leap,
      unfit,
      prefer: config.prefer,
      alwaysTrue: config.alwaysTrue,
      pulse: false,
      lastResort: orphan,
      ...(orphan ? { orphanMetric: orphanMetric(this.address) } : {}),
    };
  }

  estimate(): FilterEstimate | undefined {
    const { clock, phase } = this.context;
    return this.filter.estimate(clock.monotonic(), phase.movedSeconds());
  }

  /** May it be selected, as things stand? */
  isFit(): boolean {
    const estimate = this.estimate();
    return this.unfit(this.#peerFlash(estimate), estimate) === undefined;
  }

  unfit(peerFlash: number, estimate: FilterEstimate | undefined): Unfit | undefined {
    const { config } = this.identity;
    if (this.refusal !== undefined) return this.refusal;
    if (this.poll.reach === 0 && this.flash & FLASH.authentication) return 'authentication';
    const peer = unfitOf(peerFlash, config.noselect);
    if (peer === 'noselect' || peer === 'unreachable') return peer;
    if (estimate === undefined) return 'no-samples';
    if (this.#peer.leap === 3 || this.#peer.stratum >= MAX_STRATUM) return 'unsynchronised';
    if (isOrphanParent(this.#peer.stratum, this.context.tos) && !defersTo(this.localAddress, this.address))
      return 'loop';
    return peer;
  }

  view(): SourceView {
    const { identity, context, poll } = this;
    const { clock, phase } = context;
    const monoNs = clock.monotonic();
    const estimate = this.estimate();
    const peer = this.#peer;
    const peerFlash = this.#peerFlash(estimate);
    return {
      id: identity.id,
      kind: identity.kind,
      name: identity.name,
      address: this.address,
      port: identity.config.port,
      localAddress: this.localAddress,
      localPort: this.localPort,
      hostMode: identity.hostMode,
      peerMode: peer.mode,
      hostPoll: poll.hostPoll,
      peerPoll: poll.peerPoll,
      version: identity.config.version,
      configured: identity.configured,
      authenticationEnabled: this.authenticator.required,
      authentic: this.authentic,
      keyId: this.authenticator.keyId,
      reach: poll.reach,
      unreach: poll.unreach,
      leap: peer.leap,
      stratum: peer.stratum,
      precisionLog2: peer.precisionLog2,
      rootDelaySeconds: peer.rootDelaySeconds,
      rootDispersionSeconds: peer.rootDispersionSeconds,
      refid: peer.refid,
      referenceTimeNs: peer.referenceTimeNs,
      receivedTimeNs: this.receivedTimeNs,
      offsetSeconds: estimate?.offsetSeconds ?? 0,
      delaySeconds: estimate?.delaySeconds ?? 0,
      dispersionSeconds: estimate?.dispersionSeconds ?? this.filter.dispersion(monoNs),
      jitterSeconds: estimate?.jitterSeconds ?? 0,
      filter: this.filter.stages(monoNs, phase.movedSeconds()),
      flash: withPeerTests(this.flash, peerFlash),
      unfit: this.unfit(peerFlash, estimate),
      remark: this.remark,
      headwaySeconds: poll.headwaySeconds,
      ttl: identity.config.ttl,
      lastEvent: this.events.last,
      eventCount: this.events.count,
      refclock: undefined,
    };
  }

  #takeSample(measured: Measured & Pick<Sample, 'noise'>, arrived: Moment): void {
    const { context, identity, poll } = this;
    const before = this.estimate();
    const movedSeconds = context.phase.movedSeconds();
    const sample: Sample = {
      ...measured,
      monoNs: arrived.monoNs,
      atNs: arrived.servedNs,
      movedSeconds: arrived.movedSeconds,
    };
    const verdict = this.filter.add(sample, movedSeconds, 2 ** poll.interval());
    this.remark = '';
    if (before !== undefined) {
      // What a longer way than usual explains is no surprise.
      const explained = Math.max(0, sample.delaySeconds - before.delaySeconds) / 2;
      const surprise = Math.abs(offsetNow(sample, movedSeconds) - before.offsetSeconds) - explained;
      poll.settled(surprise, this.filter.pathJitter(), context.phase.memorySeconds?.());
    }
    // RFC 5905 tells the discipline of each new minimum of the delay only, about one in five; an estimator that knows what
    // each is worth likes them all.
    if (verdict.type !== 'spike') {
      context.sink.sample(identity.id, sample);
      return;
    }
    this.remark = `a spike of ${verdict.offsetSeconds.toFixed(6)} s is not believed unless it lasts`;
    this.events.report('popcorn', `${this.label}: ${this.remark}`);
    context.sink.changed(identity.id);
  }

  #figures(
    estimate: FilterEstimate | undefined,
  ): Pick<Candidate, 'jitterSeconds' | 'rootDelaySeconds' | 'rootDispersionSeconds'> {
    return {
      jitterSeconds: estimate?.jitterSeconds ?? 2 ** this.context.clock.precisionLog2,
      rootDelaySeconds: this.#peer.rootDelaySeconds + (estimate?.delaySeconds ?? 0),
      rootDispersionSeconds:
        this.#peer.rootDispersionSeconds + (estimate?.dispersionSeconds ?? MAX_DISPERSION),
    };
  }

  /** Half the way to the primary source and back, and what all stamps on it, and our clock since, may be off by; s. */
  #error({ sample, delaySeconds, jitterSeconds }: FilterEstimate): number {
    const age = Math.max(0, Number(this.context.clock.monotonic() - sample.monoNs) / 1e9);
    return (
      (this.#peer.rootDelaySeconds + delaySeconds) / 2 +
      this.#peer.rootDispersionSeconds +
      sample.dispersionSeconds +
      jitterSeconds +
      UNSET_CLOCK * age
    );
  }

  #peerFlash(estimate: FilterEstimate | undefined): number {
    const { context, identity, poll } = this;
    const system = context.system();
    // In holdover nobody is followed: whoever follows the source that was lost may be the way back to it.
    const follows = system.state === 'synchronised' && system.systemPeer !== identity.id;
    return peerTests(
      {
        leap: this.#peer.leap,
        stratum: this.#peer.stratum,
        refid: this.#peer.refid,
        reach: poll.reach,
        noselect: identity.config.noselect,
        rootDistanceSeconds: rootDistance(this.#figures(estimate), context.tos.mindist),
        pollSeconds: 2 ** poll.interval(),
        ownRefids: this.#refidsOfOurs(),
        systemRefid: follows ? system.refid : undefined,
      },
      context.tos,
    );
  }

  /** Reckoned again only when the addresses change: this is asked for every second. */
  #refidsOfOurs(): readonly Uint8Array[] {
    const addresses = this.context.ownAddresses();
    if (addresses !== this.#ownAddresses || this.localAddress !== this.#ownLocal) {
      this.#ownAddresses = addresses;
      this.#ownLocal = this.localAddress;
      const all = new Set(addresses);
      if (this.localAddress !== '') all.add(canonicalAddress(this.localAddress));
      // A loopback address is everybody's: as a refid it is that of an orphan parent somewhere.
      this.#ownRefids = [...all].filter((address) => !isLoopback(address)).map(refidOfAddress);
    }
    return this.#ownRefids;
  }
}
