/**
 * `server NAME` and `peer NAME`: one association whose address comes from a name, looked up again when it goes silent.
 * The id stays the same whatever the address; a server that denied us is not asked again.
 */
import type { AssociationConfig } from '../../config/types.js';
import type { Timer } from '../../ports/scheduler.js';
import { canonicalAddress, isNumeric } from '../address.js';
import type { Candidate, Source, SourceView } from '../types.js';
import type { Association, AssociationContext, AssociationOwner } from './context.js';
import { Resolution } from './resolution.js';

/** Polls without an answer after which the name is looked up again; and so on each time as many have passed. */
const SILENT_POLLS = 8;
/** A name all of whose addresses deny us is looked up again after this, s. */
const AGAIN_SECONDS = 3600;

export class NamedSource implements Source {
  readonly id: number;
  readonly #association: Association;
  readonly #resolution: Resolution;
  /** addresses that are not to be asked again, or went silent last time round */
  readonly #denied = new Set<string>();
  readonly #silent = new Set<string>();
  #silentPolls = 0;
  #later: Timer | undefined;

  /** `make` builds the association; its owner's calls come here. */
  constructor(
    private readonly config: AssociationConfig,
    private readonly context: AssociationContext,
    make: (owner: AssociationOwner) => Association,
  ) {
    this.#association = make({
      polled: () => this.#polled(),
      denied: () => this.#deniedUs(),
    });
    this.id = this.#association.id;
    this.#resolution = new Resolution(config.host, config.family, context, {
      resolved: (addresses) => this.#resolved(addresses),
      failed: (reason) => this.#failed(reason),
    });
  }

  get taiOffsetSeconds(): number | undefined {
    return this.#association.taiOffsetSeconds;
  }

  start(): void {
    this.#association.state.events.report('mobilised', `${this.config.host} is to be asked for the time`);
    if (isNumeric(this.config.host)) this.#association.assign(canonicalAddress(this.config.host));
    else this.#lookUp();
    this.#association.start();
  }

  stop(): void {
    this.#later?.cancel();
    this.#resolution.stop();
    this.#association.stop();
  }

  candidate(): Candidate {
    return this.#association.candidate();
  }

  view(): SourceView {
    return this.#association.view();
  }

  #lookUp(): void {
    if (this.#association.state.address === '')
      this.#association.state.remark = 'its name is being looked up';
    this.#resolution.ask();
  }

  #polled(): void {
    const { poll, address } = this.#association.state;
    if (poll.reach !== 0) {
      this.#silentPolls = 0;
      this.#silent.clear();
      return;
    }
    this.#silentPolls += 1;
    if (this.#silentPolls % SILENT_POLLS !== 0 || isNumeric(this.config.host)) return;
    this.#silent.add(address);
    this.#lookUp();
  }

  /** Another address than the one that went silent; when all did, they are tried all over again. */
  #resolved(addresses: readonly string[]): void {
    const { state } = this.#association;
    const allowed = addresses.filter((address) => !this.#denied.has(address));
    let next = allowed.find((address) => !this.#silent.has(address));
    if (next === undefined) {
      this.#silent.clear();
      next = allowed.find((address) => address !== state.address) ?? allowed[0];
    }
    if (next === undefined) {
      // All that the name has deny us: perhaps it will have others.
      this.#later?.cancel();
      this.#later = this.context.scheduler.after(AGAIN_SECONDS, () => this.#resolution.ask());
      return;
    }
    if (next === state.address) return;
    this.#silentPolls = 0;
    this.#association.assign(next);
  }

  #deniedUs(): void {
    this.#denied.add(this.#association.state.address);
    if (!isNumeric(this.config.host)) this.#resolution.ask();
  }

  #failed(reason: string): void {
    if (this.#association.state.poll.reach === 0) this.#association.state.remark = reason;
  }
}
