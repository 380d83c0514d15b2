/**
 * What `refclock gps` says of how the receiver is to be set. Owns the meaning of `configure` and the words that belong to
 * it; which receiver can have what is drivers/gps/setup's.
 */
import { type PositionWish, placeOf, type ReceiverWish } from '../../ports/gps-setup.js';
import { quote } from '../problem.js';
import type { Statement } from '../statement.js';
import type { Draft } from './draft.js';

const WORDS = ['speed', 'position', 'survey', 'elevation-mask', 'cable-delay', 'save'];
const ELEVATION_DEGREES = 10;
const SURVEY_SECONDS = 3600;
/** 5 m are 17 ns. */
const SURVEY_ACCURACY_M = 5;
/** of a position that somebody wrote down, mm */
const WRITTEN_ACCURACY_MM = 1000;

/** Undefined: the receiver is left as it is. `ours`: the form is `refclock gps`, whose default is to set it. */
export function readReceiverSetup(
  statement: Statement,
  ours: boolean,
  protocol: 'auto' | 'nmea' | 'ubx',
  draft: Draft,
): ReceiverWish | undefined {
  const asked = statement.text('configure');
  if (asked === 'auto' && protocol === 'nmea')
    draft.problems.error(
      statement.at('configure'),
      'a u-blox that is configured speaks UBX, and NMEA alone is to be read',
      'one of the two: protocol auto, or configure no',
    );
  const isLeft = asked === 'no' || (asked === undefined && (!ours || protocol === 'nmea'));
  if (isLeft) {
    for (const word of WORDS.filter((one) => statement.has(one)))
      draft.problems.error(
        statement.at(word),
        `'${word}' is for a receiver that is configured, and this one is left as it is`,
        `the line without ${word}, or refclock gps … configure auto`,
      );
    return undefined;
  }
  const cableDelay = statement.number('cable-delay');
  return {
    baud: statement.number('speed'),
    elevationDegrees: statement.number('elevation-mask') ?? ELEVATION_DEGREES,
    position: readPosition(statement, draft),
    surveySeconds: statement.number('survey') ?? SURVEY_SECONDS,
    surveyAccuracyM: SURVEY_ACCURACY_M,
    cableDelayNs: cableDelay === undefined ? undefined : Math.round(cableDelay * 1e9),
    save: statement.has('save'),
  };
}

function readPosition(statement: Statement, draft: Draft): PositionWish {
  const text = statement.text('position') ?? 'auto';
  if (text === 'auto' || text === 'survey') return { kind: text };
  if (text === 'none') return { kind: 'moving' };
  const parts = text.split(',');
  const [lat = Number.NaN, lon = Number.NaN, height = Number.NaN] = parts.map((part) =>
    /^[+-]?\d+(\.\d+)?$/.test(part) ? Number(part) : Number.NaN,
  );
  if (parts.length === 3 && Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && height >= -500 && height <= 9000)
    return { kind: 'fixed', place: placeOf(lat, lon, height, WRITTEN_ACCURACY_MM) };
  draft.problems.error(
    statement.at('position'),
    `${quote(text)} is no position`,
    'auto, survey, none, or degrees north, degrees east and metres above the ellipsoid: 47.37690,8.54170,450',
  );
  return { kind: 'auto' };
}
