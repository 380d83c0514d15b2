import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BoardDefinition } from '../../boards/board.js';
import { HATS } from '../../boards/hats/list.js';
import { BOARDS } from '../../boards/list.js';
import { DS3231 } from '../../src/cli/doctor/system.js';
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
const onDebian = BOARDS.filter(
  (board): board is BoardDefinition & { readonly debian: NonNullable<BoardDefinition['debian']> } =>
    board.debian !== undefined,
);

if (has("boards against the device trees of Debian's kernel", 'trees')) {
  test.before(compile);

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
          if (hat.rtc !== undefined) {
            const bus = property(out, '/__symbols__', 'i2c1');
            const node = `${bus}/rtc@${hat.rtc.address.toString(16)}`;
            assert.match(property(out, node, 'compatible'), new RegExp(`,${hat.rtc.chip}$`));
            assert.is(property(out, node, 'reg'), String(hat.rtc.address));
          }
        });

      test(`a DS3231 is had from ${tree} by the overlays that doctor names`, () => {
        const out = patched(tree, DS3231.overlays);
        assertBus(out, board);
        const node = `${property(out, '/__symbols__', 'i2c1')}/rtc@68`;
        assert.is(property(out, node, 'compatible'), 'maxim,ds3231');
        assert.is(property(out, node, 'reg'), String(0x68));
      });
    }

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
