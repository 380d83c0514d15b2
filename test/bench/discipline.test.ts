import { run, table } from '../../bench/discipline.js';
import { assert, test } from '../support/suite.js';

test('bench discipline puts a scenario beside chronyd, ntpd and the bound, as JSON and as a table', () => {
  const told: string[] = [];
  const rows = run({ only: ['cold-start', 'W10/N200'], seeds: [1], progress: (name) => told.push(name) });
  assert.equal(told, ['W10/N200', 'cold-start']);
  const [steady, cold] = rows;
  assert.ok(steady !== undefined && cold !== undefined);
  if (steady === undefined || cold === undefined) return;
  assert.is(steady.scenario, 'W10/N200');
  assert.ok(steady.rmsNs > 30 && steady.rmsNs < 50 && steady.maxNs > steady.rmsNs && steady.freqRmsPpb > 0.5);
  assert.equal(
    [steady.boundNs, steady.chronydDefaultNs, steady.chronydBestNs, steady.ntpdBestNs],
    [36, 65, 45, 79],
  );
  assert.equal(steady.seeds, [1]);
  const until = cold.goals.find(({ figure }) => figure === 'to10usSeconds');
  assert.equal([until?.chronydDefault, until?.chronydBest], [50, 10]);
  assert.ok((until?.value ?? 99) <= (until?.atMost ?? 0));
  const text = table(rows);
  assert.match(text, /W10\/N200 +RMS error +\d+\.\d ns +39\.0 ns .*65\.0 ns +45\.0 ns +79\.0 ns +36\.0 ns/);
  assert.match(text, /until 10 µs +\d+ s +18 s +50 s +10 s/);
});

test.run();
