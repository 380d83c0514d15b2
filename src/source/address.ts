/**
 * IP addresses between text and bytes in network order. Owns nothing else; resolves no names.
 * Sources: RFC 4291 §2.2 (text forms), RFC 5952 (the form written).
 */

/** 4 or 16 bytes, or undefined when `text` is no numeric address. A zone ("%eth0") is allowed and left out. */
export function parseAddress(text: string): Uint8Array | undefined {
  const bare = text.split('%', 1)[0] ?? '';
  return bare.includes(':') ? parseIpv6(bare) : parseIpv4(bare);
}

export const isNumeric = (text: string): boolean => parseAddress(text) !== undefined;

export const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** One spelling for each address, for comparing; text that is no address is answered as it is. */
export function canonicalAddress(text: string): string {
  const bytes = parseAddress(text);
  if (bytes === undefined) return text;
  if (bytes.length === 4) return bytes.join('.');
  const zone = text.includes('%') ? text.slice(text.indexOf('%')) : '';
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2) words.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  // An IPv4-mapped address is the IPv4 address.
  if (words.slice(0, 5).every((w) => w === 0) && words[5] === 0xffff) return bytes.slice(12).join('.');
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i += 1) {
    let end = i;
    while (end < 8 && words[end] === 0) end += 1;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  const hex = words.map((w) => w.toString(16));
  if (start < 0) return hex.join(':') + zone;
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}${zone}`;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    // A leading zero is octal to some: refused.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half, i) => (half === '' ? [] : parseGroups(half, i === halves.length - 1)));
  const [head, tail] = groups;
  if (head === undefined || (groups.length === 2 && tail === undefined)) return undefined;
  const after = tail ?? [];
  const missing = 16 - head.length - after.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(after, 16 - after.length);
  return bytes;
}

/** `last`: the address ends here, where an IPv4 address may stand. */
function parseGroups(half: string, last: boolean): number[] | undefined {
  const bytes: number[] = [];
  const parts = half.split(':');
  for (const [i, part] of parts.entries()) {
    const dotted = last && i === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (dotted !== undefined) {
      bytes.push(...dotted);
      continue;
    }
    if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
    const word = Number.parseInt(part, 16);
    bytes.push(word >> 8, word & 0xff);
  }
  return bytes.length > 16 ? undefined : bytes;
}
