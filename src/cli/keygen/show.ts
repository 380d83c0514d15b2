/**
 * `noonmark keygen show`: the table of a keys directory.
 */
import type { GroupEntry, HostEntry, Inventory } from '../../autokey/keygen/inventory.js';

const LAYOUTS = {
  stock: 'for noonmark and textbook daemons',
  p15: 'for noonmark and ntpd 4.2.8p15',
  both: 'for every daemon',
} as const;

/** Lines of text, with a newline at the end. */
export function inventoryText({ directory, hosts, groups, problems }: Inventory): string {
  if (hosts.length === 0 && groups.length === 0)
    return `${directory}: no keys of Autokey; noonmark keygen group create NAME makes some\n`;
  const lines = [
    directory,
    ...hosts.flatMap(hostLines),
    ...groups.map(groupLine),
    ...problems.map(
      ({ severity, file, line, message, remedy }) =>
        `${severity}: ${file}:${line}: ${message}\n    remedy: ${remedy}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function hostLines({ name, keyBits, signBits, certificate }: HostEntry): readonly string[] {
  const bits = (value: number | undefined) => (value === undefined ? 'not opened' : `RSA ${value} bits`);
  const key = `host  ${name}  key ${bits(keyBits)}${signBits === undefined ? '' : `, sign key ${bits(signBits)}`}`;
  if (certificate === undefined) return [key, '      no certificate'];
  const { subject, trust, scheme, hasGqValue, validUntil, isExpired } = certificate;
  const marks = [
    ...(trust === 'none' ? [] : [trust]),
    scheme,
    ...(hasGqValue ? ['GQ value'] : []),
    `${isExpired ? 'EXPIRED' : 'valid until'} ${validUntil.slice(0, 10)}`,
  ];
  return [key, `      certificate of ${subject}: ${marks.join(', ')}`];
}

function groupLine({ name, scheme, role, bits, layout, isEncrypted, link }: GroupEntry): string {
  const what = [
    ...(bits === undefined ? ['not opened'] : [`${bits} bits`]),
    ...(isEncrypted ? ['encrypted'] : []),
    ...(layout === undefined ? [] : [LAYOUTS[layout]]),
  ];
  return `group ${name}  ${scheme.toUpperCase()} ${role}: ${what.join(', ')}  (${link})`;
}
