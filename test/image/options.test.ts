import { readOptions } from '../../image/options.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, test } from '../support/suite.js';

const options = (line: string) => readOptions(line.split(' '));
const refusal = (line: string): NoonmarkError => {
  try {
    options(line);
  } catch (error) {
    if (error instanceof NoonmarkError) return error;
    throw error;
  }
  throw new Error(`'${line}' is taken`);
};

test('a board is enough', () => {
  const { boards, hat, hostname, out, mirror, sshKeyFile, wifi } = options('--board raspberry-pi-4b');
  assert.equal(
    boards.map(({ id }) => id),
    ['raspberry-pi-4b'],
  );
  assert.is(hat.id, 'generic-uart');
  assert.is(hostname, 'noonmark');
  assert.is(out, 'out/noonmark-raspberry-pi-4b.img.zst');
  assert.is(mirror, 'http://deb.debian.org');
  assert.is(sshKeyFile, undefined);
  assert.is(wifi, undefined);
});

test('several boards share a card', () => {
  const { boards } = options('--board raspberry-pi-4b --board raspberry-pi-3b');
  assert.equal(
    boards.map(({ id }) => id),
    ['raspberry-pi-4b', 'raspberry-pi-3b'],
  );
});

test('a clock on battery is one that is known, and a hat that has one has no second', () => {
  assert.is(options('--board raspberry-pi-4b --rtc ds3231').rtc, 'ds3231');
  assert.is(options('--board raspberry-pi-4b').rtc, undefined);
  assert.is(options('--board raspberry-pi-4b --rtc rv3028').rtc, 'rv3028');
  assert.match(refusal('--board raspberry-pi-4b --rtc toString').remedy, /^--rtc ds3231, rv3028$/);
  const { message, remedy } = refusal('--board raspberry-pi-4b --hat uputronics-gps-rtc --rtc ds3231');
  assert.match(message, /Uputronics .* has a clock on battery of its own/);
  assert.is(remedy, 'leave out --rtc ds3231');
});

test('all that can be asked for is taken over', () => {
  const { hat, hostname, sshKeyFile, joinKeyFile, wifi, out, partsFolder, mirror } = options(
    '--board raspberry-pi-zero-2w --hat uputronics-gps-rtc --hostname mark --ssh-key k.pub --join-key j ' +
      '--wifi net --wifi-country DE --wifi-password-file p --out o.img --parts d --mirror http://m/',
  );
  assert.equal(
    { hat: hat.id, hostname, sshKeyFile, joinKeyFile, wifi, out, partsFolder, mirror },
    {
      ...{ hat: 'uputronics-gps-rtc', hostname: 'mark', sshKeyFile: 'k.pub', joinKeyFile: 'j' },
      wifi: { ssid: 'net', country: 'DE', passwordFile: 'p' },
      ...{ out: 'o.img', partsFolder: 'd', mirror: 'http://m' },
    },
  );
});

for (const board of ['raspberry-pi-5', 'raspberry-pi-cm5'])
  test(`no card is made for ${board}, and the reason is told`, () => {
    const { code, message, remedy } = refusal(`--board raspberry-pi-4b --board ${board}`);
    assert.is(code, 'ERR_UNSUPPORTED');
    assert.match(message, /^no card is made for Raspberry Pi/);
    assert.match(remedy, /RP1.*install the \.deb on Raspberry Pi OS/);
  });

test('what is wrong is refused, with what would be right', () => {
  const cases: readonly (readonly [line: string, message: RegExp, remedy: RegExp])[] = [
    ['--hostname a', /no board is named/, /--board .*raspberry-pi-4b/],
    ['--board pie', /there is no board 'pie'/, /raspberry-pi-3b/],
    ['--board simulated', /no card is made for/, /./],
    ['--board raspberry-pi-4b --hat top', /there is no hat 'top'/, /generic-uart/],
    ['--board raspberry-pi-4b --hostname Big_One', /'Big_One' cannot be/, /lower-case/],
    ['--board raspberry-pi-4b --wifi-password-file p', /no Wi-Fi/, /--wifi SSID/],
    [`--board raspberry-pi-4b --wifi ${'x'.repeat(33)}`, /1 to 32 bytes, this one 33/, /--wifi/],
    ['--board raspberry-pi-4b --wifi x --wifi-country de', /'de' is no country/, /DE/],
    ['--board raspberry-pi-4b --hut x', /--hut/, /--help/],
  ];
  for (const [line, message, remedy] of cases) {
    const error = refusal(line);
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
  }
});

test.run();
