/**
 * What a kiss-o'-death does to an association. The caller has made sure that it answers us and is authentic.
 * Sources: RFC 5905 §7.4 (DENY and RSTR: stop; RATE: slow down; all others tell only); RFC 8633 §5.7.
 */
import type { NtpHeader } from '../../wire/header.js';
import { FLASH } from './flash.js';
import type { PeerState } from './peer-state.js';

/** stop: never ask this server again. slower: the poll interval has grown. shown: it is not synchronised. */
export type KissOutcome = 'stop' | 'slower' | 'shown';

export function obeyKiss(state: PeerState, code: string, header: NtpHeader, arrivedNs: bigint): KissOutcome {
  switch (code) {
    case 'DENY':
    case 'RSTR':
      state.forget(code);
      state.refusal = 'denied';
      state.flash = FLASH.denied;
      state.poll.reach = 0;
      state.remark = `the server denies us (${code}) and is not asked any more`;
      state.events.report('denied', `${state.label}: ${state.remark}`);
      return 'stop';
    case 'RATE':
      state.poll.backOff(header.poll);
      state.remark = `the server asks for fewer packets; polling each ${2 ** state.poll.interval()} s`;
      state.events.report('rateExceeded', `${state.label}: ${state.remark}`);
      return 'slower';
    default:
      state.takeVariables(header, arrivedNs);
      state.flash = FLASH.packetStratum;
      state.remark = `it answers, but is not synchronised (${code})`;
      return 'shown';
  }
}
