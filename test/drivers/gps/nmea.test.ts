import fc from 'fast-check';
import {
  dateField,
  degreesField,
  encodeDate,
  encodeDegrees,
  encodeTime,
  timeField,
} from '../../../drivers/gps/nmea/fields.js';
import { decodeGga, encodeGga, ggaIsValid } from '../../../drivers/gps/nmea/gga.js';
import { decodeGll, encodeGll, gllIsValid } from '../../../drivers/gps/nmea/gll.js';
import { decodeGsa, encodeGsa } from '../../../drivers/gps/nmea/gsa.js';
import { decodeGsv, encodeGsv } from '../../../drivers/gps/nmea/gsv.js';
import { decodeRmc, encodeRmc, rmcIsValid } from '../../../drivers/gps/nmea/rmc.js';
import { encodeSentence, nmeaChecksum, parseSentence } from '../../../drivers/gps/nmea/sentence.js';
import { decodeTxt, encodeTxt } from '../../../drivers/gps/nmea/txt.js';
import { decodeZda, encodeZda } from '../../../drivers/gps/nmea/zda.js';
import type { Decoded } from '../../../src/units/decoded.js';
import { assert, test } from '../../support/suite.js';

const value = <T>(decoded: Decoded<T>): T => {
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
};
const reason = (decoded: Decoded<unknown>) => (decoded.ok ? 'ok' : decoded.reason);
const fieldsOf = (text: string) => parseSentence(text)?.fields ?? [];
const day = (year: number, month: number, date: number) => Date.UTC(year, month - 1, date) / 86_400_000;

test('every talker is read, proprietary sentences keep their maker', () => {
  for (const talker of ['GP', 'GN', 'GL', 'GA', 'GB', 'BD', 'GQ', 'QZ', 'GI', 'II', 'PQ'])
    assert.is(parseSentence(`$${talker}RMC,,V*00`)?.talker, talker);
  assert.equal(parseSentence('$PMTK705,AXN_1.30,0145*00'), {
    talker: 'P',
    type: 'MTK705',
    fields: ['AXN_1.30', '0145'],
  });
  assert.is(parseSentence('$PUBX,04,1*00')?.type, 'UBX');
  assert.is(parseSentence('$,*00'), undefined);
});

test('a checksum is the XOR between $ and *', () => {
  assert.is(nmeaChecksum('GPGLL,5057.970,N,00146.110,E,142451,A'), '27');
  assert.is(encodeSentence({ talker: 'GP', type: 'ZDA', fields: ['a'] }), '$GPZDA,a*05');
});

test('time of day: any number of fraction digits, second 60 at 23:59 only', () => {
  assert.is(timeField('000231.099'), 151_099_000_000);
  assert.is(timeField('120000'), 43_200e9);
  assert.is(timeField('120000.'), 43_200e9);
  assert.is(timeField('120000.5'), 43_200.5e9);
  assert.is(timeField('120000.12345678999'), 43_200_123_456_789);
  assert.is(timeField('235960.00'), 86_400e9);
  assert.is(timeField(''), undefined);
  for (const text of [
    '120060',
    '235961',
    '240000',
    '126000',
    '12000',
    '1200000',
    '12:00:00',
    '-20000',
    ' 120000',
  ])
    assert.is(typeof timeField(text), 'symbol', text);
});

test('dates: two digits span 1980 to 2079, days that do not exist are refused', () => {
  assert.is(dateField('220899'), day(1999, 8, 22));
  assert.is(dateField('060180'), day(1980, 1, 6));
  assert.is(dateField('311279'), day(2079, 12, 31));
  assert.is(dateField('290224'), day(2024, 2, 29));
  // Telit HE910 after the rollover of 2019.
  for (const text of ['2208-1', '290223', '001220', '311120', '01012020'])
    assert.is(typeof dateField(text), 'symbol', text);
});

test('positions: hemispheres have signs, impossible ones are no positions', () => {
  assert.is(degreesField('4404.1351', 'N'), 44 + 4.1351 / 60);
  assert.is(degreesField('12118.8556', 'W'), -(121 + 18.8556 / 60));
  assert.is(degreesField('8960.000000', 'N'), undefined);
  assert.is(degreesField('9100.0', 'N'), undefined);
  assert.is(degreesField('', ''), undefined);
  assert.equal(encodeDegrees(-0.9999999999, 'lat'), ['0100.00000', 'S']);
});

test('forms survive a round trip', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 86_399_999 }),
      fc.integer({ min: 3657, max: 40_000 }),
      (ms, date) => {
        assert.is(timeField(encodeTime(ms * 1e6, 3)), ms * 1e6);
        assert.is(dateField(encodeDate(date)), date);
      },
    ),
    { numRuns: 200 },
  );
});

test('RMC: u-blox, fields and round trip', () => {
  const rmc = value(
    decodeRmc(fieldsOf('$GNRMC,204221.00,A,4624.27601,N,11701.24518,W,0.045,,240324,,,A*73')),
  );
  assert.is(rmc.ofDayNs, (20 * 3600 + 42 * 60 + 21) * 1e9);
  assert.is(rmc.day, day(2024, 3, 24));
  assert.is(rmc.mode, 'A');
  assert.ok(rmcIsValid(rmc));
  assert.equal(value(decodeRmc(encodeRmc(rmc))), rmc);
});

test('RMC: status V, mode N, S and M are not valid; navigational status V says nothing', () => {
  const of = (status: string, ...tail: string[]) =>
    rmcIsValid(value(decodeRmc(['120000', status, '', '', '', '', '', '', '010120', '', '', ...tail])));
  assert.is(of('A'), true);
  assert.is(of('A', 'A'), true);
  assert.is(of('A', 'D', 'V'), true);
  assert.is(of('A', 'E'), true);
  assert.is(of('V', 'A'), false);
  for (const mode of ['N', 'S', 'M']) assert.is(of('A', mode), false, mode);
});

test('RMC: empty fields are absent, malformed ones refuse the sentence', () => {
  const empty = value(decodeRmc(fieldsOf('$GPRMC,,V,,,,,,,,,,N*53')));
  assert.is(empty.ofDayNs, undefined);
  assert.is(empty.day, undefined);
  assert.is(
    reason(decodeRmc(fieldsOf('$GPRMC,000231.099,A,4829.0005,N,00022.0015,E,0.15,212.28,2208-1,,,A*73'))),
    'bad-field',
  );
  assert.is(reason(decodeRmc(['120000', 'X', '', '', '', '', '', '', '010120'])), 'bad-field');
  assert.is(reason(decodeRmc(['120000', 'A'])), 'too-short');
});

test('ZDA: four-digit year, the local zone is ignored', () => {
  const zda = value(decodeZda(fieldsOf('$INZDA,194104,16,09,2006,-05,00*73')));
  assert.is(zda.day, day(2006, 9, 16));
  assert.is(zda.ofDayNs, (19 * 3600 + 41 * 60 + 4) * 1e9);
  assert.equal(value(decodeZda(encodeZda(zda))), zda);
  assert.equal(value(decodeZda(fieldsOf('$GPZDA,,,,,00,00*48'))), { ofDayNs: undefined, day: undefined });
  assert.is(reason(decodeZda(['120000', '31', '02', '2020'])), 'bad-field');
  assert.is(reason(decodeZda(['120000', '01', '02', '20'])), 'bad-field');
});

test('GGA: quality decides, hand and simulator do not count', () => {
  const gga = value(
    decodeGga(fieldsOf('$GNGGA,204221.00,4624.27601,N,11701.24518,W,1,06,1.36,286.2,M,-18.2,M,,*77')),
  );
  assert.is(gga.satellitesUsed, 6);
  assert.is(gga.altM, 286.2);
  assert.ok(ggaIsValid(gga));
  assert.equal(value(decodeGga(encodeGga(gga))), gga);
  for (const quality of [0, 7, 8, 10]) assert.is(ggaIsValid({ ...gga, quality }), false, String(quality));
});

test('GLL: status and mode decide; the form before NMEA 2.3 has no mode', () => {
  const gll = value(decodeGll(fieldsOf('$GNGLL,4624.27601,N,11701.24518,W,204221.00,A,A*68')));
  assert.ok(gllIsValid(gll));
  assert.equal(value(decodeGll(encodeGll(gll))), gll);
  assert.is(gllIsValid(value(decodeGll(['', '', '', '', '030851.00', 'V', 'N']))), false);
  assert.ok(gllIsValid(value(decodeGll(fieldsOf('$GPGLL,5313.2228,N,00634.4228,E,200619.295,A*35')))));
});

test('GSA: satellites by talker, system id or number', () => {
  const gsa = value(decodeGsa('GN', fieldsOf('$GNGSA,A,3,73,82,71,72,80,,,,,,,,1.1,0.7,0.9*27')));
  assert.is(gsa.fix, 3);
  assert.equal(gsa.used[0], { system: 'glonass', id: 73 });
  assert.equal(value(decodeGsa('GP', encodeGsa({ fix: 2, used: [{ system: 'gps', id: 7 }] }))).used, [
    { system: 'gps', id: 7 },
  ]);
  const galileo = ['A', '3', '07', ...Array(11).fill(''), '1', '1', '1', '3'];
  assert.equal(value(decodeGsa('GN', galileo)).used, [{ system: 'galileo', id: 7 }]);
  // MTK-3301 sends one field too many.
  assert.is(value(decodeGsa('GP', fieldsOf('$GPGSA,A,1,,,,,,,,,,,,,,,*1E'))).fix, 1);
  assert.is(reason(decodeGsa('GP', ['A', '4', ...Array(12).fill('')])), 'bad-field');
});

test('GSV: up to four satellites, empty measures, a signal id behind', () => {
  const gsv = value(
    decodeGsv('GP', fieldsOf('$GPGSV,2,2,08,24,37,225,27,25,23,304,39,32,03,311,,46,33,155,39*70')),
  );
  assert.is(gsv.part, 2);
  assert.equal(
    gsv.satellites.map((s) => s.system),
    ['gps', 'gps', 'gps', 'sbas'],
  );
  assert.is(gsv.satellites[2]?.snrDb, undefined);
  assert.equal(value(decodeGsv('GP', encodeGsv(gsv, 8))), gsv);
  const signal = value(decodeGsv('GA', ['1', '1', '01', '05', '40', '100', '33', '7']));
  assert.is(signal.signal, '7');
  assert.is(signal.satellites[0]?.system, 'galileo');
  assert.is(reason(decodeGsv('GP', ['2', '3', '00'])), 'bad-field');
});

test('TXT: commas belong to the text', () => {
  const txt = value(decodeTxt(fieldsOf('$GPTXT,01,01,02,HW UBX-M8030 00080000, etc*00')));
  assert.is(txt.text, 'HW UBX-M8030 00080000, etc');
  assert.equal(value(decodeTxt(encodeTxt(txt))), txt);
});

test('no decoder throws on any fields', () => {
  const fields = fc.array(fc.string({ maxLength: 12 }), { maxLength: 25 });
  fc.assert(
    fc.property(fields, fc.constantFrom('GP', 'GN', 'GL'), (list, talker) => {
      decodeRmc(list);
      decodeZda(list);
      decodeGga(list);
      decodeGll(list);
      decodeGsa(talker, list);
      decodeGsv(talker, list);
      decodeTxt(list);
    }),
    { numRuns: 500 },
  );
});

test.run();
