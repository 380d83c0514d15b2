/**
 * Autokey in the daemon: loads the keys that the configuration names, keeps the values of this host signed, owns the crypto
 * thread and the secret of the cookies, and is what associations see of it all (AutokeyPort).
 * A file that is bad is said and the service goes on: with the keys it had, or without Autokey.
 */
import { hostname } from 'node:os';
import {
  certificateLoadedLine,
  keyLoadedLine,
  setupLine,
  signatureUpdateLine,
} from '../autokey/cryptostats.js';
import { type BroadcastAnnouncement, BroadcastValues } from '../autokey/dance/broadcast-values.js';
import { type AutokeyEnd, type EndSettings, makeEnd } from '../autokey/dance/end.js';
import type { DanceTime } from '../autokey/dance/host.js';
import type { IdentityCheck } from '../autokey/dance/step.js';
import { sessionDigestNamed, signatureDigestNamed } from '../autokey/digest.js';
import { openKeyFolder } from '../autokey/files/folder.js';
import { type LoadedKeys, loadKeys } from '../autokey/files/load.js';
import { DEFAULT_KEYS_DIRECTORY } from '../autokey/files/names.js';
import { flagNames } from '../autokey/flags.js';
import type { IdentityQuestion } from '../autokey/identity/scheme.js';
import type { IdentityVerdict } from '../autokey/identity/verdict.js';
import { type LeapValues, UNKNOWN_LEAP } from '../autokey/leap-values.js';
import { DEFAULT_KEY_POLICY, type KeyPolicy, keyPolicy } from '../autokey/policy.js';
import { DEFAULT_POWERS_BUDGET } from '../autokey/powers/responder.js';
import { stampDifference } from '../autokey/seconds.js';
import type { Config, CryptoConfig } from '../config/types.js';
import type { LeapKeeper } from '../discipline/leap.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Random } from '../ports/random.js';
import type { AutokeyDoor } from '../responder/messages.js';
import type { AutokeyPort, PeerRequest } from '../source/association/autokey-port.js';
import { NTP_UNIX_OFFSET_SECONDS, unixNsToNtp } from '../units/time.js';
import { CookieStore } from './cookie-store.js';
import { type CryptoOutcome, CryptoThread } from './crypto-thread.js';
import type { StateStore } from './state-store.js';

/** Values are signed anew once a day, as with the reference, s. */
const UPDATE_SECONDS = 86_400;
/** A symmetric peer's request does not depend on it. */
const NO_ADDRESS = new Uint8Array(4);

export interface AutokeyServiceParts {
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly random: Random;
  readonly log: Log;
  readonly store: StateStore;
  readonly leap: LeapKeeper;
  /** is the clock set, so that values may be signed? */
  readonly isSynchronised: () => boolean;
  /** one line for cryptostats; `address`: of the other side, undefined: about ourselves */
  readonly note: (address: string | undefined, line: string) => void;
  /** keys, values or certificates of this host have changed: whoever keeps a copy is to have them anew */
  readonly changed: () => void;
  /** `crypto budget`, of one processor, in (0, 1] */
  readonly share: () => number;
  /** memory of an identity scheme's table and pool, bytes */
  readonly powersBytes: number;
  /** holds `crypto budget`; undefined: nobody is served yet */
  readonly desk: () => WorkDesk | undefined;
}

/** A symmetric peer; proven: it has answered a packet of ours, so that its address is no forged one. */
export type PeerCaller = Pick<PeerRequest, 'address' | 'isProven'>;

/** Where public-key work takes its turn (autokey-server.ts). */
export interface WorkDesk {
  forPeer<T>(
    caller: PeerCaller,
    work: () => Promise<CryptoOutcome<T>>,
  ): Promise<CryptoOutcome<T> | undefined>;
  spent(seconds: number): void;
}

export class AutokeyService implements AutokeyPort {
  automax: number;
  compat = false;
  ident: string | undefined;
  ownGroup: string | undefined;
  readonly crypto: CryptoThread;
  readonly broadcasts = new BroadcastValues();
  readonly #parts: AutokeyServiceParts;
  readonly #cookies: CookieStore;
  #end: AutokeyEnd | undefined;
  #loaded: LoadedKeys | undefined;
  #settings: EndSettings | undefined;
  #leap: LeapValues = UNKNOWN_LEAP;
  /** of the certificates, when whoever keeps a copy was told */
  #toldRevision: number | undefined;

  /** `config` has a `crypto` line. Loads the keys; never throws for what is in them. */
  constructor(config: Config, parts: AutokeyServiceParts) {
    this.#parts = parts;
    this.automax = config.group.automax;
    this.crypto = new CryptoThread({
      refillShare: parts.share(),
      budget: { ...DEFAULT_POWERS_BUDGET, bytes: parts.powersBytes },
      onProblem: (message) => parts.log.write('warning', 'autokey-thread', message),
    });
    const since = parts.isSynchronised() ? this.time().now : 0;
    this.#cookies = new CookieStore(parts.store, parts.random, parts.log, since);
    this.load(config);
  }

  /** Reads the keys again, at the start and on reload. Bad ones leave those in force that were. */
  load(config: Config): void {
    const { crypto, group, keysDirectory = DEFAULT_KEYS_DIRECTORY } = config;
    this.automax = group.automax;
    this.ident = group.ident;
    this.compat = crypto?.compat ?? false;
    this.ownGroup = crypto?.ident;
    this.crypto.setRefillShare(this.#parts.share());
    if (crypto === undefined) {
      this.#forget();
      return;
    }
    const settings = settingsOf(crypto);
    const keys = loadKeys(openKeyFolder(keysDirectory), {
      hostName: crypto.host ?? hostname(),
      group: crypto.ident,
      password: crypto.pw,
      nowSeconds: this.#parts.isSynchronised() ? this.#calendarSeconds() : undefined,
      policy: settings.policy,
    });
    const end = makeEnd(keys, settings);
    this.#report(keys, end);
    if (end === undefined) return;
    this.#loaded = keys;
    this.#settings = settings;
    this.#end = end;
    this.crypto.setKeys({
      identity: [...end.host.identityKeys.values()].map(({ value }) => value),
      ...(keys.host === undefined ? {} : { host: keys.host.key }),
      ...(keys.sign === undefined ? {} : { sign: keys.sign.key }),
    });
    this.#leap = UNKNOWN_LEAP;
    this.observe();
    this.#parts.changed();
  }

  /** To be called each second: signs at the first synchronisation, once a day, and when the leap seconds change. */
  observe(): void {
    const end = this.#end;
    const time = this.time();
    if (end === undefined || !time.isSynchronised) return;
    const leap = this.#leapValues();
    const isNew = leap.taiOffset !== this.#leap.taiOffset || leap.expiry !== this.#leap.expiry;
    const { updatedAt } = end.values;
    const age = stampDifference(time.now, updatedAt);
    // A clock that was set back signs at once: values of the future are refused by everybody.
    if (updatedAt !== 0 && !isNew && age >= 0 && age < UPDATE_SECONDS) return;
    this.#leap = leap;
    end.values.update(time.now, leap);
    if (this.#cookies.keep(time.now))
      this.#parts.log.write('notice', 'autokey-cookie', 'the cookie secret was a year old and is replaced');
    this.#parts.note(undefined, signatureUpdateLine(time.now));
    this.#parts.changed();
  }

  end(): AutokeyEnd | undefined {
    return this.#end;
  }

  /** What the end was made of, for the thread that answers others; undefined: no usable keys. */
  get material(): { readonly keys: LoadedKeys; readonly settings: EndSettings } | undefined {
    return this.#loaded && this.#settings && { keys: this.#loaded, settings: this.#settings };
  }

  /** For the responder; undefined: we do not speak Autokey. */
  get door(): AutokeyDoor | undefined {
    return this.#settings && { digest: this.#settings.digest, secrets: this.#cookies.secrets };
  }

  /** TAI and leap seconds as they were signed last. */
  get leapValues(): LeapValues {
    return this.#leap;
  }

  time(): DanceTime {
    const { clock } = this.#parts;
    const now = Number((unixNsToNtp(clock.now()) >> 32n) & 0xffff_ffffn);
    return { now, monotonic: Number(clock.monotonic()) / 1e9, isSynchronised: this.#parts.isSynchronised() };
  }

  async sign(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const digest = this.#end?.host.certificate.value.scheme.digest;
    if (digest === undefined) return undefined;
    return this.#own(this.crypto.run<'sign'>({ kind: 'sign', role: 'sign', digest, bytes }));
  }

  async open(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#own(this.crypto.run<'open'>({ kind: 'open', bytes }));
  }

  roll({ held, publicValue, challenge }: IdentityQuestion): void {
    // Where there is no room for it, the check computes it.
    void this.#own(this.crypto.run<'roll'>({ kind: 'roll', target: { held, publicValue }, challenge }));
  }

  async check({ question, answer }: IdentityCheck): Promise<IdentityVerdict | undefined> {
    const { held, publicValue, challenge, compat = false } = question;
    const target = { held, publicValue };
    return this.#own(this.crypto.run<'check'>({ kind: 'check', target, challenge, answer, compat }));
  }

  announce(announcement: BroadcastAnnouncement): void {
    this.broadcasts.take(announcement);
    this.#parts.changed();
  }

  async answer({ field, half, address, isProven }: PeerRequest): Promise<Uint8Array | undefined> {
    const revision = this.#end?.certificates.revision;
    if (revision !== this.#toldRevision) {
      this.#toldRevision = revision;
      this.#parts.changed();
    }
    const request = { field, half, client: NO_ADDRESS, server: NO_ADDRESS, autokey: undefined };
    const work = () =>
      this.crypto.run<'serve'>({ kind: 'serve', request: { ...request, time: this.time() } });
    const desk = this.#parts.desk();
    const outcome = await (desk === undefined ? work() : desk.forPeer({ address, isProven }, work));
    return outcome?.done ? outcome.result?.field : undefined;
  }

  /** Work of our own dances does not wait its turn, and is part of the share. */
  async #own<T>(work: Promise<CryptoOutcome<T>>): Promise<T | undefined> {
    const outcome = await work;
    if (!outcome.done) return undefined;
    this.#parts.desk()?.spent(outcome.seconds);
    return outcome.result;
  }

  note(address: string | undefined, line: string): void {
    this.#parts.note(address, line);
  }

  /** A new cookie secret, by command. */
  rotateCookies(): void {
    this.#cookies.rotate(this.time().now);
    this.#parts.log.write('notice', 'autokey-cookie', 'the cookie secret was replaced by command');
    this.#parts.changed();
  }

  stop(): Promise<void> {
    return this.crypto.stop();
  }

  #forget(): void {
    this.#end = undefined;
    this.#loaded = undefined;
    this.#settings = undefined;
    this.crypto.setKeys({ identity: [] });
    this.#parts.changed();
  }

  #calendarSeconds(): number {
    return Number(this.#parts.clock.now() / 1_000_000_000n + NTP_UNIX_OFFSET_SECONDS);
  }

  #leapValues(): LeapValues {
    const told = this.#parts.leap.offset(this.#parts.clock.now());
    if (told === undefined) return UNKNOWN_LEAP;
    const stamp = (seconds: bigint) => Number((seconds + NTP_UNIX_OFFSET_SECONDS) & 0xffff_ffffn);
    return {
      taiOffset: told.taiOffsetSeconds,
      lastLeap: stamp(told.sinceSeconds),
      expiry: stamp(told.untilSeconds),
    };
  }

  #report(keys: LoadedKeys, end: AutokeyEnd | undefined): void {
    const { log, note } = this.#parts;
    for (const { severity, file, line, message, remedy } of keys.problems)
      log.write(severity, 'autokey-keys', `${file}:${line}: ${message}; ${remedy}`);
    if (end === undefined) {
      const meanwhile =
        this.#end === undefined ? 'Autokey is off until then' : 'the keys read before stay in force';
      log.write(
        'error',
        'autokey-keys',
        `the host ${keys.hostName} has no usable key and certificate in ${keys.directory}: ${meanwhile}; ` +
          `make them with 'noonmark keygen host -d ${keys.directory}', then 'noonmark reload'`,
      );
      return;
    }
    const { certificate } = end.host;
    for (const file of [keys.host, keys.sign])
      if (file !== undefined) note(undefined, keyLoadedLine(file.name, file.bits));
    if (keys.certificate !== undefined)
      note(undefined, certificateLoadedLine(keys.certificate.name, certificate.value));
    const { flags } = end.values;
    note(undefined, setupLine(flags, certificate.value.subject, certificate.value.scheme));
    log.write(
      'info',
      'autokey-keys',
      `Autokey as ${certificate.value.subject} (${certificate.value.scheme.name}, ${flagNames(flags).join(' ')})`,
    );
  }
}

/** The digests were checked when the configuration was read. */
function settingsOf({ digest, minimumBits, minimumDigest }: CryptoConfig): EndSettings {
  const { minimumBits: bits, minimumDigest: least } = DEFAULT_KEY_POLICY;
  const policy: KeyPolicy = keyPolicy(
    minimumBits ?? bits,
    (minimumDigest === undefined ? undefined : signatureDigestNamed(minimumDigest)) ?? least,
  );
  return { digest: sessionDigestNamed(digest ?? 'MD5') ?? 'MD5', policy };
}
