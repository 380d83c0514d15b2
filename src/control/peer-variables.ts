/**
 * Peer variables of mode 6: `rv ASSOC`, and what `pe`, `apeers` and `opeers` make their tables of.
 * Names, their order and their formats: ntpd 4.2.8p15 (shared/reference/autokey-reference.md §11).
 */
import { isNumeric } from '../source/address.js';
import type { AutokeySourceView, SourceView } from '../source/types.js';
import { type Association, type ControlContext, statusOf } from './context.js';
import {
  bareAddress,
  calendarMinute,
  count,
  hex,
  integer,
  milliseconds,
  refid,
  refidCharacters,
  timestamp,
} from './format.js';
import { listOf, quote, type Variable, type VariableTable } from './variables.js';

export interface PeerContext {
  readonly association: Association;
  readonly control: ControlContext;
}

type PeerVariable = Variable<PeerContext>;

const nothing: PeerVariable = () => undefined;
const of =
  (pick: (view: SourceView) => string | undefined): PeerVariable =>
  ({ association }) =>
    pick(association.view);

const ofAutokey =
  (pick: (autokey: AutokeySourceView) => string | undefined): PeerVariable =>
  ({ association }) =>
    association.view.autokey && pick(association.view.autokey);

const FILTER_STAGES = 8;
/** RFC 5905 MAXDISP: the dispersion of an empty stage. */
const EMPTY_DISPERSION = 16;
const LARGEST_FILE_KEY = 65_535;
const MODE_BROADCAST = 5;

/** Eight stages in ms, newest first. */
function stages(
  view: SourceView,
  pick: (stage: SourceView['filter'][number]) => number,
  empty: number,
): string {
  let text = '';
  for (let i = 0; i < FILTER_STAGES; i += 1) {
    const stage = view.filter[i];
    // milliseconds() has three decimals, this line two.
    text += ` ${Number(milliseconds(stage === undefined ? empty : pick(stage))).toFixed(2)}`;
  }
  return text;
}

/** An address ntpq can read; 0.0.0.0 while there is none (a name not yet resolved, a pool). */
const addressOf = (address: string): string => (isNumeric(address) ? bareAddress(address) : '0.0.0.0');

export const PEER_VARIABLES: VariableTable<PeerContext> = {
  config: of((view) => (view.configured ? '1' : '0')),
  authenable: of((view) => (view.authenticationEnabled ? '1' : '0')),
  authentic: of((view) => (view.authentic ? '1' : '0')),
  srcadr: of((view) => addressOf(view.address)),
  srcport: of((view) => count(view.port)),
  dstadr: of((view) => addressOf(view.localAddress)),
  dstport: of((view) => count(view.localPort)),
  leap: of((view) => count(view.leap)),
  hmode: of((view) => count(view.hostMode)),
  stratum: of((view) => count(view.stratum)),
  ppoll: of((view) => integer(view.peerPoll)),
  hpoll: of((view) => integer(view.hostPoll)),
  precision: of((view) => integer(view.precisionLog2)),
  rootdelay: of((view) => milliseconds(view.rootDelaySeconds)),
  rootdisp: of((view) => milliseconds(view.rootDispersionSeconds)),
  refid: of((view) =>
    view.kind === 'refclock' ? refidCharacters(view.refid) : refid(view.refid, view.stratum),
  ),
  reftime: of((view) => timestamp(view.referenceTimeNs)),
  org: nothing,
  rec: of((view) => timestamp(view.receivedTimeNs)),
  xleave: nothing,
  reach: of((view) => hex(view.reach)),
  unreach: of((view) => count(view.unreach)),
  timer: nothing,
  delay: of((view) => milliseconds(view.delaySeconds)),
  offset: of((view) => milliseconds(view.offsetSeconds)),
  jitter: of((view) => milliseconds(view.jitterSeconds)),
  dispersion: of((view) => milliseconds(view.dispersionSeconds)),
  keyid: of((view) => (view.keyId > LARGEST_FILE_KEY ? hex(view.keyId) : count(view.keyId))),
  filtdelay: of((view) => stages(view, (stage) => stage.delaySeconds, 0)),
  filtoffset: of((view) => stages(view, (stage) => stage.offsetSeconds, 0)),
  pmode: of((view) => count(view.peerMode)),
  received: nothing,
  sent: nothing,
  filtdisp: of((view) => stages(view, (stage) => stage.dispersionSeconds, EMPTY_DISPERSION)),
  flash: of((view) => hex(view.flash)),
  ttl: of((view) =>
    view.kind === 'refclock' || (view.ttl > 0 && view.hostMode === MODE_BROADCAST)
      ? count(view.ttl)
      : undefined,
  ),
  peer_var_list: () => listOf(PEER_VARIABLES),
  in: nothing,
  out: nothing,
  headway: of((view) => count(view.headwaySeconds)),
  bias: nothing,
  srchost: of((view) =>
    view.kind === 'refclock' || view.name === '' || isNumeric(view.name) ? undefined : quote(view.name),
  ),
  timerec: ({ association: { view }, control: { system } }) =>
    view.receivedTimeNs === 0n ? undefined : count(Number(system.nowNs - view.receivedTimeNs) / 1e9),
  timereach: nothing,
  badauth: nothing,
  bogusorg: nothing,
  oldpkt: nothing,
  seldisp: nothing,
  selbroken: nothing,
  // Of Autokey, once its name is known.
  host: ofAutokey(({ host }) => (host === '' ? undefined : quote(host))),
  flags: ofAutokey(({ flags }) => (flags === 0 ? undefined : hex(flags))),
  signature: ofAutokey(({ signature }) => signature && quote(signature)),
  initsequence: ofAutokey(({ keyList }) => keyList && count(keyList.sequence)),
  initkey: ofAutokey(({ keyList }) => keyList && hex(keyList.keyId)),
  timestamp: ofAutokey(({ keyList }) => keyList && calendarMinute(keyList.atNs)),
  ident: ofAutokey(({ ident }) => (ident === undefined ? undefined : quote(ident))),
  candidate: ({ association }) => count((statusOf(association) >> 8) & 7),
};

/** What is shown without a list, in ntpd's order. */
export const DEFAULT_PEER_VARIABLES: readonly string[] = [
  'srcadr',
  'srcport',
  'srchost',
  'dstadr',
  'dstport',
  'leap',
  'stratum',
  'precision',
  'rootdelay',
  'rootdisp',
  'refid',
  'reftime',
  'rec',
  'reach',
  'unreach',
  'hmode',
  'pmode',
  'hpoll',
  'ppoll',
  'headway',
  'flash',
  'keyid',
  'ttl',
  'offset',
  'delay',
  'dispersion',
  'jitter',
  'filtdelay',
  'filtoffset',
  'filtdisp',
  'host',
  'flags',
  'signature',
  'initsequence',
  'initkey',
  'timestamp',
  'ident',
];
