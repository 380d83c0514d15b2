/**
 * What a u-blox of generations 6 to 8 is to have, as settings that read one CFG message and write it again where it
 * differs. Owns which field is wished to be what; fields that are not ours keep what they had. Pure.
 */
import type { ReceiverWish } from '../../../src/ports/gps-setup.js';
import type { Decoded } from '../../../src/units/decoded.js';
import { decodeCfgItfm, encodeCfgItfm, ITFM_ENABLE } from '../ubx/cfg-itfm.js';
import { decodeMessageRates, encodeMessagePoll, encodeMessageRate } from '../ubx/cfg-msg.js';
import { decodeCfgNav5, encodeCfgNav5, MODEL_STATIONARY, NAV5_MODEL_AND_ELEVATION } from '../ubx/cfg-nav5.js';
import { type CfgPrt, decodeCfgPrt, encodeCfgPrt, PROTOCOL_UBX } from '../ubx/cfg-prt.js';
import { decodeCfgRate, encodeCfgRate } from '../ubx/cfg-rate.js';
import { decodeCfgTmode2, encodeCfgTmode2, TIME_MODE } from '../ubx/cfg-tmode2.js';
import { decodeCfgTmode3, encodeCfgTmode3 } from '../ubx/cfg-tmode3.js';
import { decodeCfgTp5, encodeCfgTp5, TP5 } from '../ubx/cfg-tp5.js';
import { UBX } from '../ubx/ids.js';
import { messagesOf, NMEA_MESSAGES } from './messages-wanted.js';
import type { Setting } from './setting.js';
import { PULSE_PERIOD_US, PULSE_US, SOLUTION_MS, type TimingTarget } from './targets.js';

const NOTHING = new Uint8Array();

/** A setting that is one message; `wish` gives the fields that are to be different. */
function whole<T extends object>(
  name: string,
  message: number,
  decode: (payload: DataView) => Decoded<T>,
  encode: (value: T) => Uint8Array,
  wish: (now: T) => Partial<T>,
  more: Partial<Setting> = {},
): Setting {
  return {
    ...{ name, message, setMessage: message, optional: false, poll: NOTHING },
    answers: (payload) => decode(payload).ok,
    change(payload) {
      const now = decode(payload);
      if (!now.ok) return undefined;
      const wanted = { ...now.value, ...wish(now.value) };
      return JSON.stringify(wanted) === JSON.stringify(now.value) ? undefined : encode(wanted);
    },
    ...more,
  };
}

/** The port that we come through, as it is; `change` when UBX is not among its outputs. */
export const thisPort: Setting = whole('the port', UBX.CFG_PRT, decodeCfgPrt, encodeCfgPrt, (port) => ({
  outProtocols: port.outProtocols | PROTOCOL_UBX,
}));

/** Payload that gives a UART another speed. */
export const withBaud = (port: CfgPrt, baud: number): Uint8Array => encodeCfgPrt({ ...port, baud });

/** `port`: portID of the one we come through. */
function rateOf(message: number, rate: number, optional: boolean, port: number): Setting {
  return {
    name: `message ${message.toString(16).padStart(4, '0')} ${rate === 0 ? 'off' : 'on'}`,
    optional,
    message: UBX.CFG_MSG,
    setMessage: UBX.CFG_MSG,
    poll: encodeMessagePoll(message),
    answers(payload) {
      const rates = decodeMessageRates(payload);
      return rates.ok && rates.value.message === message;
    },
    change(payload) {
      const rates = decodeMessageRates(payload);
      return rates.ok && rates.value.rates[port] !== rate ? encodeMessageRate(message, rate) : undefined;
    },
  };
}

/** All but port and timing mode, in the order in which they are to be made: no sentence goes before its heir has come. */
export function settingsByMessage(
  generation: 6 | 7 | 8,
  wish: ReceiverWish,
  port: number,
): readonly Setting[] {
  return [
    whole('one solution a second', UBX.CFG_RATE, decodeCfgRate, encodeCfgRate, () => ({
      measureMs: SOLUTION_MS,
      each: 1,
    })),
    ...messagesOf(generation).map(([message, rate, optional]) => rateOf(message, rate, optional, port)),
    ...NMEA_MESSAGES.map((message) => rateOf(message, 0, true, port)),
    whole(
      'navigation',
      UBX.CFG_NAV5,
      decodeCfgNav5,
      encodeCfgNav5,
      ({ model }) => ({
        mask: NAV5_MODEL_AND_ELEVATION,
        model: wish.position.kind === 'moving' ? model : MODEL_STATIONARY,
        elevationDegrees: wish.elevationDegrees,
      }),
      {
        // The mask that is read says nothing of what is set.
        change(payload) {
          const now = decodeCfgNav5(payload);
          if (!now.ok) return undefined;
          const model = wish.position.kind === 'moving' ? now.value.model : MODEL_STATIONARY;
          const { elevationDegrees } = wish;
          if (now.value.model === model && now.value.elevationDegrees === elevationDegrees) return undefined;
          return encodeCfgNav5({ ...now.value, mask: NAV5_MODEL_AND_ELEVATION, model, elevationDegrees });
        },
      },
    ),
    whole(
      'the interference monitor',
      UBX.CFG_ITFM,
      decodeCfgItfm,
      encodeCfgItfm,
      ({ config }) => ({
        config: (config | ITFM_ENABLE) >>> 0,
      }),
      { optional: true },
    ),
    whole('the time pulse', UBX.CFG_TP5, decodeCfgTp5, encodeCfgTp5, ({ flags, cableDelayNs }) => ({
      // Without lock its length is 0: there is no pulse that would be wrong.
      ...{ period: PULSE_PERIOD_US, periodLocked: PULSE_PERIOD_US, length: 0, lengthLocked: PULSE_US },
      cableDelayNs: wish.cableDelayNs ?? cableDelayNs,
      flags:
        ((flags & ~(TP5.isFrequency | TP5.gridMask)) |
          (TP5.active |
            TP5.lockGnssFrequency |
            TP5.lockedOtherSet |
            TP5.isLength |
            TP5.alignToTow |
            TP5.rising)) >>>
        0,
    })),
  ];
}

/** Timing mode of CFG-TMODE2 (timing receivers) and of CFG-TMODE3 (M8P), whichever there is. */
export function timingByMessage(target: TimingTarget): readonly Setting[] {
  return [
    whole(
      'the timing mode',
      UBX.CFG_TMODE2,
      decodeCfgTmode2,
      encodeCfgTmode2,
      () => {
        switch (target.kind) {
          case 'off':
            return { mode: TIME_MODE.off };
          case 'survey':
            return {
              mode: TIME_MODE.survey,
              surveySeconds: target.seconds,
              surveyAccuracyMm: Math.round(target.accuracyM * 1000),
            };
          case 'fixed':
            return {
              ...{
                mode: TIME_MODE.fixed,
                flags: 0,
                x: target.place.xCm,
                y: target.place.yCm,
                z: target.place.zCm,
              },
              accuracyMm: target.place.accuracyMm,
            };
        }
      },
      { optional: true },
    ),
    whole(
      'the timing mode',
      UBX.CFG_TMODE3,
      decodeCfgTmode3,
      encodeCfgTmode3,
      () => {
        switch (target.kind) {
          case 'off':
            return { flags: TIME_MODE.off };
          case 'survey':
            return {
              flags: TIME_MODE.survey,
              surveySeconds: target.seconds,
              surveyAccuracy: Math.round(target.accuracyM * 10_000),
            };
          case 'fixed':
            return {
              ...{ flags: TIME_MODE.fixed, x: target.place.xCm, y: target.place.yCm, z: target.place.zCm },
              ...{ xHigh: 0, yHigh: 0, zHigh: 0, accuracy: target.place.accuracyMm * 10 },
            };
        }
      },
      { optional: true },
    ),
  ];
}
