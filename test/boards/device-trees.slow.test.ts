import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { BoardDefinition } from '../../boards/board.js';
import { CLOCKS, type ClockId } from '../../boards/clocks.js';
import { HATS } from '../../boards/hats/list.js';
import { BOARDS } from '../../boards/list.js';
import { MODULES_LEFT_OUT, modulesToLeaveOut } from '../../image/modules.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert, guestFolder, has, projectRoot, test } from '../support/suite.js';

const work = temporaryFolder();
const sources = join(projectRoot, 'boards', 'overlays');
const treePath = (name: string) => join(guestFolder ?? '', 'boards', name);

function compile(): void {
  for (const file of readdirSync(sources)) {
    const name = file.replace('.dts', '');
    const args = ['-@', '-I', 'dts', '-O', 'dtb', '-o', join(work, `${name}.dtbo`), join(sources, file)];
    execFileSync('dtc', args, { stdio: 'pipe' });
  }
}
/** The tree with those overlays; throws with what fdtoverlay says. */
function patched(tree: string, overlays: readonly string[]): string {
  const out = join(work, 'patched.dtb');
  const paths = overlays.map((name) => join(work, `${name}.dtbo`));
  const { status, stderr } = spawnSync('fdtoverlay', ['-i', treePath(tree), '-o', out, ...paths], {
    encoding: 'utf8',
  });
  assert.is(status, 0, `${tree} with ${overlays.join(', ')}: ${stderr}`);
  return out;
}
const property = (tree: string, node: string, name: string, ...options: readonly string[]) =>
  execFileSync('fdtget', [...options, tree, node, name], { encoding: 'utf8' }).trim();
/** The header's I2C is on, on its pins, and /dev/i2c-N by its alias: without one the kernel counts in the order of drivers. */
function assertBus(tree: string, board: BoardDefinition): void {
  const bus = property(tree, '/__symbols__', 'i2c1');
  assert.is(property(tree, '/aliases', `i2c${board.i2cBus}`), bus);
  assert.is(property(tree, bus, 'status'), 'okay');
  const pins = property(tree, '/__symbols__', 'i2c1_gpio2');
  assert.is(property(tree, bus, 'pinctrl-0'), property(tree, pins, 'phandle'));
  assert.is(property(tree, pins, 'brcm,pins'), '2 3');
}
const nodes = (tree: string, folder: string) =>
  execFileSync('fdtget', ['-l', tree, folder], { encoding: 'utf8' }).trim().split('\n');
/** Of brcm,pull: Linux, Documentation/devicetree/bindings/pinctrl/brcm,bcm2835-gpio.txt. */
const PULL = { none: '0', down: '1', up: '2' } as const;
/** A node where the kernel's driver looks for it, or none at its address: that is ours to read. */
function assertClock(tree: string, id: ClockId): void {
  const { address, hasKernelDriver } = CLOCKS[id];
  const bus = property(tree, '/__symbols__', 'i2c1');
  const node = `rtc@${address.toString(16)}`;
  const devices = nodes(tree, bus);
  assert.is(devices.includes(node), hasKernelDriver, devices.join(' '));
  if (!hasKernelDriver) return;
  assert.match(property(tree, `${bus}/${node}`, 'compatible'), new RegExp(`,${id}$`));
  assert.is(property(tree, `${bus}/${node}`, 'reg'), String(address));
}
const clocks = Object.keys(CLOCKS).map((id) => [id as ClockId, CLOCKS[id as ClockId]] as const);

/** Drivers of the kernel itself are in no list by their devices: what they are for is said here, that they are there, there. */
const MAY_BE_BUILT_IN = new Map([
  ['arm,pl011', 'amba_pl011'],
  ['maxim,ds3231', 'rtc_ds1307'],
  ['microcrystal,rv3028', 'rtc_rv3028'],
]);

/** Devices that drivers of the card are for, and their names: modules that it carries, and what its kernel has built in. */
function devicesOnCard(): ReadonlyMap<string, string> {
  const read = (name: string) => readFileSync(join(guestFolder ?? '', 'boards', name), 'latin1');
  const left = modulesToLeaveOut(read('modules.dep'), MODULES_LEFT_OUT).map((file) => basename(file));
  const absent = new Set(left.map((file) => file.replace(/\.ko.*$/, '').replaceAll('-', '_')));
  const modules = [...read('modules.alias').matchAll(/^alias of:N\*T\*C(\S+?)(?:C\*)? (\S+)$/gm)];
  const builtIn = new Set(
    [...read('modules.builtin.modinfo').matchAll(/(?:^|\0)(\w+)\.file=/g)].map(([, name]) => name),
  );
  return new Map([
    ...modules
      .filter(([, , module = '']) => !absent.has(module))
      .map(([, device = '', module = '']) => [device, module] as const),
    ...[...MAY_BE_BUILT_IN].filter(([, name]) => builtIn.has(name)),
  ]);
}

/** What each node is compatible with that an overlay makes, or switches on. */
function devicesOf(overlay: string, tree: string): readonly (readonly string[])[] {
  const text = readFileSync(join(sources, `${overlay}.dts`), 'utf8');
  // The first is the overlay's own, for the boards it fits.
  const made = [...text.matchAll(/\bcompatible = "(.*)";/g)].slice(1).map(([, name = '']) => [name]);
  const isOn = /target = <&(\w+)>;[^}]*status = "okay"/g;
  const on = [...text.matchAll(isOn)].map(([, label = '']) =>
    property(tree, property(tree, '/__symbols__', label), 'compatible').split(' '),
  );
  return [...made, ...on];
}
const onDebian = BOARDS.filter(
  (board): board is BoardDefinition & { readonly debian: NonNullable<BoardDefinition['debian']> } =>
    board.debian !== undefined,
);

if (has("boards against the device trees of Debian's kernel", 'trees')) {
  test.before(compile);
  const onCard = devicesOnCard();

  for (const board of onDebian)
    for (const tree of board.debian.trees) {
      test(`${tree} is ${board.id}: it calls itself so, and the header's pins are its GPIO chip's`, () => {
        const path = treePath(tree);
        const model = property(path, '/', 'model');
        assert.ok(
          board.models.some((beginning) => model.startsWith(beginning)),
          model,
        );
        assert.ok(board.compatible.includes(property(path, '/', 'compatible').split(' ')[0] ?? ''));
        // The chip's label is the driver's: pinctrl-bcm2711 where the tree names that chip first.
        const chip = property(path, '/soc/gpio@7e200000', 'compatible').split(' ')[0] ?? '';
        assert.is(board.gpioChipLabel, `pinctrl-${chip.replace('brcm,', '').replace('-gpio', '')}`);
        const lines = property(path, '/soc/gpio@7e200000', 'gpio-line-names', '-t', 's').split(' ');
        for (const gpio of [board.pps?.gpio ?? -1, ...HATS.map(({ pps }) => pps.gpio)])
          assert.match(lines[gpio] ?? '', /^GPIO/, `line ${gpio}`);
      });

      test(`${tree} has the processors and the thermometer of ${board.id}`, () => {
        const path = treePath(tree);
        assert.is(nodes(path, '/cpus').filter((name) => name.startsWith('cpu@')).length, board.cores);
        // The kernel counts zones in the order of the tree: with one there is no other that could be zone 0.
        const zones = nodes(path, '/thermal-zones');
        assert.equal(zones, ['cpu-thermal']);
        assert.is(board.thermalZone, '/sys/class/thermal/thermal_zone0/temp');
        const [sensor] = property(path, '/thermal-zones/cpu-thermal', 'thermal-sensors').split(' ');
        const thermometer = property(path, '/__symbols__', 'thermal');
        assert.is(property(path, thermometer, 'phandle'), sensor);
        assert.is(property(path, thermometer, 'status', '-d', 'okay'), 'okay');
      });

      for (const hat of HATS)
        test(`the overlays of ${hat.id} apply to ${tree}: pulse, UART and I2C are where they should be`, () => {
          const out = patched(tree, [...board.debian.overlays, ...hat.overlays]);
          const gpio = property(out, '/soc/gpio@7e200000', 'phandle');
          assert.is(property(out, '/pps', 'compatible'), 'pps-gpio');
          assert.is(property(out, '/pps', 'gpios'), `${gpio} ${hat.pps.gpio} 0`);
          assert.is(property(out, '/soc/gpio@7e200000/pps-pins', 'brcm,pins'), String(hat.pps.gpio));
          const pull = property(out, '/soc/gpio@7e200000/pps-pins', 'brcm,pull');
          assert.is(pull, PULL[board.pps?.pull ?? 'none']);
          const pinned = property(out, '/soc/gpio@7e200000/pps-pins', 'phandle');
          assert.is(property(out, '/pps', 'pinctrl-0'), pinned);
          const uart = property(out, '/aliases', 'gps0');
          assert.is(uart, property(out, '/__symbols__', 'uart0'));
          assert.is(property(out, uart, 'status'), 'okay');
          const pins = property(out, '/__symbols__', 'uart0_gpio14');
          assert.is(property(out, uart, 'pinctrl-0'), property(out, pins, 'phandle'));
          assert.is(property(out, pins, 'brcm,pins'), '14 15');
          assert.is(property(out, `${uart}/bluetooth`, 'status'), 'disabled');
          assert.is(property(out, property(out, '/__symbols__', 'uart1'), 'status'), 'disabled');
          assert.is(property(out, '/chosen', 'stdout-path', '-t', 's'), '');
          if (hat.ddcAddress !== undefined || hat.rtc !== undefined) assertBus(out, board);
          if (hat.ddcAddress !== undefined) {
            const taken = execFileSync('fdtget', ['-l', out, property(out, '/__symbols__', 'i2c1')]);
            assert.not.match(taken.toString(), new RegExp(`@${hat.ddcAddress.toString(16)}$`, 'm'));
          }
          if (hat.rtc !== undefined) assertClock(out, hat.rtc);
        });

      for (const [id, clock] of clocks)
        test(`${clock.name}: its overlays apply to ${tree}, and it is the kernel's or nobody's`, () => {
          const out = patched(tree, clock.overlays);
          assertBus(out, board);
          assertClock(out, id);
        });

      test(`whatever overlays make or switch on in ${tree} has a driver on the card`, () => {
        const names = [...HATS, ...Object.values(CLOCKS)].flatMap(({ overlays }) => overlays);
        for (const name of new Set([...board.debian.overlays, ...names])) {
          const needs = name.startsWith('rtc-') ? ['i2c-header', name] : [name];
          const out = patched(tree, needs);
          for (const compatible of devicesOf(name, out))
            assert.ok(
              compatible.some((entry) => onCard.has(entry)),
              `${name}: ${compatible.join(' ')}`,
            );
        }
      });
    }

  test("the header's I2C is there before noonmarkd: its driver is among those that are loaded before", () => {
    const loaded = readFileSync(join(projectRoot, 'systemd', 'noonmark-modules.service'), 'utf8');
    const words = /^ExecStart=.*modprobe (.*)$/m.exec(loaded)?.[1]?.split(' ') ?? [];
    for (const { debian } of onDebian)
      for (const tree of debian.trees) {
        const bus = property(treePath(tree), '/__symbols__', 'i2c1');
        const devices = property(treePath(tree), bus, 'compatible').split(' ');
        assert.ok(
          devices.some((device) => words.includes(onCard.get(device) ?? '')),
          devices.join(' '),
        );
      }
  });

  test("Debian's kernel has no driver for the clocks that are read by ours, and has one for the others", () => {
    for (const { chip, hasKernelDriver } of [
      { chip: 'maxim,ds3231', hasKernelDriver: CLOCKS.ds3231.hasKernelDriver },
      { chip: 'microcrystal,rv3028', hasKernelDriver: CLOCKS.rv3028.hasKernelDriver },
    ])
      assert.is(onCard.has(chip), hasKernelDriver, chip);
  });

  test("a Raspberry Pi 5 gets no card because Debian's tree has neither its header nor its UARTs", () => {
    const path = treePath('bcm2712-rpi-5-b.dtb');
    assert.ok(
      BOARDS.some(
        ({ models, noImage }) => models.includes(property(path, '/', 'model')) && noImage !== undefined,
      ),
    );
    const symbols = execFileSync('fdtget', ['-p', path, '/__symbols__'], { encoding: 'utf8' }).split('\n');
    for (const name of ['gpio', 'uart0', 'i2c1', 'rp1']) assert.not.ok(symbols.includes(name), name);
    const args = ['-i', path, '-o', join(work, 'five.dtb'), join(work, 'gps-uart.dtbo')];
    assert.is.not(spawnSync('fdtoverlay', args).status, 0);
  });
}

test.run();
