import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecording, restamp } from './recording.js';
import { assert, has, sharedFolder, test } from './suite.js';

test('a restamped sentence keeps its length and everything that is no time', () => {
  const line = '$GPRMC,102127.000,A,5129.0623,N,00632.2911,E,0.33,30.68,210211,,,A*51\r\n';
  const other = Buffer.from(restamp(Buffer.from(line), Date.UTC(2026, 10, 3, 4, 5, 6) / 1000)).toString();
  assert.is(other, '$GPRMC,040506.000,A,5129.0623,N,00632.2911,E,0.33,30.68,031126,,,A*57\r\n');
});

test('a sentence restamped with its own time is itself', () => {
  const second = Date.UTC(2022, 2, 9, 15, 1, 19) / 1000;
  for (const line of [
    '$GPZDA,150119.000,09,03,2022,,*53\r\n',
    '$GPGST,150119.000,004.0,008.7,004.7,132.3,006.8,007.2,00014*71\r\n',
    '$PMTK001,320,2*30\r\n',
  ])
    assert.is(Buffer.from(restamp(Buffer.from(line), second)).toString(), line);
});

if (has('recordings of real receivers', 'shared')) {
  const open = (name: string) => readRecording(readFileSync(join(sharedFolder, 'gps-captures', name)));

  test('a u-blox recording: each second begins with the announcement of the next pulse', () => {
    const recording = open('u-blox-m8t-time.log');
    assert.is(recording.first, Date.UTC(2021, 1, 23, 18, 4, 29) / 1000);
    assert.is(recording.seconds, 151);
    for (const { second, frames } of recording.bursts) {
      const [announcement] = frames;
      const view = new DataView(announcement?.buffer ?? new ArrayBuffer(16));
      assert.is((view.getUint32(6, true) / 1000 - second - 1) % 86_400, 0);
    }
  });

  test('an MTK recording: bursts are whole seconds, and go on beyond the end', () => {
    for (const name of ['quectel-L70.log', 'mtk-3329.log']) {
      const recording = open(name);
      for (let second = recording.first; second < recording.first + 100; second += 1) {
        const text = Buffer.from(recording.bytes(second)).toString('latin1');
        const time = new Date(second * 1000).toISOString().slice(11, 19).replaceAll(':', '');
        assert.is(text.match(/RMC,/g)?.length, 1);
        assert.ok(text.includes(`RMC,${time}.`), `${name} ${second}`);
      }
    }
  });
}

test.run();
