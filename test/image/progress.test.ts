import { Progress } from '../../image/progress.js';
import { assert, test } from '../support/suite.js';

function shown(isTerminal: boolean): string {
  let text = '';
  const progress = new Progress((more) => (text += more), isTerminal, 4);
  progress.show(0, 'fetching', 0.5);
  progress.show(0, 'fetching', 1);
  progress.show(3, 'packing', 1);
  progress.end();
  return text;
}

test('a terminal gets one line that is drawn over, to its end', () => {
  const lines = shown(true).split('\r').slice(1);
  assert.is(lines.length, 4);
  assert.match(lines[0] ?? '', /^\[#{3}\.{21}\] 12 % fetching/);
  assert.match(lines[2] ?? '', /^\[#{24}\] 100 % packing/);
});

test('elsewhere each step is one line', () => {
  assert.is(shown(false), 'image: fetching\nimage: packing\n');
});

test.run();
