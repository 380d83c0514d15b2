/**
 * The crypto thread's bench: the responders with their pools and tables, the verifiers of the groups asked lately, and our
 * RSA keys; does one job at a time, synchronously. Knows no thread, so that tests and a main thread without workers can use
 * it. Pools are empty after start and after every change of keys.
 */
import type { Random } from '../../ports/random.js';
import { ServerDesk, type ServerState } from '../dance/server-desk.js';
import { type HostKey, hostKey } from '../host-key.js';
import type { IdentityKey, IdentityScheme } from '../identity/scheme.js';
import { GqResponder } from './gq-responder.js';
import { IffResponder } from './iff-responder.js';
import type { CryptoJob, CryptoKeys, CryptoResult, IdentityTarget, WorkshopStatus } from './jobs.js';
import type { ModularEngine } from './modular.js';
import { MvResponder } from './mv-responder.js';
import type { IdentityResponder, PowersBudget } from './responder.js';
import { type OpenedVerifier, openVerifier } from './verifier.js';

/** Groups a host is a client of at a time; the one used longest ago makes room. */
const MAX_VERIFIERS = 16;

export interface WorkshopOptions {
  readonly engine: ModularEngine;
  readonly engineReason?: string | undefined;
  readonly random: Random;
  readonly budget: PowersBudget;
}

export class Workshop {
  readonly #options: WorkshopOptions;
  readonly #responders = new Map<IdentityScheme, IdentityResponder>();
  readonly #verifiers = new Map<string, OpenedVerifier>();
  #host: HostKey | undefined;
  #sign: HostKey | undefined;
  #desk: ServerDesk | undefined;
  #refillSeconds = 0;

  constructor(options: WorkshopOptions) {
    this.#options = options;
  }

  /** Replaces all keys. Those that cannot be used are left out; answers what is wrong with each. */
  setKeys({ identity, host, sign }: CryptoKeys): unknown[] {
    this.#wipe();
    const faults: unknown[] = [];
    const attempt = (make: () => void): void => {
      try {
        make();
      } catch (error) {
        faults.push(error);
      }
    };
    attempt(() => {
      this.#host = host === undefined ? undefined : hostKey(host);
    });
    attempt(() => {
      this.#sign = sign === undefined ? this.#host : hostKey(sign);
    });
    for (const key of identity) attempt(() => this.#responders.set(key.scheme, this.#responder(key)));
    return faults;
  }

  /** What requests of others are answered from. */
  setServer(state: ServerState | undefined): void {
    this.#desk = state && new ServerDesk(state);
  }

  get status(): WorkshopStatus {
    return {
      engine: this.#options.engine.name,
      engineReason: this.#options.engineReason,
      responders: [...this.#responders.values()].map(({ status }) => status),
      refillSeconds: this.#refillSeconds,
    };
  }

  get wantsRefill(): boolean {
    return this.status.responders.some(({ pool }) => pool.fill < pool.capacity);
  }

  /** A pool entry was made in so many seconds. */
  refilled(seconds: number): void {
    this.#refillSeconds += seconds;
  }

  /** One entry for the pool that is emptiest for its size. */
  refill(): boolean {
    const emptiest = [...this.#responders.values()].sort((a, b) => share(a) - share(b))[0];
    return emptiest?.refill() ?? false;
  }

  do(job: CryptoJob): CryptoResult {
    switch (job.kind) {
      case 'answer':
        return this.#responders.get(job.scheme)?.answer(job.challenge) ?? { ok: false, refusal: 'no-key' };
      case 'roll': {
        const opened = this.#verifier(job.target);
        return opened.ok && opened.verifier.roll(job.challenge);
      }
      case 'check': {
        const opened = this.#verifier(job.target);
        return opened.ok ? opened.verifier.check(job.challenge, job.answer, job.compat) : opened;
      }
      case 'sign': {
        const key = job.role === 'host' ? this.#host : this.#sign;
        return key?.canSign(job.digest) ? key.sign(job.digest, job.bytes) : undefined;
      }
      case 'open':
        return this.#host?.decryptOaep(job.bytes);
      case 'serve':
        return this.#desk?.answer(job.request, (scheme, challenge) => {
          const answered = this.#responders.get(scheme)?.answer(challenge);
          return answered?.ok === true ? answered.answer : undefined;
        });
    }
  }

  /** Wipes pools, tables and keys. */
  close(): void {
    this.#wipe();
    this.#desk = undefined;
  }

  #wipe(): void {
    for (const responder of this.#responders.values()) responder.close();
    this.#responders.clear();
    for (const opened of this.#verifiers.values()) if (opened.ok) opened.verifier.close();
    this.#verifiers.clear();
    this.#host = undefined;
    this.#sign = undefined;
  }

  #responder(held: IdentityKey): IdentityResponder {
    const { engine, random, budget } = this.#options;
    switch (held.scheme) {
      case 'gq':
        return new GqResponder({ key: held.key, engine, random, budget });
      case 'iff':
        return new IffResponder({ key: held.key, engine, random, budget });
      case 'mv':
        return new MvResponder({ key: held.key, engine, random, budget });
    }
  }

  #verifier({ held, publicValue }: IdentityTarget): OpenedVerifier {
    const numbers = [...Object.values<bigint>({ ...held.parameters }), publicValue ?? 0n];
    const name = `${held.scheme} ${numbers.map((number) => number.toString(36)).join(' ')}`;
    const { engine } = this.#options;
    const found = this.#verifiers.get(name);
    const opened = found ?? openVerifier({ held, publicValue, engine });
    // Last in the map is used last.
    this.#verifiers.delete(name);
    this.#verifiers.set(name, opened);
    const oldest = this.#verifiers.entries().next().value;
    if (this.#verifiers.size > MAX_VERIFIERS && oldest !== undefined) {
      this.#verifiers.delete(oldest[0]);
      if (oldest[1].ok) oldest[1].verifier.close();
    }
    return opened;
  }
}

const share = ({ status: { pool } }: IdentityResponder): number =>
  pool.capacity === 0 ? 1 : pool.fill / pool.capacity;
