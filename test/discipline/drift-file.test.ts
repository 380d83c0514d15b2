import { decodeDriftFile, encodeDriftFile } from '../../src/discipline/drift-file.js';
import { assert, test } from '../support/suite.js';

test('what was written is read back', () => {
  const state = {
    frequency: -12.345678e-6,
    frequencyUncertainty: 2e-9,
    wander: 1.25e-10,
    thermal: {
      referenceCelsius: 25,
      perDegree: -1.01e-7,
      perDegree2: -3.4e-8,
      fromCelsius: 19.75,
      toCelsius: 30.25,
    },
    savedAtUnixNs: 1_800_000_000_000_000_000n,
  };
  const read = decodeDriftFile(encodeDriftFile(state));
  assert.ok(read !== undefined);
  assert.ok(Math.abs(read.frequency - state.frequency) < 1e-12);
  assert.ok(Math.abs(read.frequencyUncertainty - state.frequencyUncertainty) < 1e-12);
  assert.ok(Math.abs(read.wander - state.wander) < 1e-13);
  assert.is(read.savedAtUnixNs, state.savedAtUnixNs);
  assert.ok(Math.abs((read.thermal?.perDegree ?? 0) - state.thermal.perDegree) < 1e-12);
  assert.ok(Math.abs((read.thermal?.perDegree2 ?? 0) - state.thermal.perDegree2) < 1e-12);
  assert.equal([read.thermal?.fromCelsius, read.thermal?.toCelsius], [19.75, 30.25]);
});

test("ntpd's own one-number file is read, with an uncertainty of 1 ppm", () => {
  const read = decodeDriftFile('-8.231\n');
  assert.ok(read !== undefined && Math.abs(read.frequency + 8.231e-6) < 1e-15);
  assert.is(read.frequencyUncertainty, 1e-6);
});

test('rubbish, emptiness and impossible frequencies are no drift', () => {
  for (const text of ['', '\n', 'abc', 'NaN', '501.0', '-1e9', '\0\0\0\0'])
    assert.is(decodeDriftFile(text), undefined);
});

test('a temperature line that cannot be is left out, and the frequency kept', () => {
  for (const line of [
    'temperature',
    'temperature 25 x 0 1 2',
    'temperature 25 900 0 1 2',
    'temperature 25 0.1 0.03 30 20',
  ]) {
    const read = decodeDriftFile(`-8.231 0.001 1e-4 0\n# comment\n${line}\n`);
    assert.is(read?.frequency, -8.231e-6);
    assert.is(read?.thermal, undefined);
  }
});

test.run();
