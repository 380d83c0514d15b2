/**
 * `noonmark gps FILE|DEVICE`: what the receiver says. Owns the command line and the reading; decoding is drivers/gps,
 * the forms are gps-report.ts.
 */
import { accessSync, constants, createReadStream, type Stats, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createGpsDecoder, type GpsStreamDecoder } from '../../drivers/gps/decoder.js';
import { RELEASE_FLOOR_NS, ROLLOVER_MARGIN_NS } from '../../drivers/gps/rollover.js';
import { serialError } from '../../drivers/serial/serial-error.js';
import { EXIT, NoonmarkError } from '../errors.js';
import { builtAtNs } from '../version.js';
import type { Command, CommandIo } from './command.js';
import { GpsReport } from './gps-report.js';

const usage = `usage: noonmark gps FILE|DEVICE [--json] [--baud N] [--protocol auto|nmea|ubx] [--floor DATE|none]

Shows what a GPS receiver says, NMEA 0183 and u-blox UBX in any mixture, one line for each time that it tells.
A FILE is read to its end, a DEVICE until Ctrl-C.

  --json       one JSON object a line: time (UTC), valid, fix (none, 2d, 3d, time), satellitesUsed, from, lat, lon,
               altM, and if the receiver tells them leapSeconds (GPS - UTC) and quantisationErrorPs (of the pulse at
               that time; positive: the pulse is late)
  --baud       speed of a DEVICE; without it the usual ones are tried until frames are understood
  --protocol   take times from one protocol only
  --floor      earliest date to believe, YYYY-MM-DD: earlier ones are moved forward by 1024 weeks, the period of the
               GPS week counter. For a DEVICE the date of this program. A FILE with a line '# Date: …' at its
               top (as gpsd's captures have) is shown as the receiver said it; any other one from 2017 on.

example: noonmark gps /dev/serial0
         noonmark gps capture.log --json
`;

/**
 * Of a capture nothing says when it was taken. Of the dates 1024 weeks apart the one after the last leap second
 * (2017-01-01) is shown, as gpsd does; a capture that carries its date needs no such guess and gets none.
 */
const UNDATED_CAPTURE_FLOOR_NS = BigInt(Date.UTC(2017, 0, 1)) * 1_000_000n + ROLLOVER_MARGIN_NS;

interface Options {
  readonly path: string;
  readonly json: boolean;
  readonly baud: number | undefined;
  readonly protocol: 'auto' | 'nmea' | 'ubx';
  /** undefined: not given */
  readonly floorNs: bigint | undefined;
}

export const command: Command = {
  name: 'gps',
  summary: 'show what a GPS receiver says, live or from a capture',
  usage,
  async run(args, io) {
    const options = parse(args);
    const stats = look(options.path);
    if (stats.isCharacterDevice()) return readDevice(options, io);
    if (stats.isDirectory())
      throw new NoonmarkError('ERR_FILE', `${options.path} is a folder`, 'name a capture or a serial port');
    return readFile(options, io);
  },
};

function parse(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      baud: { type: 'string' },
      protocol: { type: 'string', default: 'auto' },
      floor: { type: 'string' },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0)
    throw new NoonmarkError('ERR_USAGE', 'one FILE or DEVICE is wanted', 'see noonmark gps --help');
  const { protocol } = values;
  if (protocol !== 'auto' && protocol !== 'nmea' && protocol !== 'ubx')
    throw new NoonmarkError('ERR_USAGE', `--protocol ${protocol} is not known`, 'auto, nmea or ubx');
  return { path, json: values.json, baud: baudOf(values.baud), protocol, floorNs: floorOf(values.floor) };
}

function baudOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const baud = Number(text);
  if (!Number.isInteger(baud) || baud < 300 || baud > 4_000_000)
    throw new NoonmarkError(
      'ERR_USAGE',
      `--baud ${text} is no speed of a serial line`,
      'for example 9600 or 115200',
    );
  return baud;
}

function floorOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return 0n;
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms))
    throw new NoonmarkError('ERR_USAGE', `--floor ${text} is no date`, "YYYY-MM-DD, or 'none'");
  return BigInt(ms) * 1_000_000n + ROLLOVER_MARGIN_NS;
}

function look(path: string): Stats {
  try {
    const stats = statSync(path);
    accessSync(path, constants.R_OK);
    return stats;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (path.startsWith('/dev/')) throw serialError(path, error);
    throw code === 'EACCES'
      ? new NoonmarkError('ERR_PERMISSION', `${path} may not be read`, 'check its owner and mode', {
          cause: error,
        })
      : new NoonmarkError('ERR_FILE', `there is no file ${path}`, 'check the name', { cause: error });
  }
}

/** Lines at the top of a capture that begin with '#': not from the receiver. */
function headerOf(start: Uint8Array): { length: number; dated: boolean } {
  const text = Buffer.from(start).toString('latin1');
  const header = /^(?:#[^\n]*(?:\n|$)|\r?\n)*/.exec(text)?.[0] ?? '';
  return { length: header.length, dated: /^# Date: /m.test(header) };
}

async function readFile(options: Options, io: CommandIo): Promise<number> {
  const report = new GpsReport(io, options.json);
  let decoder: GpsStreamDecoder | undefined;
  const { protocol } = options;
  try {
    for await (const chunk of createReadStream(options.path) as AsyncIterable<Buffer>) {
      let bytes: Uint8Array = chunk;
      if (decoder === undefined) {
        const { length, dated } = headerOf(chunk);
        bytes = chunk.subarray(length);
        const floorNs = options.floorNs ?? (dated ? 0n : UNDATED_CAPTURE_FLOOR_NS);
        decoder = createGpsDecoder({ floorNs, protocol });
      }
      // A capture has no times of arrival.
      report.show(decoder.feed(bytes, 0n));
    }
  } catch (cause) {
    throw new NoonmarkError('ERR_FILE', `${options.path} cannot be read`, 'check the file', { cause });
  }
  decoder ??= createGpsDecoder({ floorNs: 0n, protocol });
  report.show(decoder.end());
  report.close(decoder.counters);
  return EXIT.ok;
}

async function readDevice(options: Options, io: CommandIo): Promise<number> {
  // The door to the kernel and serialport are loaded only when there is a device to read.
  const { realScheduler } = await import('../../drivers/linux/scheduler.js');
  const { realtimeStampClock } = await import('../../drivers/linux/clock.js');
  const { createSerialLink } = await import('../../drivers/serial/serial-link.js');
  const { path, baud, protocol } = options;
  const clock = realtimeStampClock();
  const now = () => {
    clock.read();
    return BigInt(clock.seconds) * 1_000_000_000n + BigInt(clock.nanoseconds);
  };
  // A copy made while the board's clock was wrong has a date that is too early, never one to go below.
  const floorNs = options.floorNs ?? (builtAtNs > RELEASE_FLOOR_NS ? builtAtNs : RELEASE_FLOOR_NS);
  const decoder = createGpsDecoder({ floorNs, protocol });
  const report = new GpsReport(io, options.json);
  const log = {
    write: (_level: string, _event: string, text: string) => io.err(`noonmark gps: ${text}\n`),
  };
  const link = createSerialLink({ path, baud, now, scheduler: realScheduler, log });
  let wasUp = false;
  const code = await new Promise<number>((resolve) => {
    process.once('SIGINT', () => resolve(EXIT.ok));
    process.once('SIGTERM', () => resolve(EXIT.ok));
    link.open({
      bytes: (chunk, arrivalNs) => report.show(decoder.feed(chunk, arrivalNs)),
      up() {
        if (wasUp) io.err(`noonmark gps: ${path} is back\n`);
        wasUp = true;
      },
      down(reason) {
        io.err(`noonmark gps: ${reason}\n`);
        if (!wasUp) resolve(EXIT.unavailable);
      },
    });
  });
  await link.close();
  report.show(decoder.end());
  report.close(decoder.counters);
  return code;
}
