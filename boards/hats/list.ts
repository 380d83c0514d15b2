/** All hats that can be named. A hat is a file beside this one and a line here. */
import { adafruitUltimateGps } from './adafruit-ultimate-gps.js';
import { genericUart } from './generic-uart.js';
import type { HatDefinition } from './hat.js';
import { uputronicsGpsRtc } from './uputronics-gps-rtc.js';
import { waveshareMaxM8q } from './waveshare-max-m8q.js';

export const HATS: readonly HatDefinition[] = [
  adafruitUltimateGps,
  genericUart,
  uputronicsGpsRtc,
  waveshareMaxM8q,
];
