import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fillBoot } from '../../image/boot-partition.js';
import { NoonmarkError } from '../../src/errors.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, test } from '../support/suite.js';

const FIRMWARE = ['bootcode.bin', 'start.elf', 'fixup.dat', 'start4.elf', 'fixup4.dat'];
const PATHS = [
  ...FIRMWARE.map((name) => `usr/lib/raspi-firmware/${name}`),
  'usr/share/doc/raspi-firmware/copyright',
];

for (const missing of PATHS)
  test(`a firmware package without ${missing} stops the build, which names it`, () => {
    const firmware = temporaryFolder();
    for (const path of PATHS) {
      mkdirSync(dirname(join(firmware, path)), { recursive: true });
      writeFileSync(join(firmware, path), path);
    }
    rmSync(join(firmware, missing));
    const nothing = { boards: [], extras: [], kernel: '', overlays: '', initrd: '', configuration: '' };
    try {
      fillBoot({ ...nothing, firmware }, temporaryFolder());
      assert.unreachable();
    } catch (error) {
      assert.instance(error, NoonmarkError);
      assert.is((error as NoonmarkError).message, `the package raspi-firmware has no ${missing}`);
    }
  });

test.run();
