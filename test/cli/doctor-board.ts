/** The machine that the doctor's tests look at: a board in a folder, to be broken in one thing each. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadOptional } from '../../drivers/optional-module.js';
import { configText, manifestText } from '../../image/texts.js';
import { examine } from '../../src/cli/doctor/examine.js';
import type { Finding, FindingId } from '../../src/cli/doctor/finding.js';
import { folderMachine, type MachineParts } from '../../src/cli/doctor/machine.js';
import { CARD_MANIFEST } from '../../src/cli/update/card.js';
import { type Snapshot, takeSnapshot } from '../../src/status/snapshot.js';
import { fakeView } from '../control/fixture.js';
import { temporaryFolder } from '../support/daemon-process.js';
import { assert } from '../support/suite.js';

const DAY_NS = 86_400_000_000_000n;
const BUILT_NS = 1_790_000_000_000_000_000n;
export const TREE = 'sys/firmware/devicetree/base';
export const CONFIG = 'etc/noonmark/ntp.conf';
const PPS = 'sys/class/pps/pps0/assert';
/** what the boards were found to have, all of them together */
export const seen = new Set<FindingId>();

export const healthy: Snapshot = {
  ...takeSnapshot(fakeView(1)),
  synchronised: true,
  summary: 'stratum 1, PPS locked',
};
const clock = healthy.sources.find((source) => source.clock !== null)?.clock ?? null;
export const withFix = (fix: string): Snapshot => ({
  ...healthy,
  sources: healthy.sources
    .slice(0, 1)
    .map((source) => ({ ...source, clock: clock === null ? null : { ...clock, fix } })),
});

/** A Raspberry Pi 4 with Raspberry Pi OS and everything in order. */
export class Board {
  readonly root = temporaryFolder();
  parts: Partial<MachineParts> = {};
  /** what happens while the pulse is watched */
  meanwhile = () => {
    this.pulses += 1;
    return this.write(PPS, `179000000${this.pulses}.000000100#${this.pulses}\n`);
  };
  private pulses = 1;

  constructor() {
    this.write(`${TREE}/model`, 'Raspberry Pi 4 Model B Rev 1.4\0');
    this.write('proc/sys/kernel/osrelease', '6.12.1-rpi\n');
    this.write('proc/cmdline', 'console=tty1 root=/dev/mmcblk0p2\n');
    this.write(
      'boot/firmware/config.txt',
      'enable_uart=1\ndtoverlay=pps-gpio,gpiopin=18\ndtoverlay=disable-bt\ndtparam=eee=off\n',
    );
    this.write('etc/rpi-issue', 'Raspberry Pi reference 2025-11-24\n');
    this.write('etc/passwd', 'root:x:0:0::/root:/bin/sh\nnoonmark:x:990:990::/:/usr/sbin/nologin\n');
    this.write('etc/group', 'root:x:0:\ndialout:x:20:noonmark\nnoonmark:x:990:\n');
    this.config('clock system', 'refclock gps device /dev/serial0', 'refclock pps device /dev/pps0');
    this.write('dev/ttyAMA0', '', 0o666);
    this.link('dev/serial0', 'ttyAMA0');
    this.write('dev/pps0', '', 0o666);
    this.write(PPS, '1790000001.000000100#42\n');
    this.write('sys/class/pps/pps0/name', 'pps@12.-1\n');
    this.write('sys/class/net/eth0/carrier', '1\n');
    this.write(
      'proc/net/route',
      'Iface\tDestination\tGateway\teth0\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n',
    );
  }
  write(path: string, text: string, mode = 0o644): this {
    const at = join(this.root, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
    chmodSync(at, mode);
    return this;
  }
  link(path: string, to: string): this {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    symlinkSync(to, join(this.root, path));
    return this;
  }
  remove(...paths: readonly string[]): this {
    for (const path of paths) rmSync(join(this.root, path), { recursive: true });
    return this;
  }
  config(...lines: readonly string[]): this {
    return this.write(CONFIG, `${lines.join('\n')}\n`);
  }
  /** The same board started from a card of `npm run image`, as image/ makes it. */
  asCard(hat?: string, boards = ['raspberry-pi-4b'], rtc?: string): this {
    this.remove('boot', 'etc/rpi-issue');
    this.write('boot/firmware/config.txt', configText).write(CARD_MANIFEST.slice(1), '');
    this.write(`${TREE}/aliases/gps0`, '/soc/serial@7e201000\0');
    const on = { boards: boards.map((id) => ({ id })), hat: { id: hat ?? '' }, hostname: 'noonmark' };
    return hat === undefined
      ? this
      : this.write(CARD_MANIFEST.slice(1), manifestText({ ...on, rtc }, ['hat 1.2']));
  }
  /** The same board with Debian's own kernel, and the config.txt of Debian's raspi-firmware. */
  asDebian(): this {
    this.remove('boot', 'etc/rpi-issue');
    return this.write(
      'boot/firmware/config.txt',
      'arm_64bit=1\nkernel=vmlinuz-6.12.1-arm64\nupstream_kernel=1\n',
    );
  }
  with(parts: Partial<MachineParts>): this {
    this.parts = parts;
    return this;
  }
  async findings(configFile = `/${CONFIG}`): Promise<readonly Finding[]> {
    const machine = folderMachine({
      root: this.root,
      nowNs: BUILT_NS + DAY_NS,
      builtAtNs: BUILT_NS,
      checkout: undefined,
      self: { name: 'pi', uid: 1000, groups: [1000] },
      architecture: 'arm64',
      nodeVersion: '20.19.2',
      nodeFile: '/usr/bin/node',
      wait: async () => {
        this.meanwhile();
      },
      status: async () => healthy,
      load: () => undefined,
      probe: () => 'there',
      ...this.parts,
    });
    const found = await examine(machine, configFile);
    for (const { id } of found) seen.add(id);
    return found;
  }
  /** The finding of that name, with a remedy unless it is well. */
  async expect(id: FindingId, level: Finding['level'], text: RegExp, remedy: RegExp): Promise<void> {
    const found = await this.findings();
    const finding = found.find((one) => one.id === id);
    assert.ok(finding, `${id} is not among: ${JSON.stringify(found, undefined, 1)}`);
    assert.is(finding.level, level);
    assert.match(finding.text, text);
    assert.match(finding.remedy, remedy);
    if (level === 'problem') assert.ok(finding.remedy.length > 0);
  }
}

/** As in a checkout where nothing was compiled. */
export const withoutModules: Partial<MachineParts> = {
  load: (wanted) =>
    loadOptional(wanted, () => {
      throw new Error(`Cannot find module '${wanted.name}'`);
    }),
};

export const withoutPulse = () => new Board().remove('dev/pps0', 'sys/class/pps/pps0');
