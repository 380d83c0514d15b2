/**
 * What lines become: the typed result, line by line where a rule is not plain.
 */

import { hasErrors, problemLine } from '../../src/config/problem.js';
import { readConfig } from '../../src/config/read.js';
import type { Config } from '../../src/config/types.js';
import { placeOf } from '../../src/ports/gps-setup.js';
import { formatAddress } from '../../src/units/address.js';
import { assert, test } from '../support/suite.js';

/** The result of a file that must have no error. */
function good(...lines: readonly string[]): Config {
  const { config, problems } = readConfig(`${lines.join('\n')}\n`, 'ntp.conf');
  assert.not.ok(hasErrors(problems), problems.map(problemLine).join('\n'));
  return config;
}

const messages = (text: string) => readConfig(text, 'ntp.conf').problems.map(({ message }) => message);

test('an empty file gives the defaults of RFC 5905 and ntpd', () => {
  const config = good('');
  assert.equal([config.board, config.clock, config.port], ['auto', 'system', 123]);
  assert.equal(config.discard, { average: 3, minimum: 2, monitor: 3000 });
  const { minsane, minclock, maxclock, maxdist, mindist, orphan } = config.tos;
  assert.equal([minsane, minclock, maxclock, maxdist, mindist, orphan], [1, 3, 10, 1.5, 0.001, 16]);
  assert.equal([config.tinker.step, config.tinker.stepout, config.tinker.panic], [0.128, 300, 1000]);
  assert.equal(config.restrict, []);
  assert.is(config.restrictSource, undefined);
});

test('an association has the defaults of RFC 5905', () => {
  const [server] = good('server a.example').associations;
  assert.equal([server?.minpoll, server?.maxpoll, server?.version, server?.port], [6, 10, 4, 123]);
  assert.equal([server?.iburst, server?.prefer, server?.family, server?.key], [false, false, 0, undefined]);
});

test('every option of an association arrives', () => {
  const options = 'key 5 burst iburst version 3 prefer true minpoll 0 maxpoll 17 port 11123';
  const [server] = good('keys k', 'trustedkey 5', `server -6 a.example ${options}`).associations;
  assert.equal(server, {
    ...{
      kind: 'server',
      host: 'a.example',
      family: 6,
      port: 11123,
      version: 3,
      minpoll: 0,
      maxpoll: 17,
      minpollWritten: true,
    },
    ...{ iburst: true, burst: true, prefer: true, noselect: false, alwaysTrue: true, xleave: false },
    ...{ key: 5, autokey: false, ident: undefined, compat: false, ttl: 127 },
    origin: { file: 'ntp.conf', line: 3, column: 1 },
  });
});

test('a single poll limit takes the other along when it crosses it', () => {
  const [low, high] = good('server a.example maxpoll 4', 'server b.example minpoll 12').associations;
  assert.equal([low?.minpoll, low?.maxpoll, high?.minpoll, high?.maxpoll], [4, 4, 12, 12]);
});

test('numbers may be hexadecimal where ntpd takes them', () => {
  const [clock] = good('server 127.127.20.0 mode 0x50').refclocks;
  assert.equal([clock?.mode, clock?.baud], [80, 115200]);
});

test("driver 20's mode bits choose the line speed", () => {
  const speeds = [0, 16, 32, 48, 64, 80].map(
    (mode) => good(`server 127.127.20.0 mode ${mode + 1}`).refclocks[0]?.baud,
  );
  assert.equal(speeds, [4800, 9600, 19200, 38400, 57600, 115200]);
});

test('a fudge line may stand before its clock', () => {
  const [clock] = good('fudge 127.127.20.2 flag1 1 time1 0.25', 'server 127.127.20.2').refclocks;
  assert.equal([clock?.pulseDevice, clock?.time1], ['/dev/gpspps2', 0.25]);
});

test('several fudge lines add up, the last value counts', () => {
  const lines = ['server 127.127.22.0', 'fudge 127.127.22.0 flag2 1 time1 1', 'fudge 127.127.22.0 time1 2'];
  const [clock] = good(...lines).refclocks;
  assert.equal([clock?.edge, clock?.time1, clock?.flags], ['falling', 2, [false, true, false, false]]);
});

test('device lines replace /dev/gpsN and its pulse', () => {
  const [gps, pps] = good(
    'server 127.127.20.0',
    'fudge 127.127.20.0 flag1 1',
    'device 127.127.20.0 timedata /dev/ttyAMA0 ppsdata /dev/pps3',
    'server 127.127.22.0',
    'device 127.127.22.0 ppsdata /dev/pps4',
  ).refclocks;
  assert.equal([gps?.device, gps?.pulseDevice, pps?.device], ['/dev/ttyAMA0', '/dev/pps3', '/dev/pps4']);
});

test('a form without a unit gets the first free one, after the units that are written', () => {
  const config = good(
    'refclock pps device /dev/pps5',
    'refclock pps device /dev/pps6 unit 0',
    'server 127.127.22.1',
    'refclock gps device /dev/a',
    'refclock sock /run/a',
    'refclock shm 0',
  );
  assert.equal(
    config.refclocks.map(({ address }) => address),
    ['127.127.22.2', '127.127.22.0', '127.127.22.1', '127.127.20.0', '127.127.28.1', '127.127.28.0'],
  );
});

test('unpeer takes a source back, wherever it stands', () => {
  const config = good(
    'unpeer b.example',
    'server a.example',
    'server B.example',
    'server 127.127.1.0',
    'unpeer 127.127.1.0',
  );
  assert.equal(
    config.associations.map(({ host }) => host),
    ['a.example'],
  );
  assert.is(config.refclocks.length, 0);
});

test('restrict default means both families, -4 and -6 one', () => {
  const rules = (line: string) =>
    good(line).restrict.map(({ address, prefixLength }) => `${formatAddress(address)}/${prefixLength}`);
  assert.equal(rules('restrict default'), ['0.0.0.0/0', '::/0']);
  assert.equal(rules('restrict -4 default'), ['0.0.0.0/0']);
  assert.equal(rules('restrict -6 default'), ['::/0']);
  assert.equal(rules('restrict localhost'), ['127.0.0.1/32', '::1/128']);
  assert.equal(rules('restrict 10.1.2.3 mask 255.0.0.0'), ['10.0.0.0/8']);
  assert.equal(rules('restrict 2001:db8:1:: mask ffff:ffff::'), ['2001:db8::/32']);
  assert.equal(rules('restrict 2001:db8::/32'), ['2001:db8::/32']);
  assert.equal(rules('restrict 0.0.0.0 mask 0.0.0.0'), ['0.0.0.0/0']);
});

test('restrict keeps its flags in their order', () => {
  const flags =
    'limited kod nomodify notrap nopeer noquery noserve notrust ntpport version noepeer nomrulist flake';
  const [rule] = good(`restrict 192.0.2.1 ${flags} serverresponse fuzz`).restrict;
  assert.equal(rule?.flags, [...flags.split(' '), 'serverresponse']);
});

test('a server inside an allowed network is no victim of restrict default ignore', () => {
  const text =
    'server 192.0.2.7\nrestrict default ignore\nrestrict 192.0.2.0 mask 255.255.255.0\nrestrict ::1\n';
  assert.equal(messages(text), []);
});

test('trusted keys of several lines add up, and a remark says so', () => {
  const { config, problems } = readConfig(
    'keys k\ntrustedkey 3 1\ntrustedkey 1 ... 2 (7...8)\nserver a',
    'f',
  );
  assert.equal(config.trustedKeys, [1, 2, 3, 7, 8]);
  assert.match(problems[0]!.message, /stay trusted too/);
});

test('filegen enables its set unless it says disable', () => {
  const config = good(
    'statsdir /s',
    'filegen peerstats type week',
    'statistics loopstats',
    'filegen loopstats disable',
  );
  assert.equal(config.statistics, ['peerstats']);
  assert.equal(
    config.filegens.map(({ set, type, enable }) => `${set} ${type} ${enable}`),
    ['peerstats week true', 'loopstats day false'],
  );
});

test('disable stats writes none of the sets', () => {
  assert.equal(good('statsdir /s', 'statistics loopstats', 'disable stats').statistics, []);
});

test('disable ntp leaves the clock alone', () => {
  assert.is(good('disable ntp').clock, 'none');
});

test('a simulated board has a simulated clock unless another is named', () => {
  assert.is(good('board simulated').clock, 'simulated');
  assert.is(good('board simulated', 'clock none').clock, 'none');
});

test('driftfile without a name means none, as with ntpd', () => {
  assert.is(good('driftfile').driftFile, undefined);
  assert.is(good('driftfile ""').driftFile, undefined);
});

test('a quoted value keeps its blanks', () => {
  assert.is(good('logfile "/var/log/my ntp.log"').logFile, '/var/log/my ntp.log');
});

test('interface rules are turned round, so that the first match is the last line', () => {
  const rules = good('interface ignore all', 'nic listen eth0', 'nic listen 2001:db8::1/64').interfaces;
  assert.equal(
    rules.map(({ action, match }) => `${action} ${match.type}`),
    ['listen prefix', 'listen name', 'ignore all'],
  );
});

test('log classes get the sign they lack', () => {
  assert.equal(good('logconfig all -peerstatus +clockall').logConfig, ['=all', '-peerstatus', '+clockall']);
});

test('included files are read in their place, with their own name in problems', () => {
  const files: Record<string, string> = {
    '/etc/ntp/a.conf': 'server a.example\nfrob\n',
    '/etc/ntp/b.conf': 'port 124\n',
  };
  const includeFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`there is no file ${path}`);
    return text;
  };
  const text = 'includefile a.conf\nincludefile /etc/ntp/b.conf\nincludefile c.conf\n';
  const { config, problems } = readConfig(text, '/etc/ntp/ntp.conf', { includeFile });
  assert.is(config.port, 124);
  assert.equal(config.associations[0]?.origin, { file: '/etc/ntp/a.conf', line: 1, column: 1 });
  assert.equal(
    problems.map(({ file, line, message }) => `${file}:${line} ${message}`),
    [
      "/etc/ntp/a.conf:2 unknown word 'frob'",
      '/etc/ntp/ntp.conf:3 cannot include /etc/ntp/c.conf: there is no file /etc/ntp/c.conf',
    ],
  );
});

test('a file that includes itself, or others without end, is refused', () => {
  const itself = readConfig('includefile ./x.conf', 'x.conf', { includeFile: () => 'port 1' });
  assert.match(itself.problems[0]!.message, /includes itself/);
  const endless = readConfig('includefile 0', 'x.conf', { includeFile: (path) => `includefile ${path}0` });
  assert.ok(endless.problems.some(({ message }) => message.includes('more than 5 deep')));
});

test('old and new names of one thing do not stand on one line', () => {
  assert.ok(
    messages('refclock pps device /dev/pps0 path /dev/pps0').includes('device and path are the same thing'),
  );
});

test('the seconds of a receiver are read in both forms', () => {
  const [gps] = good('refclock gps device /dev/a time1 0.5 time2 0.25').refclocks;
  assert.equal([gps?.time1, gps?.time2], [0.5, 0.25]);
  const [nmea] = good('refclock nmea unit 2 flag1 1 flag2 1').refclocks;
  assert.equal([nmea?.device, nmea?.pulseDevice, nmea?.edge], ['/dev/gps2', '/dev/pps2', 'falling']);
});

test('a receiver of our form is set at each start, as the line says; of the older forms it is left as it is', () => {
  const setup = (line: string) => good(line).refclocks[0]?.setup;
  assert.equal(setup('refclock gps device /dev/a'), {
    baud: undefined,
    elevationDegrees: 10,
    position: { kind: 'auto' },
    surveySeconds: 3600,
    surveyAccuracyM: 5,
    cableDelayNs: undefined,
    save: false,
  });
  const all = setup(
    'refclock gps device /dev/a speed 115200 position none survey 7200 elevation-mask 15 cable-delay 0.0000001 save',
  );
  assert.equal(
    [all?.baud, all?.position.kind, all?.surveySeconds, all?.elevationDegrees, all?.cableDelayNs, all?.save],
    [115_200, 'moving', 7200, 15, 100, true],
  );
  const fixed = setup('refclock gps device /dev/a position 47.3769,8.5417,450')?.position;
  assert.equal(fixed, { kind: 'fixed', place: placeOf(47.3769, 8.5417, 450, 1000) });
  for (const line of [
    'refclock gps device /dev/a configure no',
    'refclock gps device /dev/a protocol nmea',
    'refclock nmea unit 0',
    'server 127.127.20.0',
  ])
    assert.is(setup(line), undefined, line);
  assert.ok(setup('refclock nmea unit 0 protocol auto configure auto') !== undefined);
});

test("chrony's order of words is understood for a pulse", () => {
  const [pps] = good('refclock PPS /dev/pps1 prefer').refclocks;
  assert.equal([pps?.kind, pps?.device, pps?.prefer], ['pps', '/dev/pps1', true]);
});

test('crypto minimum takes bits, and a digest if one follows', () => {
  const strength = (line: string) => {
    const { crypto } = readConfig(line, 'ntp.conf').config;
    return [crypto?.minimumBits, crypto?.minimumDigest, crypto?.compat];
  };
  assert.equal(strength('crypto minimum 512 MD5'), [512, 'MD5', false]);
  assert.equal(strength('crypto minimum 2048 compat ntpd-4.2.8p15'), [2048, undefined, true]);
  assert.equal(strength('crypto pw x'), [undefined, undefined, false]);
});

test.run();
