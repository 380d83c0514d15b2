/** What a set-up tells as it goes on; the runner makes the log lines and the view of it. */
import type { Place, SetupState } from '../../../src/ports/gps-setup.js';

export interface SetupReport {
  state(state: SetupState, text: string): void;
  /** The receiver was told where it is, or surveyed it before; undefined: it is not fixed. */
  fixedAt(place: Place | undefined): void;
  /** A survey-in was started by us. */
  surveying(text: string): void;
  /** A receiver that does not tell what it has stored was told to store what it has. */
  stored(): void;
  /** It is not where it was when its place was remembered. */
  moved(text: string): void;
}

/** The results of many settings, for a person and for the state. */
export class Tally {
  #kept = 0;
  #changed = 0;
  readonly #refused: string[] = [];
  readonly #silent: string[] = [];

  count(name: string, kind: 'kept' | 'changed' | 'refused' | 'silent'): void {
    if (kind === 'kept') this.#kept += 1;
    else if (kind === 'changed') this.#changed += 1;
    else if (kind === 'refused') this.#refused.push(name);
    else this.#silent.push(name);
  }

  get changed(): boolean {
    return this.#changed > 0;
  }

  get state(): 'set' | 'incomplete' | 'unanswered' {
    if (this.#kept + this.#changed + this.#refused.length === 0) return 'unanswered';
    return this.#refused.length + this.#silent.length === 0 ? 'set' : 'incomplete';
  }

  get text(): string {
    const parts = [`${this.#kept + this.#changed} settings as wished, ${this.#changed} of them changed`];
    if (this.#refused.length > 0) parts.push(`refused: ${this.#refused.join(', ')}`);
    if (this.#silent.length > 0) parts.push(`not answered: ${this.#silent.join(', ')}`);
    return parts.join('; ');
  }
}
