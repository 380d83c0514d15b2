/**
 * What the tests of this room share: the default `tos`, a candidate in one line.
 */
import type { TosConfig } from '../../src/config/types.js';
import type { Candidate } from '../../src/source/types.js';

/** ntpd's defaults (ntp_config.h of 4.2.8). */
export const tos: TosConfig = {
  minsane: 1,
  minclock: 3,
  maxclock: 10,
  ceiling: 15,
  floor: 0,
  cohort: false,
  mindist: 0.001,
  maxdist: 1.5,
  orphan: 16,
  orphanwait: 300,
  beacon: 3600,
};

/** A fit stratum 2 server, 20 ms away. */
export const candidate = (id: number, offsetSeconds: number, more: Partial<Candidate> = {}): Candidate => ({
  id,
  offsetSeconds,
  jitterSeconds: 0.0002,
  rootDelaySeconds: 0.02,
  rootDispersionSeconds: 0.005,
  stratum: 2,
  leap: 0,
  unfit: undefined,
  prefer: false,
  alwaysTrue: false,
  pulse: false,
  lastResort: false,
  ...more,
});

/** A pulse of a receiver that numbers its own seconds. */
export const pulse = (id: number, offsetSeconds: number, more: Partial<Candidate> = {}): Candidate =>
  candidate(id, offsetSeconds, {
    jitterSeconds: 1e-6,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 1e-6,
    stratum: 0,
    pulse: true,
    ...more,
  });
