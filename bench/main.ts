/**
 * `npm run bench -- NAME [--json]`: runs one benchmark and prints it as a table, or as JSON for scripts
 * (then use `npm run --silent bench`, which keeps npm's own lines out of it).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, explain, NoonmarkError } from '../src/errors.js';

interface Outcome {
  readonly figures: unknown;
  readonly text: string;
}

interface Benchmark {
  readonly summary: string;
  run(only: readonly string[], seconds: number | undefined, isShort: boolean): Promise<Outcome>;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  discipline: {
    summary: 'every scenario, beside chronyd, ntpd and the bound (two minutes)',
    async run(only) {
      const { run, table } = await import('./discipline.js');
      const figures = run({ only, progress: (scenario) => say(`${scenario} …`) });
      return { figures, text: table(figures) };
    },
  },
  flood: {
    summary: 'reply latency while Autokey is flooded, over that in quiet (half an hour; --short: 2 minutes)',
    async run(_only, _seconds, isShort) {
      const { FULL, run, SHORT, table } = await import('./flood.js');
      const figures = await run({ ...(isShort ? SHORT : FULL), progress: say });
      return { figures, text: table(figures) };
    },
  },
  gq: {
    summary: 'one GQ answer, beside the way the reference computes it',
    async run() {
      const { run, table } = await import('./gq.js');
      const figures = await run();
      return { figures, text: table(figures) };
    },
  },
  responder: {
    summary: 'requests a second and round trips over loopback, beside chronyd -x (NOONMARK_TEST_PEERS)',
    async run(_only, seconds) {
      const { besideChronyd, run, table } = await import('./responder.js');
      const chronyd = chronydOfPeers();
      if (chronyd === undefined)
        say('without chronyd: scripts/peers.sh FOLDER, then NOONMARK_TEST_PEERS=FOLDER npm run bench');
      const figures = await run({ ...chronyd, ...(seconds === undefined ? {} : { seconds }) });
      const ratios = besideChronyd(figures);
      return { figures: { figures, ratios }, text: table(figures) };
    },
  },
};

/** The chronyd of test/peers, unpacked and not installed. */
function chronydOfPeers(): { readonly chronyd: string; readonly chronydLibraries: string } | undefined {
  const peers = process.env['NOONMARK_TEST_PEERS'];
  if (peers === undefined) return undefined;
  const chronyd = join(peers, 'chrony', 'usr', 'sbin', 'chronyd');
  if (!existsSync(chronyd)) return undefined;
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu', arm: 'arm-linux-gnueabihf' };
  const folder = Object.entries(triplet).find(([arch]) => arch === process.arch)?.[1] ?? '';
  return { chronyd, chronydLibraries: join(peers, 'chrony', 'usr', 'lib', folder) };
}

const usage = () =>
  `usage: npm run bench -- NAME [PART …] [--seconds S] [--short] [--json]\n\n${Object.entries(BENCHMARKS)
    .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}\n`)
    .join('')}\nexample: npm run --silent bench -- discipline W9 --json\n`;

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      seconds: { type: 'string' },
      short: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage());
    return EXIT.ok;
  }
  const [name, ...only] = positionals;
  const benchmark = name === undefined ? undefined : BENCHMARKS[name];
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
  if (benchmark === undefined || (seconds !== undefined && !(seconds > 0)))
    throw new NoonmarkError(
      'ERR_USAGE',
      name === undefined
        ? 'no benchmark is named'
        : benchmark === undefined
          ? `there is no benchmark '${name}'`
          : `--seconds ${values.seconds} is no time`,
      `npm run bench -- ${Object.keys(BENCHMARKS).join(' | ')}`,
    );
  const { figures, text } = await benchmark.run(only, seconds, values.short === true);
  process.stdout.write(`${values.json === true ? JSON.stringify(figures, null, 1) : text}\n`);
  return EXIT.ok;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(`bench: ${explain(error)}`);
  process.exitCode = error instanceof NoonmarkError ? EXIT.usage : EXIT.failure;
}
