/**
 * Everything that is one setting: files, statistics, thresholds, switches, this machine.
 */
import { parseAddress } from '../../units/address.js';
import { BUS_RTC_CHIPS, ENABLE_NAMES, FILEGEN_TYPES, STATISTICS_SETS } from '../grammar-system.js';
import { nearest } from '../nearest.js';
import { quote } from '../problem.js';
import type { Statement } from '../statement.js';
import type { FilegenConfig, StatisticsSet } from '../types.js';
import type { Draft, Handler } from './draft.js';

const isSet = (name: string): name is StatisticsSet => STATISTICS_SETS.some((set) => set === name);

/** ntpd's own defaults of a filegen: the set's name, a file a day, a link, written. */
export function defaultFilegen(set: StatisticsSet): FilegenConfig {
  return { set, file: set, type: 'day', link: true, enable: true };
}

function statistics(statement: Statement, draft: Draft): void {
  for (const { text } of statement.list('sets')) {
    if (!isSet(text)) continue;
    draft.statistics.add(text);
    if (!draft.filegens.has(text)) draft.filegens.set(text, defaultFilegen(text));
  }
}

function rtc(statement: Statement, draft: Draft): void {
  const { token, text } = statement.arg('rtc')!;
  const chip = statement.arg('chip');
  const kernel = /^(?:\/dev\/)?(rtc\d{1,3})$/.exec(text)?.[1];
  const bus = /^(?:\/dev\/)?i2c-(\d{1,3})$/.exec(text)?.[1];
  if (text === 'auto' || text === 'none') draft.rtc = { kind: text };
  else if (kernel !== undefined) draft.rtc = { kind: 'kernel', id: kernel };
  else if (bus !== undefined)
    draft.rtc = {
      ...{ kind: 'i2c', bus: Number(bus) },
      chip: BUS_RTC_CHIPS.find((known) => known === chip?.text) ?? 'ds3231',
    };
  else
    draft.problems.error(
      token,
      `${quote(text)} is no battery clock`,
      `auto, none, /dev/rtc0 (a kernel driver has it) or i2c-1 ${BUS_RTC_CHIPS.join('|')} (none has)`,
    );
  if (chip !== undefined && bus === undefined)
    draft.problems.error(
      chip.token,
      'a chip is named of a clock on an I2C bus',
      `rtc i2c-1 ${chip.text}, if no kernel driver has it`,
    );
}

function filegen(statement: Statement, draft: Draft): void {
  const set = statement.arg('set')!.text;
  if (!isSet(set)) return;
  const before = draft.filegens.get(set) ?? defaultFilegen(set);
  const type = FILEGEN_TYPES.find((name) => name === statement.text('type')) ?? before.type;
  // As with ntpd, a filegen line enables its set unless it says disable.
  const enable = !statement.has('disable');
  const link = statement.has('nolink') ? false : statement.has('link') || before.link;
  const file = statement.text('file') ?? before.file;
  for (const [one, other] of [
    ['link', 'nolink'],
    ['enable', 'disable'],
  ] as const)
    if (statement.has(one) && statement.has(other))
      draft.problems.error(statement.at(other), `${one} and ${other} exclude each other`, 'one of the two');
  draft.filegens.set(set, { set, file, type, link, enable });
  if (enable) draft.statistics.add(set);
  else draft.statistics.delete(set);
}

function tos(statement: Statement, { tos }: Draft): void {
  const names = [
    'minsane',
    'minclock',
    'maxclock',
    'ceiling',
    'floor',
    'mindist',
    'maxdist',
    'orphan',
  ] as const;
  for (const name of names) tos[name] = statement.number(name) ?? tos[name];
  tos.orphanwait = statement.number('orphanwait') ?? tos.orphanwait;
  tos.beacon = statement.number('beacon') ?? tos.beacon;
  if (statement.has('cohort')) tos.cohort = statement.number('cohort') === 1;
}

function tinker(statement: Statement, { tinker }: Draft): void {
  for (const name of ['step', 'stepout', 'panic', 'dispersion', 'allan', 'huffpuff'] as const)
    tinker[name] = statement.number(name) ?? tinker[name];
}

const toggle =
  (on: boolean): Handler =>
  (statement, { enable }) => {
    for (const name of ENABLE_NAMES) if (statement.has(name)) enable[name] = on;
  };

/** ntpd's classes: a source of messages and a kind of message, or 'all' for either (ntpd, get_logmask). */
const LOG_SOURCES = ['sys', 'peer', 'clock', 'sync'];
const LOG_KINDS = ['info', 'events', 'statistics', 'status', 'all'];
const LOG_CLASSES = [
  ...LOG_SOURCES.flatMap((source) => LOG_KINDS.map((kind) => source + kind)),
  ...LOG_SOURCES,
  ...[
    'all',
    'allall',
    'allinfo',
    'allevents',
    'allstatistics',
    'allstatus',
    'allsync',
    'allsys',
    'allpeer',
    'allclock',
  ],
];

function logConfig(statement: Statement, draft: Draft): void {
  for (const { token, text } of statement.list('classes')) {
    const sign = /^[=+-]/.exec(text)?.[0] ?? '';
    const name = text.slice(sign.length);
    if (LOG_CLASSES.includes(name)) draft.logConfig.push(`${sign || '='}${name}`);
    else {
      const meant = nearest(name, LOG_CLASSES);
      const remedy = meant === undefined ? 'as =all, +sysevents or -peerstatus' : sign + meant;
      draft.problems.error(token, `${quote(text)} is not a class of messages`, remedy);
    }
  }
}

function http(statement: Statement, draft: Draft): void {
  const { token } = statement.arg('endpoint')!;
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(token.value);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (match === null || parseAddress(address) === undefined) {
    const onlyPort = /^:?(\d{1,5})$/.exec(token.value);
    const remedy = onlyPort === null ? '127.0.0.1:8123, or [::1]:8123' : `127.0.0.1:${onlyPort[1]}`;
    draft.problems.error(token, `${quote(token.value)} is not ADDRESS:PORT`, remedy);
  } else if (port < 1 || port > 65535)
    draft.problems.error(token, `port ${port} is out of range`, `${address}:8123, a port from 1 to 65535`);
  else draft.http = { address, port };
}

function board(statement: Statement, draft: Draft): void {
  const { token } = statement.arg('board')!;
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(token.value)) [draft.board, draft.boardPlace] = [token.value, token];
  else {
    const written = token.value
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '');
    draft.problems.error(token, `${quote(token.value)} is not the name of a board`, written || 'auto');
  }
}

const path =
  (set: (draft: Draft, path: string | undefined) => void, name = 'file'): Handler =>
  (statement, draft) =>
    set(draft, statement.arg(name)?.text);

export const settingHandlers: Readonly<Record<string, Handler>> = {
  statistics,
  filegen,
  tos,
  tinker,
  enable: toggle(true),
  disable: toggle(false),
  logconfig: logConfig,
  http,
  board,
  port(statement, draft) {
    draft.port = statement.arg('port')?.number ?? draft.port;
  },
  clock(statement, draft) {
    const clock = statement.arg('clock')?.text;
    if (clock === 'system' || clock === 'simulated' || clock === 'none') draft.clock = clock;
  },
  driftfile: path((draft, file) => {
    // `driftfile` alone, or "", means none, as with ntpd.
    draft.driftFile = file === '' ? undefined : file;
  }),
  leapfile(statement, draft) {
    draft.leapFile = statement.arg('file')?.text;
    draft.leapFileCheckHash = !statement.has('ignorehash');
    if (statement.has('ignorehash') && statement.has('checkhash'))
      draft.problems.error(
        statement.at('ignorehash'),
        'checkhash and ignorehash exclude each other',
        'one of the two',
      );
  },
  logfile: path((draft, file) => {
    draft.logFile = file;
  }),
  statsdir: path((draft, folder) => {
    draft.statsDirectory = folder;
  }, 'folder'),
  rtc,
  statedir: path((draft, folder) => {
    draft.stateDirectory = folder;
  }, 'folder'),
};
