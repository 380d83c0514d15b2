/**
 * Places of an antenna: from messages of the receiver, how far apart, and survey-ins. Pure.
 * Source: WGS 84; u-blox interface descriptions, UBX-NAV-PVT, UBX-NAV-SOL, UBX-NAV-SVIN, UBX-TIM-SVIN.
 */
import { type Place, placeOf, type SurveyProgress } from '../../../src/ports/gps-setup.js';
import { UBX } from '../ubx/ids.js';
import { decodeNavPvt, PVT_FIX_OK } from '../ubx/nav-pvt.js';
import { decodeNavSol, SOL_FIX_OK } from '../ubx/nav-sol.js';
import { decodeNavSvin } from '../ubx/nav-svin.js';
import { decodeTimSvin } from '../ubx/tim-svin.js';
import type { Heard } from './exchange.js';

const FIX_3D = 3;

export const metresApart = (a: Place, b: Place): number =>
  Math.hypot(a.xCm - b.xCm, a.yCm - b.yCm, a.zCm - b.zCm) / 100;

/** Where a receiver that has a 3D fix is; undefined: that frame does not say. */
export function placeHeard(heard: Heard): Place | undefined {
  if (heard.kind !== 'ubx') return undefined;
  if (heard.id === UBX.NAV_PVT) {
    const pvt = decodeNavPvt(heard.payload);
    if (!pvt.ok || pvt.value.fixType !== FIX_3D || (pvt.value.flags & PVT_FIX_OK) === 0) return undefined;
    const { latE7, lonE7, heightMm, horizontalAccuracyMm, verticalAccuracyMm } = pvt.value;
    const accuracyMm = Math.round(Math.hypot(horizontalAccuracyMm, verticalAccuracyMm));
    return placeOf(latE7 / 1e7, lonE7 / 1e7, heightMm / 1000, accuracyMm);
  }
  if (heard.id === UBX.NAV_SOL) {
    const sol = decodeNavSol(heard.payload);
    if (!sol.ok || sol.value.fixType !== FIX_3D || (sol.value.flags & SOL_FIX_OK) === 0) return undefined;
    const { xCm, yCm, zCm, positionAccuracyCm } = sol.value;
    return { xCm, yCm, zCm, accuracyMm: positionAccuracyCm * 10 };
  }
  return undefined;
}

export interface SurveyHeard {
  readonly progress: SurveyProgress;
  readonly mean: Place;
}

/** Undefined: that frame does not tell of a survey-in. */
export function surveyHeard(heard: Heard): SurveyHeard | undefined {
  if (heard.kind !== 'ubx') return undefined;
  if (heard.id === UBX.NAV_SVIN) {
    const survey = decodeNavSvin(heard.payload);
    if (!survey.ok) return undefined;
    const { xCm, yCm, zCm, accuracy } = survey.value;
    return {
      progress: progressOf(survey.value, accuracy / 10),
      mean: { xCm, yCm, zCm, accuracyMm: accuracy / 10 },
    };
  }
  if (heard.id === UBX.TIM_SVIN) {
    const survey = decodeTimSvin(heard.payload);
    if (!survey.ok) return undefined;
    const { xCm, yCm, zCm, varianceMm2 } = survey.value;
    const accuracyMm = Math.round(Math.sqrt(varianceMm2));
    return { progress: progressOf(survey.value, accuracyMm), mean: { xCm, yCm, zCm, accuracyMm } };
  }
  return undefined;
}

function progressOf(
  {
    active,
    valid,
    seconds,
    observations,
  }: { active: number; valid: number; seconds: number; observations: number },
  accuracyMm: number,
): SurveyProgress {
  return { active: active !== 0, valid: valid !== 0, seconds, observations, accuracyM: accuracyMm / 1000 };
}
