import { assert, test } from '../support/suite.js';
import { clockComplaint, readClockSettings } from './clock-guard.js';

const settings = { scaledFrequency: 5, tickUs: 10_000, taiOffsetSeconds: 37, originNs: 1_000_000_000_000n };

test('an untouched clock is no complaint', () => {
  assert.is(clockComplaint(settings, { ...settings, originNs: settings.originNs + 5000n }, []), undefined);
});

test('frequency, tick, TAI and a step are each noticed', () => {
  assert.match(clockComplaint(settings, { ...settings, scaledFrequency: 6 }, []) ?? '', /frequency/);
  assert.match(clockComplaint(settings, { ...settings, tickUs: 9999 }, []) ?? '', /tick/);
  assert.match(clockComplaint(settings, { ...settings, taiOffsetSeconds: 0 }, []) ?? '', /TAI/);
  assert.match(clockComplaint(settings, { ...settings, originNs: 0n }, []) ?? '', /-1000 s/);
});

test('where timesyncd runs it may be his doing', () => {
  assert.is(clockComplaint(settings, { ...settings, tickUs: 9999 }, ['systemd-timesyncd']), undefined);
});

test("this machine's clock can be read", () => {
  assert.ok(readClockSettings().tickUs > 8000);
});

test.run();
