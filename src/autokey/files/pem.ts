/**
 * The armour of a key file: a first line with the file's own name, a second with its date, an empty one, then PEM blocks.
 * Owns the text form; what is inside a block is files/private-key.ts.
 * Sources: shared/reference/autokey-reference.md §3.1 (the file stamp is the digits after the last dot of line 1),
 * RFC 7468, RFC 1421 §4.6 (Proc-Type, DEK-Info).
 */
import { NTP_UNIX_OFFSET_SECONDS } from '../../units/time.js';
import { damaged, KeyFileFault } from './fault.js';

export interface PemBlock {
  /** 'ENCRYPTED PRIVATE KEY', 'CERTIFICATE', … */
  readonly label: string;
  /** of the BEGIN line, from 1 */
  readonly line: number;
  /** of traditional encryption */
  readonly dekInfo: { readonly cipher: string; readonly iv: Uint8Array } | undefined;
  readonly body: Uint8Array;
}

export interface ArmouredFile {
  /** what line 1 says: `ntpkey_RSAhost_NAME.FILESTAMP`; empty when it says nothing */
  readonly name: string;
  /** NTP seconds; undefined: line 1 has none */
  readonly filestamp: number | undefined;
  readonly blocks: readonly PemBlock[];
}

/** Blocks beyond these are refused: a trusted agent's MV file has one for each client. */
const MAX_BLOCKS = 128;
const UINT32_MAX = 0xffff_ffff;

/** The digits after the last dot, as a file stamp; undefined: none, or not of 32 bits. */
export function filestampOf(text: string): number | undefined {
  const digits = /\.(\d{1,10})\s*$/.exec(text)?.[1];
  const value = Number(digits ?? Number.NaN);
  return value > 0 && value <= UINT32_MAX ? value : undefined;
}

/** Reads the armour. Throws KeyFileFault with the line that is wrong. */
export function readArmour(text: string): ArmouredFile {
  const lines = text.split(/\r?\n/);
  const first = lines[0] ?? '';
  const blocks: PemBlock[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const label = /^-----BEGIN ([A-Z0-9 ]{1,40})-----\s*$/.exec(lines[at]!)?.[1];
    if (label === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.trimEnd() === `-----END ${label}-----`);
    if (end < 0) throw damaged(at + 1, `the file is cut off: '-----END ${label}-----' is missing`);
    if (blocks.length === MAX_BLOCKS) throw damaged(at + 1, `the file has more than ${MAX_BLOCKS} keys`);
    blocks.push(readBlock(label, at, lines.slice(at + 1, end)));
    at = end;
  }
  if (blocks.length === 0) throw damaged(1, "there is no '-----BEGIN …-----' line in the file");
  const name = /^#\s*(\S+)/.exec(first)?.[1] ?? '';
  return { name, filestamp: first.startsWith('#') ? filestampOf(first) : undefined, blocks };
}

function readBlock(label: string, at: number, lines: readonly string[]): PemBlock {
  const headers = new Map<string, string>();
  let from = 0;
  for (; from < lines.length; from += 1) {
    const header = /^([A-Za-z-]{1,30}):\s*(.*)$/.exec(lines[from]!);
    if (header === null) break;
    headers.set(header[1]!.toLowerCase(), header[2]!.trim());
  }
  const text = lines.slice(from).join('').replaceAll(/\s/g, '');
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0)
    throw damaged(at + 2 + from, 'the lines between BEGIN and END are not base64');
  return {
    label,
    line: at + 1,
    dekInfo: dekInfoOf(headers.get('dek-info'), at + 1),
    body: new Uint8Array(Buffer.from(text, 'base64')),
  };
}

function dekInfoOf(text: string | undefined, line: number): PemBlock['dekInfo'] {
  if (text === undefined) return undefined;
  const match = /^([A-Z0-9-]{3,20}),([0-9A-Fa-f]{16,32})$/.exec(text);
  if (match === null) throw new KeyFileFault(line, 'the DEK-Info line is wrong', 'copy the file again');
  return { cipher: match[1]!.toLowerCase(), iv: new Uint8Array(Buffer.from(match[2]!, 'hex')) };
}

/** One PEM block with a newline at its end; `headers`: RFC 1421 lines of traditional encryption. */
export function writeBlock(label: string, body: Uint8Array, headers: readonly string[] = []): string {
  const base64 = Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  const top = headers.length === 0 ? [] : [...headers, ''];
  return [`-----BEGIN ${label}-----`, ...top, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The whole text of a file: `name` with its file stamp, its date, an empty line, the blocks. */
export function writeArmour(name: string, filestamp: number, blocks: readonly string[]): string {
  return `# ${name}\n# ${dateLine(filestamp)}\n\n${blocks.join('')}`;
}

const DAYS = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ');
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** ctime(3) of NTP seconds, in UTC. */
function dateLine(ntpSeconds: number): string {
  const date = stampDate(ntpSeconds);
  const clock = date.toISOString().slice(11, 19);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `${DAYS[date.getUTCDay()]!} ${MONTHS[date.getUTCMonth()]!} ${day} ${clock} ${date.getUTCFullYear()}`;
}

/** A file stamp as a date between 1970 and 2106: NTP seconds before 1970 count as of the era that begins in 2036. */
export function stampDate(ntpSeconds: number): Date {
  const OFFSET = Number(NTP_UNIX_OFFSET_SECONDS);
  return new Date(1000 * (ntpSeconds >= OFFSET ? ntpSeconds - OFFSET : ntpSeconds + 2 ** 32 - OFFSET));
}
