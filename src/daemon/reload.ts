/**
 * What a changed configuration can change in a running daemon, and what needs a restart. Pure comparison; the daemon
 * applies it.
 */
import type { Config } from '../config/types.js';

/** Words whose change takes a restart, with how to get at their value. */
const FIXED: Readonly<Record<string, (config: Config) => unknown>> = {
  board: (config) => config.board,
  clock: (config) => config.clock,
  port: (config) => config.port,
  driftfile: (config) => config.driftFile,
  statedir: (config) => config.stateDirectory,
  rtc: (config) => config.rtc,
  tos: (config) => config.tos,
  tinker: (config) => config.tinker,
  mru: (config) => config.mru,
  'statsdir, statistics or filegen': (config) => [config.statsDirectory, config.statistics, config.filegens],
  http: (config) => config.http,
};

/** The words of FIXED that differ. */
export function needsRestart(before: Config, after: Config): readonly string[] {
  return Object.entries(FIXED)
    .filter(([, pick]) => JSON.stringify(pick(before)) !== JSON.stringify(pick(after)))
    .map(([word]) => word);
}
