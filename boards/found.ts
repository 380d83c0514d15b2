/**
 * Definitions are found, not listed: adding a board or a hat is adding one file to its folder. Each exported object with
 * an `id` counts. Knows nothing of what is in them.
 */
import { readdirSync } from 'node:fs';

/** `folder`: of compiled files. In the order of their names. */
export async function definitionsIn<T extends { readonly id: string }>(folder: URL): Promise<readonly T[]> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .sort();
  const modules = await Promise.all(
    files.map((file) => import(new URL(file, folder).href) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.values(module).filter((value) => isDefinition<T>(value)));
}

const isDefinition = <T extends { readonly id: string }>(value: unknown): value is T =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
