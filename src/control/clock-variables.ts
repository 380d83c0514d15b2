/**
 * Clock variables of mode 6 (`cv`): what a reference clock's driver tells, and what noonmark adds of the receiver.
 * Names, their order and their formats: ntpd 4.2.8p15 (shared/reference/autokey-reference.md §11); names of ours have an
 * underscore, as RFC 9327 §4 asks of extramural variables.
 */
import type { RefclockView } from '../source/types.js';
import { clockStatus } from '../wire/mode6.js';
import type { Association } from './context.js';
import { count, finely, integer, milliseconds } from './format.js';
import { listOf, quote, type Variable, type VariableTable } from './variables.js';

export interface ClockContext {
  readonly association: Association;
  readonly clock: RefclockView;
}

const of =
  (pick: (clock: RefclockView) => string | undefined): Variable<ClockContext> =>
  ({ clock }) =>
    pick(clock);

/** A refid as ntpd prints it: unquoted, so nothing may stand in it that ends a value. */
const plain = (text: string): string => text.slice(0, 15).replace(/[^\x21-\x7e]|[,"]/g, '.');

export const CLOCK_VARIABLES: VariableTable<ClockContext> = {
  type: of((clock) => count(clock.type)),
  timecode: of((clock) => quote(clock.timecode.slice(0, 255))),
  poll: of((clock) => count(clock.polls)),
  noreply: of((clock) => count(clock.noReply)),
  badformat: of((clock) => count(clock.badFormat)),
  baddata: of((clock) => count(clock.badData)),
  fudgetime1: of((clock) => milliseconds(clock.time1Seconds)),
  fudgetime2: of((clock) => milliseconds(clock.time2Seconds)),
  stratum: of((clock) => integer(clock.stratum)),
  refid: of((clock) => plain(clock.refid)),
  flags: of((clock) => count(clock.flags)),
  device: of((clock) => quote(clock.device.slice(0, 255))),
  clock_var_list: () => listOf(CLOCK_VARIABLES),
  gps_satellites: of((clock) =>
    clock.satellitesUsed === undefined ? undefined : count(clock.satellitesUsed),
  ),
  gps_fix: of((clock) => (clock.fix === undefined ? undefined : quote(clock.fix))),
  gps_message_delay: of((clock) =>
    clock.messageDelaySeconds === undefined ? undefined : milliseconds(clock.messageDelaySeconds),
  ),
  pps_jitter: of((clock) =>
    clock.pulseJitterSeconds === undefined ? undefined : finely(clock.pulseJitterSeconds),
  ),
};

/** What `cv` shows without a list. ntpd leaves out `type` where a device is named, so do we. */
export const defaultClockVariables = (clock: RefclockView): readonly string[] => [
  ...(clock.device === '' ? ['type'] : ['device']),
  'timecode',
  'poll',
  'noreply',
  'badformat',
  'baddata',
  'fudgetime1',
  'fudgetime2',
  'stratum',
  'refid',
  'flags',
  'gps_satellites',
  'gps_fix',
  'gps_message_delay',
  'pps_jitter',
];

/** RFC 9327 table 8: 0 nominal, 1 no reply, 5 bad date or value. */
export function clockStatusOf({ view }: Association, clock: RefclockView): number {
  const silent = view.reach === 0 && clock.polls > 0;
  const unfit = view.unfit === 'utc-unknown' || view.unfit === 'no-fix';
  const status = silent ? 1 : unfit ? 5 : 0;
  return clockStatus(status, status);
}
