import { IDENTITY_QUERIES, ubxPoll } from '../../../drivers/gps/queries.js';
import { assert, test } from '../../support/suite.js';

test('the poll of MON-VER is the eight bytes that u-center sends', () => {
  assert.equal([...ubxPoll(0x0a04)], [0xb5, 0x62, 0x0a, 0x04, 0, 0, 0x0e, 0x34]);
});

test('the PMTK question carries its checksum', () => {
  const text = new TextDecoder().decode(IDENTITY_QUERIES[2]);
  const sum = [...text.slice(1, text.indexOf('*'))].reduce((x, c) => x ^ c.charCodeAt(0), 0);
  assert.is(text.slice(text.indexOf('*') + 1).trim(), sum.toString(16).toUpperCase());
});

test.run();
