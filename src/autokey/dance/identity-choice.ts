/**
 * By which scheme and whose parameters the other side is to prove its identity, or that nobody asks for it. Owns that
 * choice alone. What the configuration asks for is never skipped, whatever an unsigned ASSOC says:
 * - `ident NAME` on the line (or the global one) names the group;
 * - without it a file under a name of 2006 (`ntpkey_gq_NAME`), which somebody put there by hand, asks for identity: that of
 *   the trusted host at the trail's end, then that of `crypto ident`, then that of our own name.
 * Else the trail alone is believed, as with the reference.
 * Sources: autokey-reference.md §3.1; old-reference.md §8 (names of 2006).
 */
import { parameterLink } from '../files/names.js';
import { FLAG, hasFlags } from '../flags.js';
import type { IdentityParameters, IdentityScheme } from '../identity/scheme.js';
import type { FaultReport } from './fault.js';
import { type DanceHost, type Filestamped, groupOf } from './host.js';

export type IdentityChoice =
  /** nobody asks for it */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'scheme';
      readonly scheme: IdentityScheme;
      readonly group: string;
      readonly parameters: Filestamped<IdentityParameters>;
    }
  | { readonly kind: 'refused'; readonly report: FaultReport };

/** In the order of preference; a group of GQ is what most people made. */
const SCHEMES: readonly IdentityScheme[] = ['gq', 'iff', 'mv'];

export interface IdentityAsker {
  readonly host: DanceHost;
  readonly ident: string | undefined;
}

/** The group that is asked for; undefined: none. `root`: name of the trusted host, if the trail has ended. */
export function groupAskedFor({ host, ident }: IdentityAsker, root: string | undefined): string | undefined {
  if (ident !== undefined) return ident;
  const { old, own } = host.identityNames;
  if (old.size === 0) return undefined;
  const ofRoot = root === undefined ? [] : [root, root.split('@', 1)[0] ?? root, groupOf(root) ?? root];
  return [...ofRoot, ...own].find((name) => old.has(name));
}

/** `name`: the other side's; `flags`: with the schemes it offers. */
export function chooseIdentity(
  asker: IdentityAsker,
  name: string,
  root: string | undefined,
  flags: number,
): IdentityChoice {
  const group = groupAskedFor(asker, root);
  if (group === undefined) return { kind: 'none' };
  const why = asker.ident === undefined ? `the file of group ${group}` : `'ident ${group}'`;
  const offered = SCHEMES.filter((scheme) => hasFlags(flags, FLAG[scheme]));
  if (offered.length === 0)
    return {
      kind: 'refused',
      report: { fault: 'identity-type', text: `${name} offers no identity scheme, but ${why} asks for one` },
    };
  for (const scheme of offered) {
    const parameters = asker.host.parameters(scheme, group);
    if (parameters !== undefined) return { kind: 'scheme', scheme, group, parameters };
  }
  const wanted = offered.map((scheme) => parameterLink(scheme, group)).join(' or ');
  const text =
    `no identity parameters found for group ${group} (${offered.join(', ')}): ` +
    `get ${wanted} from the group's trusted host (noonmark keygen group export there, group join here)`;
  return { kind: 'refused', report: { fault: 'identity', text } };
}
