/** Which of the kernel's modules a card carries, from depmod's list of who needs whom. Pure. */
import { basename } from 'node:path';

/** Drivers of other machines, folders below kernel/. What a driver elsewhere needs of them stays. */
export const MODULES_LEFT_OUT = [
  ...['sound', 'drivers/media', 'drivers/infiniband', 'drivers/iio', 'drivers/scsi', 'drivers/ata'],
  ...['drivers/gpu/drm/amd', 'drivers/gpu/drm/nouveau', 'drivers/gpu/drm/radeon', 'drivers/gpu/drm/msm'],
  ...['drivers/gpu/drm/xe', 'drivers/gpu/drm/i915', 'drivers/net/ethernet/mellanox', 'drivers/staging'],
];

/** modules.dep: each file, below the kernel's folder of modules, with those it needs, all the way down. */
function readDependencies(text: string): ReadonlyMap<string, readonly string[]> {
  const needs = new Map<string, readonly string[]>();
  for (const line of text.split('\n')) {
    const [file = '', rest = ''] = line.split(':');
    const words = rest.split(' ').filter((word) => word !== '');
    if (file !== '') needs.set(file, words);
  }
  return needs;
}

/** As the kernel says it: hyphens of the file are underscores. */
const nameOf = (file: string) =>
  basename(file)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_');

/** Files of these modules and of all that they need, sorted. `dependencies`: the text of modules.dep. */
export function moduleClosure(dependencies: string, names: readonly string[]): readonly string[] {
  const wantedNames = new Set(names.map((name) => name.replaceAll('-', '_')));
  const wanted = new Set<string>();
  for (const [file, more] of readDependencies(dependencies))
    if (wantedNames.has(nameOf(file))) for (const f of [file, ...more]) wanted.add(f);
  return [...wanted].sort();
}

/** Files in those folders that no module outside of them needs, sorted. */
export function modulesToLeaveOut(dependencies: string, folders: readonly string[]): readonly string[] {
  const needs = readDependencies(dependencies);
  const isIn = (file: string) => folders.some((folder) => file.startsWith(`kernel/${folder}/`));
  const needed = new Set([...needs].filter(([file]) => !isIn(file)).flatMap(([, more]) => more));
  return [...needs.keys()].filter((file) => isIn(file) && !needed.has(file)).sort();
}

/** Folders below kernel/drivers of what may stand between a card reader and its processor: clocks, pins, voltages, resets. */
const ON_THE_WAY = ['bus', 'clk', 'dma', 'firmware', 'gpio', 'mailbox', 'mfd', 'mmc', 'pinctrl', 'pmdomain'];
const ALSO_ON_THE_WAY = ['regulator', 'reset', 'soc', 'irqchip', 'iommu'];

/**
 * Names of the modules that devices of a tree ask for and that a card reader may need. `aliases`: the text of
 * modules.alias; `dependencies`: of modules.dep; `compatibles`: all strings of that name in the device tree.
 */
export function driversOnTheWay(
  aliases: string,
  dependencies: string,
  compatibles: ReadonlySet<string>,
): readonly string[] {
  const folders = [...ON_THE_WAY, ...ALSO_ON_THE_WAY].map((name) => `kernel/drivers/${name}/`);
  const files = [...readDependencies(dependencies).keys()];
  const near = new Set(files.filter((file) => folders.some((folder) => file.startsWith(folder))).map(nameOf));
  const asked = [...aliases.matchAll(/^alias of:N\*T\*C(\S+?)(?:C\*)? (\S+)$/gm)]
    .filter(([, compatible = '', name = '']) => compatibles.has(compatible) && near.has(name))
    .map(([, , name = '']) => name);
  return [...new Set(asked)].sort();
}
