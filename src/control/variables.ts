/**
 * A table of mode 6 variables and how a request picks from it. What the variables mean is in system-, peer- and
 * clock-variables.ts.
 * Source: RFC 9327 §4 (read variables); ntpd 4.2.8p15: one unknown name refuses the whole request.
 */
import { parseVariables, quoted } from '../wire/mode6-variables.js';

/**
 * The right side of `name=value`; undefined: known, but there is nothing to say now. An array: whole items, of what stands
 * several times.
 */
export type Variable<Context> = (context: Context) => string | readonly string[] | undefined;

/** In the order in which named variables are answered. */
export type VariableTable<Context> = Readonly<Record<string, Variable<Context>>>;

/** A quoted value. */
export const quote = (value: string): string => quoted('', value).slice(1);

/** The items of a reply to `request` (its data, as text); undefined: an unknown name is among those asked for. */
export function readVariables<Context>(
  table: VariableTable<Context>,
  defaults: readonly string[],
  request: string,
  context: Context,
): string[] | undefined {
  const asked = new Set(parseVariables(request).map((variable) => variable.name));
  for (const name of asked) if (!Object.hasOwn(table, name)) return undefined;
  const names = asked.size === 0 ? defaults : Object.keys(table).filter((name) => asked.has(name));
  const items: string[] = [];
  for (const name of names) {
    const value = table[name]?.(context);
    if (typeof value === 'string') items.push(`${name}=${value}`);
    else if (value !== undefined) items.push(...value);
  }
  return items;
}

/** The names of a table, as `sys_var_list` and its like give them. */
export const listOf = (table: Readonly<Record<string, unknown>>): string =>
  quote(Object.keys(table).join(','));
