import {
  CARD_MANIFEST,
  type CardHost,
  INSTALLED_PACKAGE,
  UPDATE_MARK,
  updateCard,
} from '../../src/cli/update/card.js';
import { resultText } from '../../src/cli/update.js';
import { NoonmarkError } from '../../src/errors.js';
import { assert, test } from '../support/suite.js';

interface Faults {
  readonly isCard?: boolean;
  readonly isRoot?: boolean;
  readonly fields?: string;
  /** exit code by the beginning of a command line, once it was run so many times */
  readonly fails?: Readonly<
    Record<string, { readonly after?: number; readonly until?: number; readonly says?: string }>
  >;
  /** restarts that systemd counts, one reading after the other */
  readonly restarts?: readonly string[];
}

/** A card that does what is asked and writes it down. */
function cardWith(faults: Faults = {}) {
  const done: string[] = [];
  const counts = new Map<string, number>();
  const restarts = [...(faults.restarts ?? [])];
  const host: CardHost = {
    exists: (path) => path === CARD_MANIFEST && faults.isCard !== false,
    isRoot: () => faults.isRoot !== false,
    run(...words) {
      const line = words.join(' ');
      done.push(line);
      for (const [beginning, { after = 0, until = Number.POSITIVE_INFINITY, says = '' }] of Object.entries(
        faults.fails ?? {},
      )) {
        if (!line.startsWith(beginning)) continue;
        const count = (counts.get(beginning) ?? 0) + 1;
        counts.set(beginning, count);
        if (count > after && count <= until) return { exitCode: 1, output: `${says}\n` };
      }
      if (line.startsWith('dpkg-deb -f')) {
        const version = line.includes(INSTALLED_PACKAGE) ? '1.0' : '2.0';
        const fields = `Package: noonmark\nVersion: ${version}\nArchitecture: arm64\n`;
        return { exitCode: 0, output: line.includes(INSTALLED_PACKAGE) ? fields : (faults.fields ?? fields) };
      }
      if (line === 'dpkg --print-architecture') return { exitCode: 0, output: 'arm64\n' };
      if (line.startsWith('systemctl show')) return { exitCode: 0, output: `${restarts.shift() ?? '0'}\n` };
      return { exitCode: 0, output: '' };
    },
    copy: (from, to) => void done.push(`copy ${from} ${to}`),
    pause: async (ms) => void done.push(`pause ${ms}`),
  };
  return { host, done };
}

const update = (faults: Faults = {}) => {
  const { host, done } = cardWith(faults);
  return updateCard(host, 'new.deb', () => undefined).then((result) => ({ result, done }));
};
const refusal = async (faults: Faults): Promise<{ error: NoonmarkError; done: readonly string[] }> => {
  const { host, done } = cardWith(faults);
  try {
    await updateCard(host, 'new.deb', () => undefined);
  } catch (error) {
    if (error instanceof NoonmarkError) return { error, done };
    throw error;
  }
  throw new Error('it is taken');
};
const changes = (done: readonly string[]) =>
  done.filter((line) => /^(mount|dpkg --force|copy|systemctl restart)/.test(line));
const install = (file: string) => `dpkg --force-confold --force-downgrade -i ${file}`;

test('a package that serves is installed and kept for the next update; the root is closed at the end', async () => {
  const { result, done } = await update();
  assert.equal(result, { from: '1.0', to: '2.0', fault: undefined, isRestored: false, isReadOnly: true });
  assert.equal(done.slice(done.indexOf('mount -o remount,rw /')), [
    'mount -o remount,rw /',
    `touch ${UPDATE_MARK}`,
    `sync -f ${UPDATE_MARK}`,
    install('new.deb'),
    'noonmark check /etc/noonmark/ntp.conf',
    'systemctl restart noonmarkd',
    'systemctl show -p NRestarts --value noonmarkd',
    'pause 10000',
    'systemctl is-active noonmarkd',
    'systemctl show -p NRestarts --value noonmarkd',
    `copy new.deb ${INSTALLED_PACKAGE}`,
    'sync',
    `rm -f ${UPDATE_MARK}`,
    'sync',
    'mount -o remount,ro /',
  ]);
  assert.is(resultText(result), 'noonmark 2.0 serves\n');
});

const bad: readonly (readonly [what: string, faults: Faults, fault: RegExp])[] = [
  [
    'cannot be installed',
    { fails: { 'dpkg --force': { until: 1, says: 'no space' } } },
    /installed \(no space\)/,
  ],
  [
    'refuses the configuration',
    { fails: { 'noonmark check': { after: 1, until: 2, says: '1 error' } } },
    /1 error/,
  ],
  ['does not start', { fails: { 'systemctl restart': { until: 1, says: 'Job failed' } } }, /Job failed/],
  ['ends soon', { fails: { 'systemctl is-active': { until: 1 } } }, /does not keep running/],
  ['is started again and again', { restarts: ['0', '3'] }, /does not keep running/],
];
for (const [what, faults, fault] of bad)
  test(`a package that ${what} makes room for the one before`, async () => {
    const { result, done } = await update(faults);
    assert.match(result.fault ?? '', fault);
    assert.is(result.isRestored, true);
    assert.is(result.isReadOnly, true);
    assert.ok(done.includes(install(INSTALLED_PACKAGE)));
    assert.not.ok(done.some((line) => line.startsWith('copy')));
    assert.is(done.at(-1), 'mount -o remount,ro /');
    assert.match(resultText(result), /^noonmark 2\.0 is not taken: .*; 1\.0 serves again\n$/);
  });

test('an old one that does not come up either is told', async () => {
  const { result, done } = await update({ fails: { 'systemctl restart': { says: 'Job failed' } } });
  assert.is(result.isRestored, false);
  assert.not.ok(done.includes(`rm -f ${UPDATE_MARK}`), 'the next start tries again');
  assert.match(resultText(result), /1\.0 does not come up either/);
});

test('a copy that fails closes the root all the same, and leaves the mark for the next start', async () => {
  const { host, done } = cardWith();
  const full = {
    ...host,
    copy: () => {
      throw new Error('ENOSPC');
    },
  };
  const error = await updateCard(full, 'new.deb', () => undefined).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.match(String(error), /ENOSPC/);
  assert.is(done.at(-1), 'mount -o remount,ro /');
  assert.not.ok(done.includes(`rm -f ${UPDATE_MARK}`));
});

test('a root that stays open is told', async () => {
  const { result } = await update({ fails: { 'mount -o remount,ro': { says: 'busy' } } });
  assert.match(resultText(result), /read-only again only after a restart/);
});

test('what cannot be right is refused before anything is changed', async () => {
  const cases: readonly (readonly [faults: Faults, code: string, message: RegExp, remedy: RegExp])[] = [
    [{ isCard: false }, 'ERR_UNSUPPORTED', /not started from a card/, /^sudo apt install \.\/new\.deb$/],
    [{ isRoot: false }, 'ERR_PERMISSION', /root/, /sudo noonmark update new\.deb/],
    [
      { fails: { 'dpkg-deb': { says: 'not a Debian archive' } } },
      'ERR_FILE',
      /not a Debian archive/,
      /package:deb/,
    ],
    [
      { fields: 'Package: bash\nVersion: 5\nArchitecture: arm64\n' },
      'ERR_FILE',
      /is bash, not noonmark/,
      /package:deb/,
    ],
    [
      { fields: 'Package: noonmark\nVersion: 5\nArchitecture: armhf\n' },
      'ERR_FILE',
      /for armhf.* is arm64/,
      /deb/,
    ],
    [{ fails: { 'noonmark check': {} } }, 'ERR_CONFIG', /wrong already/, /noonmark check/],
    [
      { fails: { 'mount -o remount,rw': { says: 'write-protected' } } },
      'ERR_FILE',
      /write-protected/,
      /worn/,
    ],
    [{ fails: { touch: { says: 'no space left' } } }, 'ERR_FILE', /no space left/, /full/],
    [{ fails: { 'sync -f': { until: 1, says: 'I/O error' } } }, 'ERR_FILE', /I\/O error/, /worn/],
  ];
  for (const [faults, code, message, remedy] of cases) {
    const { error, done } = await refusal(faults);
    assert.is(error.code, code);
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    const remounts = done.filter((line) => line.startsWith('mount'));
    assert.equal(
      changes(done).filter((line) => !line.startsWith('mount')),
      [],
    );
    // A root that was opened is closed.
    if (remounts.length > 1) assert.is(remounts.at(-1), 'mount -o remount,ro /');
    else assert.not.ok(done.includes(`touch ${UPDATE_MARK}`));
  }
});

test.run();
