/** A receiver that is set while it is used: the right second, a place that is kept, what it says of the signals. */
import { createGpsDecoder } from '../../../drivers/gps/decoder.js';
import { createSetupLink } from '../../../drivers/gps/setup/setup-link.js';
import { UBX } from '../../../drivers/gps/ubx/ids.js';
import { encodeUbx } from '../../../drivers/gps/ubx/match.js';
import { encodeSecSig } from '../../../drivers/gps/ubx/sec-sig.js';
import { createTwinLink } from '../../../src/sim/twin-link.js';
import { UbloxTwin, type UbloxTwinOptions } from '../../../src/sim/ublox-twin.js';
import { GpsSource } from '../../../src/source/refclock/gps-source.js';
import { assert, test } from '../../support/suite.js';
import { refclock, World } from './scripted.js';

const WISH = {
  baud: 38_400,
  elevationDegrees: 10,
  position: { kind: 'auto' },
  surveySeconds: 120,
  surveyAccuracyM: 5,
  cableDelayNs: undefined,
  save: false,
} as const;

function scene(options: UbloxTwinOptions) {
  const world = new World({ error: 0.3, rate: 20e-6 });
  const twin = new UbloxTwin(options);
  const { scheduler, clock, log } = world;
  const truth = () => world.truth(scheduler.t);
  const line = createTwinLink({ twin, scheduler, now: () => clock.now(), truth });
  const link = createSetupLink({ link: line, wish: WISH, remembered: undefined, scheduler, log });
  const decoder = createGpsDecoder({ floorNs: 0n, protocol: 'auto' });
  const gps = new GpsSource(1, refclock('gps'), world, {
    link,
    setup: link.setup,
    decoder,
    pulse: world.pulse,
  });
  gps.start();
  for (let k = 1; k <= 400; k += 1) scheduler.at(k, () => world.pulse.edge(clock.now()));
  return { world, twin, line, link, gps };
}

for (const generation of [8, 9] as const)
  test(`u-blox ${generation}: while it is set and after, no pulse gets a wrong second`, () => {
    const { world, gps, link } = scene({ generation, timing: generation === 8 ? 'tmode2' : 'keys' });
    world.run(60);
    assert.is(gps.setup?.state, 'set');
    assert.ok(world.samples.length > 30, `${world.samples.length} pulses`);
    const worst = Math.max(...world.samples.map(({ errorSeconds }) => Math.abs(errorSeconds)));
    assert.ok(worst < 1e-6, `worst ${worst}`);
    assert.is(gps.view().refclock?.fix, '3d');
    assert.is(gps.exportState()?.place, undefined);
    world.run(300);
    assert.is(gps.setup?.survey?.valid, true);
    assert.equal(gps.exportState()?.place, link.setup.remembered);
    assert.ok(gps.exportState()?.place !== undefined);
    gps.stop();
  });

for (const generation of [8, 9, 10] as const)
  test(`u-blox ${generation}: set by us, it tells of false signals, and that is logged and shown`, () => {
    const { world, gps, twin } = scene({ generation });
    world.run(60);
    assert.is(gps.health?.spoofing, 'ok');
    twin.spoofing = 2;
    world.run(90);
    assert.is(gps.health?.spoofing, 'indicated');
    assert.equal(
      world.logged.filter((text) => text.includes('receiver-health')),
      ['warning receiver-health twin: false signals (spoofing): indicated'],
    );
    gps.stop();
  });

test('what a receiver says of the antenna, of jamming and of spoofing is logged when it changes, and shown', () => {
  const { world, gps, line, link } = scene({ generation: 10 });
  world.run(30);
  const say = (jamming: number, spoofing: number) => {
    const frame = encodeUbx(
      UBX.SEC_SIG,
      encodeSecSig({ version: 1, jamming: jamming << 1, spoofing: spoofing << 1 }),
    );
    line.inject(frame);
  };
  const told = () => world.logged.filter((text) => text.includes('receiver-health'));
  say(1, 1);
  assert.equal(told(), [], 'good news first is no news');
  say(3, 2);
  say(0, 0);
  say(3, 2);
  assert.equal(told(), [
    'warning receiver-health twin: jamming of the signals: critical',
    'warning receiver-health twin: false signals (spoofing): indicated',
  ]);
  assert.equal([gps.health?.jamming, gps.health?.spoofing], ['critical', 'indicated']);
  say(1, 1);
  assert.is(told().length, 4);
  assert.ok(told()[2]?.startsWith('notice receiver-health twin: jamming of the signals: ok'));
  assert.is(link.name, 'twin');
  gps.stop();
});

test.run();
