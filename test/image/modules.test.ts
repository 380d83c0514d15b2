import { driversOnTheWay, moduleClosure, modulesToLeaveOut } from '../../image/modules.js';
import { assert, test } from '../support/suite.js';

const dependencies = `kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/mbcache.ko.xz
kernel/fs/mbcache.ko.xz:
kernel/lib/crc16.ko.xz:
kernel/sound/core/snd.ko.xz: kernel/sound/soundcore.ko.xz
kernel/sound/soundcore.ko.xz:
kernel/sound/usb/snd-usb-audio.ko.xz: kernel/sound/core/snd.ko.xz kernel/sound/soundcore.ko.xz
kernel/drivers/gpu/drm/vc4/vc4.ko.xz: kernel/sound/core/snd.ko.xz kernel/sound/soundcore.ko.xz
kernel/drivers/mmc/host/sdhci-iproc.ko:
`;

test('a module comes with all that it needs', () => {
  assert.equal(moduleClosure(dependencies, ['ext4', 'sdhci-iproc', 'unknown']), [
    'kernel/drivers/mmc/host/sdhci-iproc.ko',
    'kernel/fs/ext4/ext4.ko.xz',
    'kernel/fs/mbcache.ko.xz',
    'kernel/lib/crc16.ko.xz',
  ]);
});

test('of a folder that is left out, what a module elsewhere needs stays', () => {
  assert.equal(modulesToLeaveOut(dependencies, ['sound']), ['kernel/sound/usb/snd-usb-audio.ko.xz']);
  assert.equal(modulesToLeaveOut(dependencies, ['sound', 'drivers/gpu/drm/vc4']).length, 4);
});

test('a folder is not taken for another that begins like it', () => {
  assert.equal(modulesToLeaveOut(dependencies, ['drivers/mm', 'f']), []);
});

test("of a device tree's drivers those are told that a card reader may need", () => {
  const aliases = `# Aliases
alias of:N*T*Cbrcm,bcm2711-emmc2C* sdhci_iproc
alias of:N*T*Cbrcm,bcm2711-emmc2 sdhci_iproc
alias of:N*T*Cother,mmc sdhci_iproc
alias of:N*T*Cbrcm,bcm2835-vc4 vc4
alias pci:v0000 sdhci_iproc
`;
  const found = (...names: readonly string[]) => driversOnTheWay(aliases, dependencies, new Set(names));
  assert.equal(found('brcm,bcm2711-emmc2', 'brcm,bcm2835-vc4'), ['sdhci_iproc']);
  assert.equal(found('brcm,bcm2711', '*'), []);
  assert.equal(moduleClosure(dependencies, found('brcm,bcm2711-emmc2')), [
    'kernel/drivers/mmc/host/sdhci-iproc.ko',
  ]);
});

test.run();
