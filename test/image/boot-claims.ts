/**
 * What the first partition of a card must have for its boards to start from it, and to find their receiver: files by name,
 * device trees with the overlays in them, and an initrd with the drivers of the card reader.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BoardDefinition } from '../../boards/board.js';
import type { HatDefinition } from '../../boards/hats/hat.js';
import type { CardParts } from '../../image/build.js';
import { assert, test } from '../support/suite.js';
import { BootFiles, cpioFiles } from './partition-files.js';

/** Which of the firmware's files a chip wants: the 4's reads none from the card before start4.elf. */
const FIRMWARE: Readonly<Record<string, readonly string[]>> = {
  bcm2837: ['bootcode.bin', 'start.elf', 'fixup.dat'],
  bcm2711: ['start4.elf', 'fixup4.dat'],
};
/** Beside the device trees. */
const OURS = ['LICENCE.broadcom', 'cmdline.txt', 'config.txt', 'initrd.img', 'kernel8.img', 'noonmark.conf'];
/** Labels of the places that a card may be in. */
const READERS = ['sdhost', 'sdhci', 'emmc2'];
const DS3231_ADDRESS = '68';

/** The card has `hat`, without a clock on battery of its own, and a DS3231. `folder`: to work in. */
export function bootClaims(
  parts: CardParts,
  { boards, hat, folder }: { boards: readonly BoardDefinition[]; hat: HatDefinition; folder: string },
): void {
  const boot = new BootFiles(parts.boot);
  const trees = boards.flatMap((board) => (board.debian?.trees ?? []).map((name) => ({ board, name })));
  const property = (tree: string, node: string, name: string, ...options: readonly string[]) =>
    execFileSync('fdtget', [...options, tree, node, name], { encoding: 'utf8' }).trim();

  test('the first partition has the firmware of its boards with the licence of it, all that we add, and nothing else', () => {
    const chips = trees.map(({ name }) => name.slice(0, 'bcm2837'.length));
    assert.ok(Object.keys(FIRMWARE).every((chip) => chips.includes(chip)));
    const names = [...Object.values(FIRMWARE).flat(), ...OURS, ...trees.map(({ name }) => name)];
    assert.equal([...boot.names()].sort(), names.sort());
    const licence = boot.text('LICENCE.broadcom');
    assert.match(licence, /^Copyright: 2006, Broadcom Corporation$/m);
    assert.match(licence, /Redistributions must reproduce the above copyright notice/);
    for (const [, name = ''] of boot.text('config.txt').matchAll(/^(?:kernel=|initramfs )(\S+)/gm))
      assert.ok(boot.names().includes(name), name);
  });

  for (const { board, name } of trees)
    test(`${name} on the card is ${board.id}, with the receiver's UART, its pulse and a DS3231`, () => {
      const tree = boot.copy(name, join(folder, name));
      assert.ok(board.compatible.includes(property(tree, '/', 'compatible').split(' ')[0] ?? ''));
      const label = (of: string) => property(tree, '/__symbols__', of);
      assert.is(property(tree, '/aliases', 'gps0'), label('uart0'));
      assert.is(property(tree, label('uart0'), 'status'), 'okay');
      assert.is(property(tree, '/pps', 'compatible'), 'pps-gpio');
      assert.is(
        property(tree, '/pps', 'gpios'),
        `${property(tree, label('gpio'), 'phandle')} ${hat.pps.gpio} 0`,
      );
      const bus = label('i2c1');
      assert.is(property(tree, bus, 'status'), 'okay');
      assert.is(property(tree, `${bus}/rtc@${DS3231_ADDRESS}`, 'compatible'), 'maxim,ds3231');
    });

  test("the initrd has ext4, and the drivers of each board's card reader and of what feeds it", () => {
    const files = cpioFiles(readFileSync(boot.copy('initrd.img', join(folder, 'initrd.img'))));
    const names = [...files.keys()];
    const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
    assert.ok(has(/^init$/) && has(/^bin\/busybox$/) && has(/\/ext4\.ko$/) && has(/\/jbd2\.ko$/));
    const aliases = [...files].find(([name]) => name.endsWith('/modules.alias'))?.[1].toString() ?? '';
    const driverOf = (compatible: string) =>
      new RegExp(`^alias of:N\\*T\\*C${compatible} (\\S+)$`, 'm').exec(aliases)?.[1] ?? 'none';
    for (const { name } of trees) {
      const tree = join(folder, name);
      const labels = execFileSync('fdtget', ['-p', tree, '/__symbols__'], { encoding: 'utf8' }).split('\n');
      const readers = READERS.filter((label) => labels.includes(label))
        .map((label) => property(tree, '/__symbols__', label))
        .filter((node) => property(tree, node, 'status', '-d', 'okay') === 'okay');
      assert.ok(readers.length > 0, name);
      const wanted = readers.map((node) => property(tree, node, 'compatible'));
      const fed = readers.some((node) => property(tree, node, 'vqmmc-supply', '-d', '') !== '');
      for (const compatible of [...wanted, ...(fed ? ['regulator-gpio', 'regulator-fixed'] : [])]) {
        const driver = driverOf(compatible);
        assert.ok(has(new RegExp(`/${driver.replaceAll('_', '[-_]')}\\.ko$`)), `${name}: ${compatible}`);
      }
    }
  });
}
