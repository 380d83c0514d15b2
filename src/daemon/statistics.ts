/**
 * The statistics files of a configuration, over the daemon's view: when they are written is StatisticsWriter's.
 */
import type { Config } from '../config/types.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { RawExchange } from '../source/association/context.js';
import type { RawRecord } from '../status/statistics/lines.js';
import { StatisticsWriter } from '../status/statistics/writer.js';
import { shortToSeconds, unixNsToNtp } from '../units/time.js';

/** `statistics` sets without a filegen line of their own have one in the configuration already. */
export function createStatistics(config: Config, clock: Clock, log: Log): StatisticsWriter {
  const wanted = new Set(config.statistics);
  return new StatisticsWriter({
    directory: config.statsDirectory ?? '/var/log/noonmark',
    filegens: config.filegens.filter((filegen) => wanted.has(filegen.set)),
    log,
    pid: process.pid,
    monotonic: () => clock.monotonic(),
  });
}

/** A packet as rawstats has it; the origin is our own T1, not the random number that went out in its place. */
export function rawRecordOf(exchange: RawExchange): RawRecord {
  const { header } = exchange;
  const refid = new Uint8Array(4);
  new DataView(refid.buffer).setUint32(0, header.refid);
  return {
    address: exchange.address,
    localAddress: exchange.localAddress,
    originTime: unixNsToNtp(exchange.originNs),
    receiveTime: header.receiveTime,
    transmitTime: header.transmitTime,
    destinationTime: unixNsToNtp(exchange.destinationNs),
    leap: header.leap,
    version: header.version,
    mode: header.mode,
    stratum: header.stratum,
    pollLog2: header.poll,
    precisionLog2: header.precision,
    rootDelaySeconds: shortToSeconds(header.rootDelay),
    rootDispersionSeconds: shortToSeconds(header.rootDispersion),
    refid,
  };
}
