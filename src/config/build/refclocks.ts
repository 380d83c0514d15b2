/**
 * Reference clocks in both forms: `server 127.127.t.u` with fudge and device lines, and `refclock NAME`. Owns the meaning of
 * driver numbers, mode bits and flags; addresses and units of the refclock form are given out at the end.
 * Source: ntpd 4.2.8 documentation of drivers 1, 20, 22 and 28.
 */
import { refclockAddress } from '../../units/address.js';
import { DEFAULT_BAUD, REFCLOCK_POLL } from '../defaults.js';
import {
  DRIVER_NAMES,
  DRIVER_NUMBERS,
  DRIVER_SETTINGS,
  DRIVERS,
  MISSING_DRIVERS,
  MISSING_NAMES,
  NMEA_SPEEDS,
} from '../drivers.js';
import { REFCLOCK_FORMS } from '../grammar-sources.js';
import type { Token } from '../lexer.js';
import { nearest } from '../nearest.js';
import { quote } from '../problem.js';
import type { Statement } from '../statement.js';
import type { RefclockConfig } from '../types.js';
import type { Draft, DraftRefclock, Handler } from './draft.js';
import { readPolls } from './polls.js';
import { readReceiverSetup } from './receiver-setup.js';

/** Bits of driver 20's mode: 0-3 and 8-11 choose messages, 4-6 the line speed, 7 logs, 16-17 are of our time (4.2.8). */
const MODE_SPEED_SHIFT = 4;
const MODE_SPEED_MASK = 7;

function blank(kind: RefclockConfig['kind'], statement: Statement, draft: Draft): DraftRefclock['config'] {
  return {
    ...{ kind, unit: 0, address: '', device: undefined, pulseDevice: undefined },
    ...{ gpio: undefined, gpioChip: undefined, gpioAccess: 'chardev' },
    ...{
      baud: kind === 'gps' ? DEFAULT_BAUD : undefined,
      protocol: 'auto',
      edge: 'rising',
      setup: undefined,
    },
    ...{ time1: 0, time2: undefined, stratum: undefined, refid: undefined },
    flags: [false, false, false, false],
    mode: statement.number('mode') ?? 0,
    ...readPolls(statement, draft, { min: REFCLOCK_POLL, max: REFCLOCK_POLL }),
    prefer: statement.has('prefer'),
    noselect: statement.has('noselect'),
    alwaysTrue: statement.has('true'),
    origin: statement.origin,
  };
}

/** `server 127.127.t.u` */
export function addAddressClock(
  statement: Statement,
  at: Token,
  { type, unit }: { type: number; unit: number },
  draft: Draft,
): void {
  const kind = DRIVERS.get(type);
  if (kind === undefined) {
    draft.unsupportedClocks.add(at.value);
    const missing = MISSING_DRIVERS.get(type);
    if (missing === undefined)
      draft.problems.error(
        at,
        `there is no reference clock driver ${type}`,
        'one of 127.127.1, .20, .22 and .28',
      );
    else draft.problems.error(at, `driver ${type} (${missing[0]}) is not supported`, missing[1]);
    return;
  }
  const config = { ...blank(kind, statement, draft), unit, address: `127.127.${type}.${unit}` };
  if (kind === 'gps') Object.assign(config, { device: `/dev/gps${unit}`, protocol: 'nmea' });
  if (kind === 'gps') config.baud = speedOf(config.mode, statement, draft);
  if (kind === 'pps') config.device = `/dev/pps${unit}`;
  if (statement.family === 6)
    draft.problems.error(at, '-6 contradicts the address of a reference clock', `server ${config.address}`);
  draft.refclocks.push({ config, at, statement, style: 'address', unitGiven: true });
}

function speedOf(mode: number, statement: Statement, draft: Draft): number {
  const code = (mode >>> MODE_SPEED_SHIFT) & MODE_SPEED_MASK;
  const speed = NMEA_SPEEDS[code];
  if (speed === undefined) {
    const known = NMEA_SPEEDS.map((baud, index) => `${index << MODE_SPEED_SHIFT} (${baud})`).join(', ');
    draft.problems.error(
      statement.at('mode'),
      `mode ${mode} names no line speed`,
      `one of these added: ${known}`,
    );
  }
  return speed ?? DEFAULT_BAUD;
}

/** `refclock NAME …` */
function addRefclock(statement: Statement, draft: Draft): void {
  const driver = statement.arg('driver')!.token;
  const name = driver.value.toLowerCase();
  if (!REFCLOCK_FORMS.has(name)) {
    const instead = MISSING_NAMES.get(name) ?? nearest(name, REFCLOCK_FORMS.keys());
    const message = `there is no reference clock ${quote(driver.value)}`;
    draft.problems.error(driver, message, instead ?? `one of: ${[...REFCLOCK_FORMS.keys()].join(', ')}`);
    return;
  }
  const kind: RefclockConfig['kind'] =
    name === 'pps'
      ? 'pps'
      : name === 'shm'
        ? 'shm'
        : name === 'sock'
          ? 'sock'
          : name === 'local'
            ? 'local'
            : 'gps';
  const config = blank(kind, statement, draft);
  const unit = statement.number('unit');
  config.unit = unit ?? 0;
  config.device = statement.text('device') ?? statement.text('path');
  const clock: DraftRefclock = {
    config,
    at: driver,
    statement,
    style: 'form',
    unitGiven: unit !== undefined,
  };
  applyFudge(statement, config);
  config.time1 = statement.number('offset') ?? config.time1;
  readPlace(clock, draft);
  if (kind === 'gps') readGps(clock, name, draft);
  if (kind === 'pps') readPps(clock, draft);
  if (kind === 'sock' && config.device === undefined)
    draft.problems.error(
      driver,
      'a socket needs its path',
      'refclock sock PATH, as /run/chrony.ttyAMA0.sock',
    );
  both(statement, 'offset', 'time1', draft);
  both(statement, 'device', 'path', draft);
  draft.refclocks.push(clock);
}

/** The word behind the name: a unit, a device or a socket, as `refclock shm 0` or chrony's `refclock PPS /dev/pps0`. */
function readPlace(clock: DraftRefclock, draft: Draft): void {
  const { config, statement, at } = clock;
  const place = statement.arg('place')?.token;
  if (place === undefined) return;
  if (config.kind === 'shm' || config.kind === 'local') {
    const unit = /^\d{1,3}$/.test(place.value) ? Number(place.value) : Number.NaN;
    const example = `refclock ${at.value.toLowerCase()} 0`;
    if (!(unit <= 255))
      draft.problems.error(place, `${quote(place.text)} is not a unit`, `${example}, up to 255`);
    else if (clock.unitGiven && unit !== config.unit)
      draft.problems.error(place, 'two units are given', 'one of the two');
    else {
      config.unit = unit;
      clock.unitGiven = true;
    }
  } else if (!place.value.startsWith('/')) {
    const options = [...REFCLOCK_FORMS.get(at.value.toLowerCase())!.map(({ name }) => name)];
    const meant = nearest(place.value, options);
    const message = `unknown option ${quote(place.text)} of 'refclock ${at.value}'`;
    draft.problems.error(place, message, meant ?? `refclock ${at.value} device PATH`);
  } else if (config.device !== undefined && config.device !== place.value)
    draft.problems.error(place, 'two devices are given', 'one of the two');
  else config.device = place.value;
}

function both(statement: Statement, a: string, b: string, draft: Draft): void {
  if (statement.has(a) && statement.has(b))
    draft.problems.error(statement.at(b), `${a} and ${b} are the same thing`, `${a}, once`);
}

function readGps(clock: DraftRefclock, name: string, draft: Draft): void {
  const { config, statement } = clock;
  // Our own form finds the speed by listening when none is given.
  config.baud = statement.number('baud') ?? (name === 'nmea' ? DEFAULT_BAUD : undefined);
  if (name === 'nmea' && statement.has('mode') && !statement.has('baud'))
    config.baud = speedOf(config.mode, statement, draft);
  const protocol = statement.text('protocol');
  if (protocol === 'auto' || protocol === 'nmea' || protocol === 'ubx') config.protocol = protocol;
  else if (name === 'nmea') config.protocol = 'nmea';
  config.setup = readReceiverSetup(statement, name === 'gps', config.protocol, draft);
  config.time2 = statement.number('message-delay') ?? config.time2;
  config.pulseDevice = statement.text('ppspath');
  both(statement, 'message-delay', 'time2', draft);
  // ntpsec's nmea form goes by the unit; ours must say which line it is.
  if (config.device === undefined && name === 'nmea') config.device = `/dev/gps${config.unit}`;
  else if (config.device === undefined)
    draft.problems.error(
      clock.at,
      'a receiver needs its device',
      'refclock gps device /dev/serial0 baud 9600',
    );
  if (name === 'nmea' && config.pulseDevice === undefined && config.flags[0])
    config.pulseDevice = `/dev/pps${config.unit}`;
  if (name === 'nmea') config.edge = config.flags[1] ? 'falling' : 'rising';
}

function readPps(clock: DraftRefclock, draft: Draft): void {
  const { config, statement } = clock;
  config.gpio = statement.number('gpio');
  config.gpioChip = statement.text('chip');
  config.gpioAccess = statement.text('access') === 'sysfs' ? 'sysfs' : 'chardev';
  config.device ??= statement.text('ppspath');
  const edge = statement.text('edge');
  config.edge = edge === 'falling' || (edge === undefined && config.flags[1]) ? 'falling' : 'rising';
  if (config.gpio !== undefined && config.device !== undefined)
    draft.problems.error(statement.at('gpio'), 'a device and a GPIO line are given', 'one of the two');
  for (const option of ['chip', 'access'])
    if (statement.has(option) && config.gpio === undefined)
      draft.problems.error(statement.at(option), `'${option}' belongs to a GPIO line`, `gpio N ${option} …`);
  if (config.gpio === undefined) config.device ??= `/dev/pps${config.unit}`;
}

/** time1, time2, stratum, refid and flags of a fudge line or a refclock form. */
function applyFudge(statement: Statement, config: DraftRefclock['config']): void {
  config.time1 = statement.number('time1') ?? config.time1;
  config.time2 = statement.number('time2') ?? config.time2;
  config.stratum = statement.number('stratum') ?? config.stratum;
  config.refid = statement.text('refid') ?? config.refid;
  for (const index of [0, 1, 2, 3] as const) {
    const flag = statement.number(`flag${index + 1}`);
    if (flag !== undefined) config.flags[index] = flag === 1;
  }
}

/** What an option says that its clock does not hear. */
function checkSettings(statement: Statement, { kind }: DraftRefclock['config'], draft: Draft): void {
  const { problems } = draft;
  const remedy = 'the line without it';
  for (const name of ['time1', 'time2', 'flag1', 'flag2', 'flag3', 'flag4', 'mode'])
    if (!DRIVER_SETTINGS[kind].includes(name) && (statement.number(name) ?? 0) !== 0)
      problems.warning(statement.at(name), `${name} means nothing to ${DRIVER_NAMES[kind]}`, remedy);
  if (DRIVER_SETTINGS[kind].includes('flag3') && statement.number('flag3') === 1)
    problems.warning(
      statement.at('flag3'),
      "the kernel's own pulse loop is not used; noonmark steers by itself",
      remedy,
    );
}

function checkRefid(statement: Statement, draft: Draft): void {
  const refid = statement.text('refid');
  if (refid !== undefined && !/^[\x21-\x7e]{1,4}$/.test(refid))
    draft.problems.error(
      statement.at('refid'),
      `${quote(refid)} is not a reference identifier`,
      'one to four ASCII letters',
    );
}

/** Gives out units and addresses, then applies fudge and device lines, wherever they stand. */
export function finishRefclocks(draft: Draft): void {
  const taken = new Set(draft.refclocks.filter(({ unitGiven }) => unitGiven).map(keyOf));
  for (const clock of draft.refclocks) {
    const { config } = clock;
    const isSock = config.kind === 'sock';
    // A socket shows as a unit of SHM; shared memory goes by its own number, so the unit there is never changed.
    if (!clock.unitGiven && (config.kind !== 'shm' || isSock)) {
      while (taken.has(keyOf(clock)) && config.unit < 255) config.unit += 1;
    }
    taken.add(keyOf(clock));
    config.address = keyOf(clock);
    if (clock.style === 'form') checkRefid(clock.statement, draft);
    checkSettings(clock.statement, config, draft);
  }
  for (const statement of draft.fudges) applyFudgeLine(statement, draft);
  for (const { config, style } of draft.refclocks) {
    if (style !== 'address') continue;
    if (config.kind === 'gps' && config.flags[0]) config.pulseDevice ??= `/dev/gpspps${config.unit}`;
    if (config.kind === 'gps' || config.kind === 'pps') config.edge = config.flags[1] ? 'falling' : 'rising';
  }
}

function keyOf({ config }: DraftRefclock): string {
  return `127.127.${DRIVER_NUMBERS[config.kind]}.${config.unit}`;
}

function applyFudgeLine(statement: Statement, draft: Draft): void {
  const { token } = statement.arg('clock')!;
  const address = refclockAddress(token.value);
  const { name } = statement.word;
  if (address === undefined) {
    draft.problems.error(token, `${quote(token.value)} is not a reference clock`, `${name} 127.127.t.u`);
    return;
  }
  checkRefid(statement, draft);
  const clock = draft.refclocks.find(({ config }) => config.address === token.value);
  if (clock === undefined) {
    // The line of an unsupported driver has its problem already.
    const named = draft.unsupportedClocks.has(token.value);
    if (!named)
      draft.problems.error(
        token,
        `no clock ${token.value} is configured`,
        `server ${token.value}, or no ${name} line`,
      );
    return;
  }
  if (name === 'device') {
    const timeData = statement.text('timedata');
    const { config } = clock;
    if (timeData !== undefined) config.device = timeData;
    const pulse = statement.text('ppsdata');
    if (pulse !== undefined && config.kind === 'pps') config.device = pulse;
    else if (pulse !== undefined) config.pulseDevice = pulse;
    return;
  }
  checkSettings(statement, clock.config, draft);
  applyFudge(statement, clock.config);
}

export const refclockHandlers: Readonly<Record<string, Handler>> = {
  refclock: addRefclock,
  fudge: (statement, draft) => draft.fudges.push(statement),
  device: (statement, draft) => draft.fudges.push(statement),
};
