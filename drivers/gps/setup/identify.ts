/**
 * Who is at the other end: a u-blox that answers UBX-MON-VER, a MediaTek that answers PMTK605, or one that is to be read
 * as it is. Pure.
 */
import { UBX } from '../ubx/ids.js';
import { encodeUbx } from '../ubx/match.js';
import { decodeMonVer, type MonVer } from '../ubx/mon-ver.js';
import type { Exchange, Heard } from './exchange.js';
import { pmtk } from './mtk.js';

export type Found =
  | { readonly kind: 'u-blox'; readonly version: MonVer }
  | { readonly kind: 'mtk' }
  | undefined;

const ASK_SECONDS = 3;
/** Questions to a line on which nothing is understood yet: its speed is being looked for, or the receiver starts. */
const DEAF_TRIES = 20;
/** Questions to a receiver that speaks. */
const TRIES = 5;

const answers = (heard: Heard): boolean =>
  heard.kind === 'ubx' ? heard.id === UBX.MON_VER : heard.sentence.type === 'MTK705';

/** `speaks`: has a whole frame come since the line came up? */
export function* identify(speaks: () => boolean): Exchange<Found> {
  const both = [encodeUbx(UBX.MON_VER, new Uint8Array()), pmtk('MTK605')];
  const bytes = Uint8Array.from(both.flatMap((one) => [...one]));
  let unheard = 0;
  for (let asked = 0; asked < TRIES && unheard < DEAF_TRIES; ) {
    const answer = yield { kind: 'ask', bytes, wanted: answers, seconds: ASK_SECONDS, tries: 1 };
    if (answer?.kind === 'sentence') return { kind: 'mtk' };
    const version = answer === undefined ? undefined : decodeMonVer(answer.payload);
    if (version?.ok === true) return { kind: 'u-blox', version: version.value };
    if (speaks()) asked += 1;
    else unheard += 1;
  }
  return undefined;
}
