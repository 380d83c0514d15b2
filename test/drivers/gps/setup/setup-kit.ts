/** Virtual rigs for the set-up of receivers, and what every rig must come to (the contract). */
import { createSetupLink, type SetupLink } from '../../../../drivers/gps/setup/setup-link.js';
import { KEY, MSGOUT, MSGOUT_PORT } from '../../../../drivers/gps/ubx/cfg-keys.js';
import { decodeCfgNav5 } from '../../../../drivers/gps/ubx/cfg-nav5.js';
import { decodeCfgTp5, TP5 } from '../../../../drivers/gps/ubx/cfg-tp5.js';
import { UBX } from '../../../../drivers/gps/ubx/ids.js';
import type { ByteLink } from '../../../../src/ports/byte-link.js';
import type { Place, ReceiverWish } from '../../../../src/ports/gps-setup.js';
import type { ReceiverTwin } from '../../../../src/sim/receiver-twin.js';
import { createTwinLink, type TwinLinkOptions } from '../../../../src/sim/twin-link.js';
import { UbloxTwin, type UbloxTwinOptions } from '../../../../src/sim/ublox-twin.js';
import { assert } from '../../../support/suite.js';
import { manualScheduler } from '../../serial/manual-scheduler.js';

export const WISH: ReceiverWish = {
  baud: undefined,
  elevationDegrees: 10,
  position: { kind: 'auto' },
  surveySeconds: 600,
  surveyAccuracyM: 5,
  cableDelayNs: undefined,
  save: false,
};

const START_NS = BigInt(Date.UTC(2026, 10, 23, 12)) * 1_000_000n;

export class Lines {
  readonly lines: string[] = [];
  write(level: string, event: string, text: string): void {
    this.lines.push(`${level} ${event} ${text}`);
  }
  of(event: string): readonly string[] {
    return this.lines.filter((line) => line.split(' ')[1] === event);
  }
}

export function rig<Twin extends ReceiverTwin>(
  twin: Twin,
  wish: Partial<ReceiverWish> = {},
  options: Partial<TwinLinkOptions> & { remembered?: Place | undefined } = {},
) {
  const scheduler = manualScheduler();
  const log = new Lines();
  const now = () => START_NS + scheduler.monotonic();
  const line = createTwinLink({ twin, scheduler, now, ...options });
  const link = createSetupLink({
    ...{ link: line, wish: { ...WISH, ...wish }, remembered: options.remembered, scheduler, log },
  });
  const heard = { bytes: 0, up: 0, down: 0 };
  link.open({
    bytes: (chunk) => {
      heard.bytes += chunk.length;
    },
    up: () => {
      heard.up += 1;
    },
    down: () => {
      heard.down += 1;
    },
  });
  return { twin, line, link, log, scheduler, heard, run: (seconds: number) => scheduler.advance(seconds) };
}

export const ublox = (options: UbloxTwinOptions) => new UbloxTwin(options);

/** What a u-blox is like once it is set, whatever it hangs on. */
export function assertSet(twin: UbloxTwin, generation: number, port: 'uart' | 'usb' | 'i2c' = 'uart'): void {
  const time = generation === 6 ? UBX.NAV_TIMEUTC : UBX.NAV_PVT;
  assert.is(twin.rate(time), 1, 'the time message comes each second');
  for (const nmea of [0xf000, 0xf001, 0xf002, 0xf003, 0xf004, 0xf005])
    assert.is(twin.rate(nmea), 0, `NMEA ${nmea.toString(16)} is off`);
  assert.is(twin.rate(UBX.TIM_TP), 1);
  assert.is(twin.rate(UBX.NAV_STATUS), 5, 'it tells of false signals, and since when it is on');
  if (generation === 10) assert.is(twin.rate(UBX.SEC_SIG), 5, 'it tells of false and jammed signals');
  if (generation >= 9) {
    const value = (key: number) => Number(twin.key(key));
    assert.is(value(KEY.RATE_MEAS), 1000);
    assert.is(value(KEY.NAVSPG_INFIL_MINELEV), 10);
    assert.is(value(KEY.NAVSPG_DYNMODEL), 2);
    assert.is(value(KEY.ITFM_ENABLE), 1);
    assert.equal(
      [KEY.TP_LEN_TP1, KEY.TP_LEN_LOCK_TP1, KEY.TP_USE_LOCKED_TP1, KEY.TP_TP1_ENA, KEY.TP_POL_TP1].map(value),
      [0, 100_000, 1, 1, 1],
    );
    assert.is(value(MSGOUT.MON_RF + MSGOUT_PORT[port]), 5);
    return;
  }
  const nav = decodeCfgNav5(twin.payload(UBX.CFG_NAV5));
  assert.ok(nav.ok && nav.value.elevationDegrees === 10 && nav.value.model === 2);
  const pulse = decodeCfgTp5(twin.payload(UBX.CFG_TP5));
  assert.ok(pulse.ok);
  if (!pulse.ok) return;
  assert.equal(
    [pulse.value.length, pulse.value.lengthLocked, pulse.value.periodLocked],
    [0, 100_000, 1_000_000],
  );
  const flags =
    TP5.active | TP5.lockGnssFrequency | TP5.lockedOtherSet | TP5.isLength | TP5.alignToTow | TP5.rising;
  assert.is(pulse.value.flags, flags);
  assert.ok((twin.payload(UBX.CFG_ITFM).getUint32(0, true) & 0x8000_0000) !== 0);
  assert.is(twin.rate(UBX.MON_HW), 5);
}

export const stateOf = (link: SetupLink): string => `${link.setup.view.state}: ${link.setup.view.text}`;
export type { ByteLink };
