/**
 * Makes the refclock sources that a configuration names, each with its devices. A `refclock pps` beside a
 * `refclock gps` (or 127.127.22.u beside 127.127.20.u) of the same unit, or the only ones of their kinds, is that
 * receiver's pulse.
 */
import { createGpsDecoder } from '../../drivers/gps/decoder.js';
import { IDENTITY_QUERIES } from '../../drivers/gps/queries.js';
import { createSetupLink } from '../../drivers/gps/setup/setup-link.js';
import type { RefclockConfig } from '../config/types.js';
import { explain } from '../errors.js';
import type { Log } from '../ports/log.js';
import type { RefclockEnvironment } from '../source/refclock/environment.js';
import { GpsSource } from '../source/refclock/gps-source.js';
import { LocalSource } from '../source/refclock/local-source.js';
import { PpsSource } from '../source/refclock/pps-source.js';
import { readSavedRefclock } from '../source/refclock/saved-state.js';
import { ShmSource } from '../source/refclock/shm-source.js';
import { SockSource } from '../source/refclock/sock-source.js';
import type { Source } from '../source/types.js';
import type { Devices } from './devices.js';

export interface RefclockParts {
  readonly environment: RefclockEnvironment;
  readonly devices: Devices;
  readonly log: Log;
  nextId(): number;
  /** Unix ns below which no receiver is believed to be: build date or last saved time */
  readonly floorNs: bigint;
  /** what each refclock saved, by its address */
  readonly saved: Readonly<Record<string, unknown>>;
}

/** One bad device does not keep the others from working: it is logged and left out. */
export function createRefclocks(configs: readonly RefclockConfig[], parts: RefclockParts): readonly Source[] {
  const made = new Map<RefclockConfig, Source>();
  const attempt = (config: RefclockConfig, make: () => Source) => {
    try {
      made.set(config, make());
    } catch (error) {
      const { file, line } = config.origin;
      parts.log.write('error', 'refclock-unusable', `${file}:${line}: ${config.address}: ${explain(error)}`);
    }
  };
  const receivers = configs.filter((config) => config.kind === 'gps');
  for (const config of receivers) attempt(config, () => createGps(config, parts));
  for (const config of configs) {
    if (config.kind !== 'gps')
      attempt(config, () => createOther(config, receiverOf(config, configs, made), parts));
  }
  return configs.flatMap((config) => made.get(config) ?? []);
}

function createGps(config: RefclockConfig, parts: RefclockParts): GpsSource {
  const saved = readSavedRefclock(parts.saved[config.address]);
  const line = parts.devices.link(config);
  const { scheduler } = parts.environment;
  const { log } = parts;
  // The simulated receiver can do nothing but speak.
  const link =
    config.setup === undefined || config.device === 'simulated'
      ? undefined
      : createSetupLink({ link: line, wish: config.setup, remembered: saved?.place, scheduler, log });
  const ownPulse = config.pulseDevice !== undefined || config.gpio !== undefined;
  return new GpsSource(parts.nextId(), config, parts.environment, {
    link: link ?? line,
    setup: link?.setup,
    decoder: createGpsDecoder({ floorNs: parts.floorNs, protocol: config.protocol }),
    pulse: ownPulse ? parts.devices.pulse(config) : undefined,
    queries: IDENTITY_QUERIES,
    saved,
  });
}

function createOther(config: RefclockConfig, gps: GpsSource | undefined, parts: RefclockParts): Source {
  const { environment, devices, nextId } = parts;
  switch (config.kind) {
    case 'pps':
      return new PpsSource(nextId(), config, environment, { pulse: devices.pulse(config), gps });
    case 'shm':
      return new ShmSource(nextId(), config, environment, devices.segment(config));
    case 'sock':
      return new SockSource(nextId(), config, environment, devices.inbox(config));
    case 'local':
      return new LocalSource(nextId(), config, environment);
    case 'gps':
      return createGps(config, parts);
  }
}

function receiverOf(
  config: RefclockConfig,
  configs: readonly RefclockConfig[],
  made: ReadonlyMap<RefclockConfig, Source>,
): GpsSource | undefined {
  const free = configs.filter((other) => other.kind === 'gps' && other.pulseDevice === undefined);
  const pulses = configs.filter((other) => other.kind === 'pps');
  if (config.kind !== 'pps') return undefined;
  const match =
    free.find((other) => other.unit === config.unit) ??
    (free.length === 1 && pulses.length === 1 ? free[0] : undefined);
  const source = match === undefined ? undefined : made.get(match);
  return source instanceof GpsSource ? source : undefined;
}
