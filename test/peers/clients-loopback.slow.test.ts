/**
 * How well noonmarkd is served: chronyd on the same host, over loopback, IPv4 and IPv6. The simulated board's truth is
 * this machine's clock, so that what chronyd measures is noonmarkd's error and that of its stamps, and nothing else.
 */
import { until } from '../support/peers.js';
import { Chronyd } from '../support/peers-chrony.js';
import { Noonmarkd, SIMULATED } from '../support/peers-noonmark.js';
import { Scene } from '../support/peers-scene.js';
import { assert, has, record, test } from '../support/suite.js';

/** Issue 2, "Shown by" 2. */
const LIMIT_SECONDS = 50e-6;
const SAMPLES = 24;

const ADDRESSES = { IPv4: '127.0.0.1', IPv6: '::1' } as const;

let scene: Scene | undefined;
let noonmarkd: Noonmarkd | undefined;
const clients = new Map<string, Chronyd>();

/** The value below which `share` of the magnitudes are. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.map(Math.abs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

if (has('chronyd over loopback', 'root', 'peers')) {
  test.before(async () => {
    scene = new Scene();
    const { lab, files } = scene;
    const host = lab.host('server');
    noonmarkd = new Noonmarkd(host, files, SIMULATED);
    await noonmarkd.locked(60, 1e-6);
    for (const [name, address] of Object.entries(ADDRESSES))
      clients.set(name, new Chronyd({ host, files, upstreams: [{ address }], poll: -1 }));
  });
  test.after(async () => scene?.close());

  for (const name of Object.keys(ADDRESSES)) {
    test(`chronyd over ${name} loopback selects noonmarkd and is less than 50 us from it`, async () => {
      const client = clients.get(name);
      assert.ok(client);
      if (client === undefined || noonmarkd === undefined) return;
      const offsetSeconds = await until(
        { what: `chronyd measures over ${name}`, seconds: 60, programs: [client.program, noonmarkd.program] },
        async (seen) => {
          const reading = await client.read();
          seen.is = reading.text;
          return reading.selected && client.residuals().length >= SAMPLES ? reading.offsetSeconds : undefined;
        },
      );
      const residuals = client.residuals();
      record(`peers/chronyd loopback ${name}`, {
        samples: residuals.length,
        offset_us: offsetSeconds * 1e6,
        scatter_median_us: quantile(residuals, 0.5) * 1e6,
        scatter_p90_us: quantile(residuals, 0.9) * 1e6,
        scatter_worst_us: quantile(residuals, 1) * 1e6,
      });
      assert.ok(Math.abs(offsetSeconds) < LIMIT_SECONDS, `offset ${offsetSeconds} s`);
      assert.ok(quantile(residuals, 0.5) < LIMIT_SECONDS, `residuals ${residuals.join(' ')} s`);
    });
  }

  test("nobody touched this machine's clock", () => {
    assert.is(scene?.clock.changes(), undefined);
  });

  test.run();
}
