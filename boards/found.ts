/**
 * Definitions are found, not listed: adding a board or a hat is adding one file to its folder. Each exported object with
 * an `id` counts. Knows nothing of what is in them.
 */
import { readdirSync } from 'node:fs';

interface Definition {
  readonly id: string;
}

/** Names of the compiled files of a folder, in order. */
export const definitionFiles = (folder: URL | string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .sort();

/** What the files of a folder define. */
export const definitionsOf = <T extends Definition>(
  modules: readonly Readonly<Record<string, unknown>>[],
): readonly T[] =>
  modules.flatMap((module) => Object.values(module).filter((value) => isDefinition<T>(value)));

/** `folder`: of compiled files. In the order of their names. */
export async function definitionsIn<T extends Definition>(folder: URL): Promise<readonly T[]> {
  const modules = definitionFiles(folder).map(
    (file) => import(new URL(file, folder).href) as Promise<Record<string, unknown>>,
  );
  return definitionsOf(await Promise.all(modules));
}

const isDefinition = <T extends Definition>(value: unknown): value is T =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
