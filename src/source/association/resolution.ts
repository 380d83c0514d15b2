/**
 * Names to addresses, asked again with growing pauses while there is no answer. Nothing waits for it.
 * Owns the pauses and the order of the addresses; what is done with them is its owner's business.
 */
import { explain } from '../../errors.js';
import type { Random } from '../../ports/random.js';
import type { Timer } from '../../ports/scheduler.js';
import { canonicalAddress, familyOf, isNumeric } from '../address.js';
import type { AssociationContext } from './context.js';

/** Pause before the first repetition and the longest, s. At boot the network may be a few seconds behind us. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 1024;
/** More addresses than any name has a use for. */
const MOST_ADDRESSES = 32;

export interface ResolutionHandler {
  /** at least one address, canonical, each once, in the order to be tried */
  resolved(addresses: readonly string[]): void;
  /** it will be tried again by itself */
  failed(reason: string): void;
}

export class Resolution {
  #timer: Timer | undefined;
  #pause = FIRST_PAUSE;
  #asking = 0;
  #stopped = false;

  constructor(
    private readonly host: string,
    private readonly family: 0 | 4 | 6,
    private readonly context: Pick<AssociationContext, 'network' | 'scheduler' | 'random'>,
    private readonly handler: ResolutionHandler,
  ) {}

  /** Asks now; what is under way already is forgotten. */
  ask(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stopped = false;
    this.#asking += 1;
    const turn = this.#asking;
    const { network } = this.context;
    const answer = isNumeric(this.host)
      ? Promise.resolve([this.host])
      : network.resolve(this.host, this.family);
    answer.then(
      (addresses) => {
        if (turn === this.#asking && !this.#stopped) this.#take(addresses);
      },
      (error: unknown) => {
        if (turn === this.#asking && !this.#stopped) this.#fail(explain(error));
      },
    );
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #take(answer: readonly string[]): void {
    const addresses = spread(answer, this.family, this.context.random);
    if (addresses.length === 0) {
      this.#fail(`${this.host} has no address${this.family === 0 ? '' : ` of family IPv${this.family}`}`);
      return;
    }
    this.#pause = FIRST_PAUSE;
    this.handler.resolved(addresses);
  }

  #fail(reason: string): void {
    const pause = this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE, 2 * pause);
    this.#timer = this.context.scheduler.after(pause * (1 + this.context.random.uniform() / 4), () =>
      this.ask(),
    );
    this.handler.failed(reason);
  }
}

/**
 * The addresses in random order within each family, that of the resolver's first choice before the other: the load is
 * spread over the servers of a name, and the resolver's preference (RFC 6724) is kept.
 */
export function spread(answer: readonly string[], family: 0 | 4 | 6, random: Random): string[] {
  const all = [...new Set(answer.map(canonicalAddress))]
    .filter((address) => isNumeric(address) && (family === 0 || familyOf(address) === family))
    .slice(0, MOST_ADDRESSES);
  for (let i = all.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random.uniform() * (i + 1));
    [all[i], all[j]] = [all[j] ?? '', all[i] ?? ''];
  }
  const firstChoice = answer.map(canonicalAddress).find((address) => all.includes(address));
  const preferred = firstChoice === undefined ? 4 : familyOf(firstChoice);
  return [
    ...all.filter((address) => familyOf(address) === preferred),
    ...all.filter((address) => familyOf(address) !== preferred),
  ];
}
