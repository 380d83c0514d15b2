import { encodeSentence } from '../../../drivers/gps/nmea/sentence.js';
import { BaudHunt } from '../../../drivers/serial/baud-hunt.js';
import { assert, test } from '../../support/suite.js';

const s = 1_000_000_000n;
const good = Buffer.from(
  `${encodeSentence({ talker: 'GP', type: 'TXT', fields: ['01', '01', '02', 'hello'] })}\r\n`,
);
const bad = Buffer.from([0xfe, 0x80, 0x1e, 0x9e, 0xe0, 0x06]);

test('two frames with right checksums settle the speed', () => {
  const hunt = new BaudHunt(0n, [9600, 115200]);
  assert.is(hunt.baud, 9600);
  hunt.bytes(good, s);
  assert.is(hunt.settled, false);
  hunt.bytes(good, 2n * s);
  assert.is(hunt.settled, true);
  assert.is(hunt.next(100n * s), undefined);
});

test('garbage or silence moves on after 2.5 s, round and round', () => {
  const hunt = new BaudHunt(0n, [9600, 115200, 4800]);
  hunt.bytes(bad, s);
  assert.is(hunt.next(2n * s), undefined);
  assert.is(hunt.next(3n * s), 115200);
  assert.is(hunt.next(4n * s), undefined);
  assert.is(hunt.next(6n * s), 4800);
  assert.is(hunt.next(9n * s), 9600);
});

test('frames of two speeds do not add up', () => {
  const hunt = new BaudHunt(0n, [9600, 115200]);
  hunt.bytes(good, s);
  hunt.next(3n * s);
  hunt.bytes(good, 4n * s);
  assert.is(hunt.settled, false);
});

test('a receiver that changes its speed is looked for again, one that falls silent is not', () => {
  const silent = new BaudHunt(0n, [9600, 115200]);
  silent.bytes(Buffer.concat([good, good]), s);
  assert.is(silent.next(1000n * s), undefined);
  const changed = new BaudHunt(0n, [9600, 115200]);
  changed.bytes(Buffer.concat([good, good]), s);
  changed.bytes(bad, 5n * s);
  assert.is(changed.next(9n * s), undefined);
  assert.is(changed.next(12n * s), 115200);
  assert.is(changed.settled, false);
});

test.run();
