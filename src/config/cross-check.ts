/**
 * What no single line shows: keys without a keys file, sources named twice, rules that shut the sources out. Runs once, on
 * the whole draft.
 */
import { maskAddress, parseAddress, sameBytes } from '../units/address.js';
import type { Draft, KeyPlace } from './build/draft.js';
import { type ConfigProblem, type Place, ProblemList } from './problem.js';

export function crossCheck(draft: Draft, endOfFile: Place): void {
  checkKeys(draft);
  checkAutokey(draft);
  checkDuplicates(draft);
  checkDevices(draft);
  checkSelection(draft);
  checkRestrictions(draft);
  checkSwitches(draft);
  checkListeners(draft);
  checkStatistics(draft);
  // Among errors it may be a mistyped source that is missed.
  if (!draft.sourceSeen && !draft.problems.hasErrors)
    draft.problems.warning(
      endOfFile,
      'no source of time is named; the clock will never be set',
      'pool 2.pool.ntp.org iburst, or refclock gps device PATH baud N',
    );
}

function checkKeys(draft: Draft): void {
  const { problems } = draft;
  const trusted = draft.firstOf.get('trustedkey');
  if (draft.keysFile === undefined) {
    const remedy = 'keys FILE, on a line of its own';
    if (trusted !== undefined) problems.error(trusted.head, 'trusted keys without a keys file', remedy);
    for (const { config, statement } of draft.associations)
      if (config.key !== undefined)
        problems.error(statement.at('key'), `key ${config.key} without a keys file`, remedy);
    return;
  }
  for (const { config, statement } of draft.associations)
    if (config.key !== undefined && !draft.trustedKeys.has(config.key))
      problems.error(
        statement.at('key'),
        `key ${config.key} is not trusted, so nothing signed with it counts`,
        `trustedkey ${config.key}`,
      );
}

function checkAutokey(draft: Draft): void {
  if (draft.crypto !== undefined) return;
  for (const { config, statement } of draft.associations)
    if (config.autokey)
      draft.problems.error(
        statement.at('autokey'),
        'autokey without a crypto line: there are no keys to do it with',
        'crypto pw PASSWORD, on a line of its own',
      );
}

/**
 * What the configuration counts on and the keys file does not have: an error where a source is to use the key, else a warning.
 * `known`: the key identifiers of the file.
 */
export function compareKeys(
  places: readonly KeyPlace[],
  known: ReadonlySet<number>,
  keysFile: string,
): readonly ConfigProblem[] {
  const problems = new ProblemList();
  for (const { key, use, at } of places)
    if (!known.has(key))
      problems.add(
        use === 'association' ? 'error' : 'warning',
        at,
        `key ${key} is not in ${keysFile}`,
        `a key of that file, or a line for key ${key} in it`,
      );
  return problems.sorted();
}

function checkDuplicates(draft: Draft): void {
  const seen = new Map<string, number>();
  for (const { config, at } of draft.associations) {
    const key = `${config.kind} ${config.host.toLowerCase().replace(/\.$/, '')} ${config.port}`;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, at.line);
    else
      draft.problems.error(
        at,
        `${config.kind} ${config.host} stands on line ${before} already`,
        'one line for it',
      );
  }
  for (const { config, at } of draft.refclocks) {
    const before = seen.get(config.address);
    if (before === undefined) seen.set(config.address, at.line);
    else
      draft.problems.error(
        at,
        `${config.address} stands on line ${before} already`,
        'one line for it, or another unit',
      );
  }
}

/** Two clocks cannot read one serial line; a pulse belongs to one of them. */
function checkDevices(draft: Draft): void {
  const serial = new Map<string, number>();
  const pulses = new Map<string, number>();
  for (const { config, at } of draft.refclocks) {
    const { kind, device, pulseDevice, gpio } = config;
    const uses: [Map<string, number>, string | undefined][] = [
      [serial, kind === 'gps' || kind === 'sock' ? device : undefined],
      [pulses, kind === 'pps' ? (device ?? `gpio ${config.gpioChip ?? ''}${gpio}`) : pulseDevice],
    ];
    for (const [table, name] of uses) {
      if (name === undefined) continue;
      const before = table.get(name);
      if (before === undefined) table.set(name, at.line);
      else
        draft.problems.error(
          at,
          `${name} is read by the clock on line ${before} already`,
          'one clock for each device',
        );
    }
  }
}

function checkSelection(draft: Draft): void {
  const { tos, problems } = draft;
  const statement = draft.firstOf.get('tos');
  if (statement === undefined) return;
  if (tos.minsane > tos.maxclock)
    problems.error(
      statement.at('minsane'),
      `minsane ${tos.minsane} can never be reached with maxclock ${tos.maxclock}`,
      `tos minsane ${Math.min(3, tos.maxclock)}`,
    );
  if (tos.minclock > tos.maxclock)
    problems.error(
      statement.at('minclock'),
      `minclock ${tos.minclock} is above maxclock ${tos.maxclock}`,
      `tos minclock ${tos.maxclock}`,
    );
  if (tos.floor >= tos.ceiling)
    problems.error(
      statement.at('floor'),
      `floor ${tos.floor} leaves no stratum below ceiling ${tos.ceiling}`,
      'tos floor 0 ceiling 16',
    );
  const pools = draft.associations.some(
    ({ config }) => config.kind === 'pool' || config.kind.includes('cast'),
  );
  const fixed = draft.associations.length + draft.refclocks.length;
  if (!pools && draft.sourceSeen && tos.minsane > fixed)
    problems.warning(
      statement.at('minsane'),
      `minsane ${tos.minsane} is more than the ${fixed} sources of this file`,
      `tos minsane ${Math.max(1, fixed)}, or more sources`,
    );
}

/** `restrict default ignore` also drops the replies of one's own servers. */
function checkRestrictions(draft: Draft): void {
  for (const { rule, statement, isDefault } of draft.restricts) {
    if (!isDefault || !rule.flags.includes('ignore') || draft.restrictSource !== undefined) continue;
    const family = rule.address.length === 4 ? 4 : 6;
    const shutOut = draft.associations.find(({ config }) => {
      const literal = parseAddress(config.host);
      if (literal === undefined) return config.host !== '';
      return literal.family === family && !hasException(draft, literal.bytes);
    });
    if (shutOut !== undefined)
      draft.problems.warning(
        statement.at('ignore'),
        `replies of ${shutOut.config.host} are ignored too, so it can never be used`,
        'restrict source nomodify noquery, on a line of its own',
      );
  }
  const open = draft.restricts.find(
    ({ rule: { flags }, isDefault }) =>
      isDefault && !flags.includes('noquery') && !flags.includes('ignore') && !flags.includes('ntpport'),
  );
  if (open !== undefined)
    draft.problems.warning(
      open.statement.head,
      'everybody may query with ntpq: those replies are larger than the requests, so a forged sender can turn them on others',
      "noquery on this line, and 'restrict 127.0.0.1', 'restrict ::1' and one for each network that may query",
    );
  const seen = new Map<string, number>();
  for (const { rule, statement } of draft.restricts) {
    const key = `${rule.address.join('.')}/${rule.prefixLength} ${rule.flags.includes('ntpport')}`;
    const before = seen.get(key);
    if (before !== undefined)
      draft.problems.warning(
        statement.head,
        `a rule for the same addresses stands on line ${before}; the flags of both hold`,
        'one line with the flags of both',
      );
    else seen.set(key, statement.head.line);
  }
}

function hasException(draft: Draft, address: Uint8Array): boolean {
  return draft.restricts.some(
    ({ rule }) =>
      rule.prefixLength > 0 &&
      !rule.flags.includes('ignore') &&
      rule.address.length === address.length &&
      sameBytes(rule.address, maskAddress(address, rule.prefixLength)),
  );
}

function checkSwitches(draft: Draft): void {
  const disabled = draft.firstOf.get('disable');
  if (!draft.enable.ntp && draft.clock !== undefined && draft.clock !== 'none' && disabled !== undefined)
    draft.problems.error(
      disabled.at('ntp'),
      `disable ntp contradicts 'clock ${draft.clock}'`,
      'clock none, to leave the clock alone',
    );
  const limited = draft.restricts.find(({ rule }) => rule.flags.includes('limited'));
  if (!draft.enable.monitor && limited !== undefined && disabled !== undefined)
    draft.problems.error(
      disabled.at('monitor'),
      'restrict limited needs the client table',
      'the line without monitor',
    );
}

/** Servers that make themselves known must be authentic, or the operator must say that they need not be. */
function checkListeners(draft: Draft): void {
  if (!draft.enable.auth) return;
  for (const { config, at } of draft.associations)
    if (config.kind === 'manycastclient' && config.key === undefined && !config.autokey)
      draft.problems.warning(
        at,
        'servers that are found count only when they are authentic, and this line asks for no proof',
        'key N or autokey on this line; or disable auth, to believe everybody who answers',
      );
  if (draft.trustedKeys.size > 0 || draft.crypto !== undefined) return;
  const listener = draft.associations.find(
    ({ config: { kind } }) => kind === 'broadcastclient' || kind === 'multicastclient',
  );
  const place =
    listener?.at ?? (draft.enable.bclient ? draft.firstOf.get('enable')?.at('bclient') : undefined);
  if (place !== undefined)
    draft.problems.warning(
      place,
      'broadcasts count only when they are authentic, and there is nothing to tell that by',
      'keys FILE and trustedkey N, or crypto for Autokey; or disable auth, to believe everybody on this network',
    );
}

function checkStatistics(draft: Draft): void {
  const first = draft.firstOf.get('statistics') ?? draft.firstOf.get('filegen');
  if (first === undefined || draft.statistics.size === 0 || draft.statsDirectory !== undefined) return;
  // Debian's file names sets and leaves statsdir as a comment: nothing is written, there as here.
  const relative = [...draft.filegens.values()].some(({ file }) => !file.startsWith('/'));
  if (relative)
    draft.problems.warning(
      first.head,
      'without statsdir no statistics are written',
      'statsdir FOLDER, or no such line',
    );
}
