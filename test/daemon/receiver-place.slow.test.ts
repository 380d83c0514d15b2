/**
 * noonmarkd with a u-blox that can be set behind a pseudo-terminal: what it is set to, what `noonmark status` tells, and a
 * surveyed place that outlives the daemon and the receiver's power.
 */
import { encodeCfgTmode2, TIME_MODE } from '../../drivers/gps/ubx/cfg-tmode2.js';
import { UBX } from '../../drivers/gps/ubx/ids.js';
import { encodeUbx } from '../../drivers/gps/ubx/match.js';
import { UbloxTwin } from '../../src/sim/ublox-twin.js';
import type { Snapshot } from '../../src/status/snapshot.js';
import { DaemonProcess, temporaryFolder } from '../support/daemon-process.js';
import { openPty } from '../support/pty.js';
import { assert, test } from '../support/suite.js';

const SECOND_NS = 1_000_000_000n;
const SURVEY_SECONDS = 100;

/** A receiver on a port of its own, at the true time. */
function receiver(twin: UbloxTwin) {
  const pty = openPty();
  const answering = setInterval(() => {
    for (const frame of twin.receive(pty.read())) pty.write(frame);
  }, 5);
  const speaking = setInterval(() => {
    const second = BigInt(Math.floor(Date.now() / 1000));
    for (const frame of twin.second(second * SECOND_NS)) pty.write(frame);
  }, 1000);
  return {
    path: pty.path,
    close() {
      clearInterval(answering);
      clearInterval(speaking);
      pty.close();
    },
  };
}

const start = (path: string, folder: string) =>
  DaemonProcess.start({
    folder,
    lines: ['clock none', `refclock gps device ${path} baud 9600 survey ${SURVEY_SECONDS}`],
  });
const setupOf = async (daemon: DaemonProcess) =>
  ((await daemon.status()) as unknown as Snapshot).receiver.setup;

test('a u-blox is set by the daemon, its surveyed place is kept, and given back to it after a power cut', async () => {
  const twin = new UbloxTwin({ generation: 8, timing: 'tmode2' });
  // It has been surveying for all but the last seconds.
  const mode = encodeCfgTmode2({
    ...{ mode: TIME_MODE.survey, flags: 0, x: 0, y: 0, z: 0, accuracyMm: 0 },
    ...{ surveySeconds: SURVEY_SECONDS, surveyAccuracyMm: 5000 },
  });
  twin.receive(encodeUbx(UBX.CFG_TMODE2, mode));
  for (let i = 0; i < SURVEY_SECONDS - 20; i += 1) twin.second(0n);
  const folder = temporaryFolder();
  const line = receiver(twin);
  const first = await start(line.path, folder);
  await first.until('the receiver to be set', 60, () => first.logged('receiver-set') > 0);
  assert.is(twin.rate(UBX.NAV_PVT), 1);
  assert.is(twin.rate(0xf004), 0);
  await first.until('the survey-in to show', 60, async () => (await setupOf(first))?.survey?.active === true);
  await first.until('the survey-in to end', 90, () => first.logged('receiver-survey', 'done after') > 0);
  assert.is((await setupOf(first))?.placeFixed, true);
  await first.untilStratum(1, 60);
  assert.is((await first.stop()).code, 0);
  assert.match(first.file('state.json') ?? '', /"place": \{\s+"xCm": 42792\d{4}/);

  twin.powerCycle();
  assert.is(twin.mode, TIME_MODE.off);
  const second = await start(line.path, folder);
  await second.until('the receiver to have its place', 90, () => twin.mode === TIME_MODE.fixed);
  await second.until('status to say so', 30, async () => (await setupOf(second))?.placeFixed === true);
  assert.is(second.logged('receiver-survey'), 0);
  assert.is((await second.stop()).code, 0);
  line.close();
});

test.run();
