/**
 * Whole files as their owners have them: what each becomes, and what is said about it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemLine } from '../../src/config/problem.js';
import { readConfig } from '../../src/config/read.js';
import { formatAddress } from '../../src/units/address.js';
import { assert, has, projectRoot, sharedFolder, test } from '../support/suite.js';

const read = (name: string) =>
  readConfig(readFileSync(join(projectRoot, 'test', 'config', 'files', name), 'utf8'), name);

const errorsOf = (result: ReturnType<typeof readConfig>) =>
  result.problems.filter(({ severity }) => severity === 'error').map(problemLine);
const warningsOf = (result: ReturnType<typeof readConfig>) =>
  result.problems.filter(({ severity }) => severity === 'warning').map(problemLine);

test("Debian's file of ntp 4.2.8 works unchanged", () => {
  const result = read('debian-ntp-4.2.8.conf');
  assert.equal(errorsOf(result), []);
  assert.equal(warningsOf(result), [
    'debian-ntp-4.2.8.conf:11:1: warning: without statsdir no statistics are written; write instead: statsdir FOLDER, or no such line',
  ]);
  const { config } = result;
  assert.is(config.associations.length, 4);
  assert.ok(config.associations.every(({ kind, iburst }) => kind === 'pool' && iburst));
  assert.equal(config.restrictSource, ['notrap', 'nomodify', 'noquery']);
  assert.equal(
    config.restrict.map(({ address, prefixLength }) => `${formatAddress(address)}/${prefixLength}`),
    ['0.0.0.0/0', '::/0', '127.0.0.1/32', '::1/128'],
  );
  assert.is(config.leapFileCheckHash, true);
});

test("Debian's file of ntpsec works unchanged", () => {
  const result = read('debian-ntpsec.conf');
  assert.equal(errorsOf(result), []);
  assert.equal(warningsOf(result), []);
  const { tos } = result.config;
  assert.equal([tos.maxclock, tos.minclock, tos.minsane], [11, 4, 3]);
  assert.is(result.config.restrict.length, 4);
});

test('a file of 2006 with Autokey works unchanged', () => {
  const result = read('autokey-2006.conf');
  assert.equal(errorsOf(result), []);
  const { config } = result;
  assert.is(config.crypto?.pw, 'common_password');
  assert.is(config.crypto?.ident, 'peer1');
  assert.is(config.keysDirectory, '/etc/ntp');
  assert.is(config.associations[0]?.autokey, true);
  assert.is(config.refclocks[0]?.stratum, 10);
});

test("a GPS appliance of ntpd's works unchanged", () => {
  const result = read('gps-appliance-ntpd.conf');
  assert.equal(errorsOf(result), []);
  assert.equal(warningsOf(result), []);
  const [nmea, pps, shm, local] = result.config.refclocks;
  assert.is(nmea?.address, '127.127.20.0');
  assert.equal(
    [nmea?.kind, nmea?.device, nmea?.pulseDevice, nmea?.baud, nmea?.protocol, nmea?.time2, nmea?.refid],
    ['gps', '/dev/gps0', '/dev/gpspps0', 9600, 'nmea', 0.5, 'GPS'],
  );
  assert.equal([nmea?.minpoll, nmea?.maxpoll, nmea?.prefer, nmea?.mode], [3, 3, true, 17]);
  assert.equal([pps?.device, pps?.edge, pps?.time1], ['/dev/pps1', 'falling', -0.0000012]);
  assert.equal([shm?.kind, shm?.unit, shm?.refid, shm?.time1, shm?.noselect], ['shm', 0, 'NMEA', 0.14, true]);
  assert.equal([local?.kind, local?.stratum], ['local', 12]);
  const { config } = result;
  assert.equal(config.trustedKeys, [1, 2, 10, 11, 12]);
  assert.equal(
    [config.tos.mindist, config.tos.orphan, config.tinker.panic, config.tinker.step],
    [0.05, 8, 0, 0.1],
  );
  assert.equal([config.discard.minimum, config.discard.average, config.discard.monitor], [1, 2, 3000]);
  assert.equal([config.mru.maxMemory, config.mru.maxDepth, config.mru.minDepth], [512, 10000, 600]);
  assert.is(config.enable.kernel, false);
  // The last line that matches counts: the rules stand in the order in which they are asked.
  assert.equal(
    config.interfaces.map(({ action }) => action),
    ['drop', 'listen', 'ignore'],
  );
  assert.equal(
    config.filegens.find(({ set }) => set === 'loopstats'),
    {
      ...{ set: 'loopstats', file: 'loopstats', type: 'day', link: true, enable: true },
    },
  );
});

test("a GPS appliance of ntpsec's works unchanged", () => {
  const result = read('gps-appliance-ntpsec.conf');
  assert.equal(errorsOf(result), []);
  assert.equal(warningsOf(result), []);
  const [nmea, pps, shm, local] = result.config.refclocks;
  assert.equal(
    [nmea?.kind, nmea?.device, nmea?.pulseDevice, nmea?.baud, nmea?.protocol, nmea?.refid, nmea?.address],
    ['gps', '/dev/ttyAMA0', '/dev/pps0', 115200, 'nmea', 'GPS', '127.127.20.0'],
  );
  assert.equal(
    [pps?.address, pps?.device, pps?.edge, pps?.prefer],
    ['127.127.22.1', '/dev/pps1', 'falling', true],
  );
  assert.equal([shm?.address, shm?.refid, shm?.time1], ['127.127.28.2', 'GPSD', 0.2]);
  assert.equal([local?.address, local?.stratum], ['127.127.1.0', 12]);
});

test("noonmark's own words become what they say", () => {
  const result = read('noonmark.conf');
  assert.equal(errorsOf(result), []);
  assert.equal(warningsOf(result), []);
  const { config } = result;
  assert.equal([config.board, config.clock, config.port], ['raspberry-pi-4b', 'system', 123]);
  assert.equal([config.stateDirectory, config.leapFileCheckHash], ['/var/lib/noonmark', false]);
  assert.equal(
    config.refclocks.map(({ kind, address, device, gpio }) => [kind, address, device ?? gpio]),
    [
      ['gps', '127.127.20.0', '/dev/serial0'],
      ['pps', '127.127.22.0', 18],
      ['pps', '127.127.22.1', '/dev/pps1'],
      ['pps', '127.127.22.2', 4],
      ['sock', '127.127.28.0', '/run/chrony.ttyAMA1.sock'],
      ['shm', '127.127.28.3', undefined],
      ['local', '127.127.1.0', undefined],
    ],
  );
  const [gps, pps, , sysfs] = config.refclocks;
  assert.equal([gps?.protocol, gps?.time1, gps?.time2], ['ubx', 0, 0.12]);
  assert.equal([pps?.edge, pps?.time1, pps?.prefer, pps?.gpioAccess], ['falling', 2e-8, true, 'chardev']);
  assert.equal([sysfs?.gpioChip, sysfs?.gpioAccess], ['pinctrl-bcm2711', 'sysfs']);
});

if (has('the configurations of the reference captures', 'shared'))
  test('the configurations of the reference captures are refused for Autokey alone', () => {
    const folder = join(sharedFolder, 'reference', 'vectors');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('/ntp.conf'),
    );
    assert.ok(files.length > 40);
    for (const file of files)
      for (const { severity, message, text } of readConfig(readFileSync(join(folder, file), 'utf8'), file)
        .problems)
        if (severity === 'error') assert.match(message, /not supported yet/, `${file}: ${message} ${text}`);
  });

test.run();
