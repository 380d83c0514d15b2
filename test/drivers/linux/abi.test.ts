import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AF,
  abiFor,
  CLOCK,
  cmsgDataOffset,
  cmsgLength,
  cmsgSpace,
  EFD,
  IP,
  IPV6,
  MSG,
  POLL,
  SO,
  SOCK,
  SOF_TIMESTAMPING,
  SOL,
  STRUCTS,
} from '../../../drivers/linux/abi.js';
import { layOut } from '../../../drivers/linux/layout.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, projectRoot, test } from '../../support/suite.js';

/** What three C compilers say (abi-golden.c): what all agree on, and what each says of the rest. */
const golden = JSON.parse(
  readFileSync(join(projectRoot, 'test/drivers/linux/abi-golden.json'), 'utf8'),
) as Record<'all' | 'x64' | 'arm64' | 'arm', Record<string, number>>;

const NUMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AF,
  CLOCK,
  EFD,
  IP,
  IPV6,
  MSG,
  POLL,
  SO,
  SOCK,
  SOF_TIMESTAMPING,
  SOL,
};

/** Our value for a name of the golden file. */
function ours(architecture: string, name: string): number | undefined {
  const abi = abiFor(architecture);
  const [group = '', field = ''] = name.split('.');
  if (group === 'ioctl') return new Map(Object.entries(abi.ioctl)).get(field);
  if (group === 'cmsg') {
    const length = Number(field.replace(/\D+/, ''));
    if (field.startsWith('data')) return cmsgDataOffset(abi);
    return field.startsWith('space') ? cmsgSpace(abi, length) : cmsgLength(abi, length);
  }
  const layout = (abi.struct as Record<string, { size: number; at: Record<string, number> }>)[group];
  if (layout !== undefined) return field === 'size' ? layout.size : layout.at[field];
  return NUMBERS[group]?.[field];
}

for (const architecture of ['x64', 'arm64', 'arm'] as const) {
  test(`structs and numbers are what the C compiler for ${architecture} says`, () => {
    const facts = { ...golden.all, ...golden[architecture] };
    assert.ok(Object.keys(facts).length > 170);
    for (const [name, value] of Object.entries(facts)) assert.is(ours(architecture, name), value, name);
  });
}

test('every struct of the table is checked against a compiler', () => {
  const checked = new Set(Object.keys({ ...golden.all, ...golden.x64 }).map((name) => name.split('.')[0]));
  for (const name of Object.keys(STRUCTS)) assert.ok(checked.has(name), name);
});

test('32-bit ARM uses the 64-bit-time symbols and the new SO_TIMESTAMPING', () => {
  const arm = abiFor('arm');
  assert.equal(
    Object.values(arm.symbols).map((names) => names[0]),
    ['__clock_gettime64', '__clock_adjtime64', '__recvmmsg64', '__ioctl_time64'],
  );
  assert.is(arm.soTimestamping, SO.timestampingNew);
  assert.is(abiFor('arm64').soTimestamping, SO.timestampingOld);
});

test('an architecture that is not in the table is refused with those that are', () => {
  assert.throws(
    () => abiFor('s390x'),
    (error: unknown) =>
      error instanceof NoonmarkError && /s390x/.test(error.message) && /arm64/.test(error.remedy),
  );
});

test('a struct that holds one declared later is a mistake in the table', () => {
  assert.throws(() => layOut({ a: { b: { struct: 'c' } }, c: { d: 'u8' } }, 'lp64'), /before it is declared/);
});

test.run();
