import { loadState, STATE_FILE, saveState } from '../../src/daemon/saved-state.js';
import { MemoryStateStore } from '../../src/daemon/state-store.js';
import { silentLog } from '../../src/ports/log.js';
import { assert, test } from '../support/suite.js';

const LATEST = 3_000_000_000_000_000_000n;

test('what was saved is loaded', () => {
  const store = new MemoryStateStore();
  const state = {
    lastRightNs: 1_800_000_000_000_000_000n,
    refclocks: { '127.127.20.0': { version: 1, receiver: '', trustedAtNs: '1800000000000000000' } },
  };
  saveState(store, state, silentLog);
  assert.equal(loadState(store, silentLog, LATEST), state);
});

test('a time of the far future is no floor', () => {
  const store = new MemoryStateStore();
  const far = '99999999999999999999';
  store.write(
    STATE_FILE,
    JSON.stringify({
      lastRightNs: far,
      refclocks: { '127.127.20.0': { version: 1, receiver: 'x', trustedAtNs: far } },
    }),
  );
  const state = loadState(store, silentLog, LATEST);
  assert.is(state.lastRightNs, 0n);
  assert.equal(state.refclocks, { '127.127.20.0': { version: 1, receiver: 'x' } });
});

test('rubbish is nothing, and said', () => {
  for (const text of ['', 'x', '[]', '{"lastRightNs":5}', '{"refclocks":[1]}']) {
    const store = new MemoryStateStore();
    store.write(STATE_FILE, text);
    const state = loadState(store, silentLog, LATEST);
    assert.equal([state.lastRightNs, state.refclocks], [0n, {}]);
  }
});

test.run();
