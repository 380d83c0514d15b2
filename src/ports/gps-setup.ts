/**
 * A receiver that is set as time service wants it, at every start: what is wished for, and how far it has come.
 * Implemented by drivers/gps/setup; used by source/refclock and the daemon.
 */
import { earthCentred } from '../units/geodesy.js';

/** Where the antenna is, on WGS 84's earth centred axes. */
export interface Place {
  readonly xCm: number;
  readonly yCm: number;
  readonly zCm: number;
  readonly accuracyMm: number;
}

/** Degrees, and metres above the ellipsoid. */
export function placeOf(latDegrees: number, lonDegrees: number, heightM: number, accuracyMm: number): Place {
  const { x, y, z } = earthCentred(latDegrees, lonDegrees, heightM);
  return { xCm: Math.round(x * 100), yCm: Math.round(y * 100), zCm: Math.round(z * 100), accuracyMm };
}

/** On the ground or a mountain: what else a file or a receiver says is nonsense. */
export function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [xCm, yCm, zCm, accuracyMm] = ['xCm', 'yCm', 'zCm', 'accuracyMm'].map((name) => fields.get(name));
  if (![xCm, yCm, zCm, accuracyMm].every((number) => Number.isInteger(number))) return false;
  const radiusM = Math.hypot(Number(xCm), Number(yCm), Number(zCm)) / 100;
  return radiusM > 6.35e6 && radiusM < 6.39e6 && Number(accuracyMm) >= 0 && Number(accuracyMm) < 1e6;
}

/** For receivers with a timing mode; others are told that they stand still, except for 'moving'. */
export type PositionWish =
  /** found once by a survey-in and then remembered */
  | { readonly kind: 'auto' }
  /** found anew whenever the receiver has forgotten it */
  | { readonly kind: 'survey' }
  | { readonly kind: 'fixed'; readonly place: Place }
  /** the antenna moves: no timing mode */
  | { readonly kind: 'moving' };

export interface ReceiverWish {
  /** speed that the line is set to, bits/s; undefined: left as it is */
  readonly baud: number | undefined;
  /** satellites lower than this are left out, degrees */
  readonly elevationDegrees: number;
  readonly position: PositionWish;
  /** least length of a survey-in, s */
  readonly surveySeconds: number;
  /** a survey-in goes on until its mean is this good, m */
  readonly surveyAccuracyM: number;
  /** of the antenna's cable, ns; undefined: left as it is */
  readonly cableDelayNs: number | undefined;
  /** also into the receiver's own memory, so that it starts like that */
  readonly save: boolean;
}

export type SetupState =
  /** the line is down, or nothing comes yet */
  | 'waiting'
  /** asked who it is */
  | 'identifying'
  | 'setting'
  /** all settings were read back as wished */
  | 'set'
  /** some were refused, or not answered */
  | 'incomplete'
  /** it does not answer: it is read as it is */
  | 'unanswered'
  /** of a kind that is left alone */
  | 'left-alone';

export interface SurveyProgress {
  readonly active: boolean;
  /** the mean is good enough and in use */
  readonly valid: boolean;
  readonly seconds: number;
  readonly observations: number;
  /** of the mean, m */
  readonly accuracyM: number;
}

export interface SetupView {
  readonly state: SetupState;
  /** for a person: "23 settings as wished", "refused: the time pulse" */
  readonly text: string;
  /** undefined: it has none, or did not tell yet */
  readonly survey: SurveyProgress | undefined;
  /** where it takes itself to be, once surveyed or given; undefined: not fixed */
  readonly place: Place | undefined;
}

export interface ReceiverSetup {
  readonly view: SetupView;
  /** messages of these moments may come late, because answers come between them */
  readonly busy: boolean;
  /** the place to be remembered; undefined: none is known */
  readonly remembered: Place | undefined;
}
