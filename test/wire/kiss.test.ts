import { setFlags, setRefid, setStratum } from '../../src/wire/header.js';
import {
  asciiRefid,
  KISS_CODES,
  type KissCode,
  kissCodeOf,
  kissOf,
  kissRefid,
  refidText,
} from '../../src/wire/kiss.js';
import { assert, test } from '../support/suite.js';

test('every code of the registry comes back from its reference ID', () => {
  for (const code of Object.keys(KISS_CODES) as KissCode[]) {
    assert.is(kissCodeOf(kissRefid(code)), code);
    assert.is(refidText(kissRefid(code)), code);
  }
  assert.is(kissRefid('RATE'), 0x52415445);
});

test('codes that nobody registered are none of ours', () => {
  for (const text of ['XFOO', 'rate', 'GPS', '']) assert.is(kissCodeOf(asciiRefid(text)), undefined);
});

test('only stratum 0 makes a kiss', () => {
  const view = new DataView(new ArrayBuffer(48));
  setFlags(view, 3, 4, 4);
  setRefid(view, kissRefid('DENY'));
  assert.is(kissOf(view), 'DENY');
  setStratum(view, 1);
  assert.is(kissOf(view), undefined);
});

test('a reference ID shows as text what is printable', () => {
  assert.is(refidText(asciiRefid('GPS')), 'GPS');
  assert.is(refidText(asciiRefid('PPS')), 'PPS');
  assert.is(refidText(0x41ff0a42), 'A??B');
  assert.is(refidText(0), '');
});

test.run();
