/**
 * The sources that a configuration names, kept in step with it: on a reload what has not changed goes on undisturbed.
 * Refclocks belong together (a pulse and its receiver), so they are made anew all or none.
 */
import type { AssociationConfig, Config, RefclockConfig } from '../config/types.js';
import type { Source } from '../source/types.js';
import type { Engine } from './engine.js';

export interface SourceMakers {
  refclocks(configs: readonly RefclockConfig[]): readonly Source[];
  association(config: AssociationConfig): Source;
}

/** What listens, instead of asking, is no source of its own: groupcast.ts. */
const isSource = ({ kind }: AssociationConfig): boolean =>
  kind !== 'broadcastclient' && kind !== 'multicastclient' && kind !== 'manycastserver';

/** Two lines that say the same are the same, wherever they stand. */
const meaningOf = (config: AssociationConfig | RefclockConfig): string =>
  JSON.stringify(config, (key, value: unknown) => (key === 'origin' ? undefined : value));

export class SourceSet {
  private refclockMeaning = '';
  private refclockIds: readonly number[] = [];
  private readonly associations = new Map<string, number>();
  private config: Pick<Config, 'associations' | 'refclocks'> = { associations: [], refclocks: [] };

  constructor(
    private readonly engine: Engine,
    private readonly makers: SourceMakers,
  ) {}

  /** Makes the engine's sources those of `config`; answers what was changed, one phrase each. */
  apply(config: Pick<Config, 'associations' | 'refclocks'>): readonly string[] {
    this.config = config;
    const changes: string[] = [];
    const meaning = config.refclocks.map(meaningOf).join('\n');
    if (meaning !== this.refclockMeaning) {
      for (const id of this.refclockIds) this.engine.remove(id);
      const made = this.makers.refclocks(config.refclocks);
      for (const source of made) this.engine.add(source);
      this.refclockIds = made.map(({ id }) => id);
      this.refclockMeaning = meaning;
      changes.push(`${made.length} reference clocks started`);
    }
    const wanted = new Map(
      config.associations.filter(isSource).map((association) => [meaningOf(association), association]),
    );
    for (const [key, id] of this.associations) {
      if (wanted.has(key)) continue;
      this.engine.remove(id);
      this.associations.delete(key);
      changes.push('a network source removed');
    }
    for (const [key, association] of wanted) {
      if (this.associations.has(key)) continue;
      const source = this.makers.association(association);
      this.engine.add(source);
      this.associations.set(key, source.id);
      changes.push(`${association.kind} ${association.host} added`);
    }
    return changes;
  }

  /** All of them from the start: after a step over years nothing that was measured before means anything. */
  remake(): void {
    this.engine.removeAll();
    this.refclockMeaning = '';
    this.refclockIds = [];
    this.associations.clear();
    this.apply(this.config);
  }
}
