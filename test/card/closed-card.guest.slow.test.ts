/**
 * A card with a name of its own, a key for its clients and no SSH, in three starts. It begins with a noonmark.conf that has
 * a mistake; then that is mended, and the state partition does not mount; at last there is no state partition at all.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { newJoinKeys } from '../../image/inputs.js';
import { type CardMachine, cardConfigurationOf, copyCard, putConfiguration } from '../appliance/machine.js';
import { CARD_ADDRESS, configurationFor, Scene } from '../appliance/scene.js';
import { pause, Steps, soon } from '../appliance/steps.js';
import { buildTestCard } from '../support/card.js';
import { run } from '../support/peers.js';
import { assert, has, projectRoot, test } from '../support/suite.js';
import { dropStatePartition, spoilSuperblock } from './lost-state.js';

const NAME = 'sundial';
/** Of one thing on a slow machine, s. */
const SECONDS = 500;
/** Nobody who asks less often than that is limited. */
const EVERY_SECONDS = 3;
const REFUSED = 'noonmark.conf on the card is refused; the one before it goes on:';
/** Prints how a connection to the card's port 22 ends. */
const KNOCK = [
  `const s = require('net').connect(22, '${CARD_ADDRESS}', () => { console.log('open'); s.destroy(); });`,
  "s.on('error', (error) => console.log(error.code));",
].join(' ');
/** What is this card's own, and must stay. */
const OWN_FILES = 'cd /etc/noonmark && sha256sum keys/* authentication.conf /etc/machine-id';

if (has('a card without SSH', 'root', 'card')) {
  const scene = new Scene();
  const client = scene.lab.host('client');
  const joinKey = join(scene.folder, 'join.keys');
  const made = join(scene.folder, 'made');
  const card = await buildTestCard(made, ['--hostname', NAME, '--join-key', joinKey]);
  const good = configurationFor(card, scene.lan);
  const bad = `${good}restrict somewhere\n`;
  copyCard(card, scene.disk, bad);
  rmSync(card.image);
  const steps = new Steps('closed card');
  let machine: CardMachine;
  let own = '';

  /** Power, and the first answer after it. */
  const start = async () => {
    const looked = scene.looks.all().length;
    machine = scene.power(card);
    await machine.boot();
    const answer = () =>
      scene.looks
        .all()
        .slice(looked)
        .find((look) => look !== undefined);
    await soon('an answer', SECONDS, answer, () => machine.ask('journalctl -b -n 60 --no-pager'));
    return { shellSeconds: machine.shellSeconds, answerSeconds: machine.seconds };
  };
  const screen = () => machine.ask('cat /run/issue.d/noonmark.issue');
  const inForce = async () => `${await machine.ask('cat /etc/noonmark/ntp.conf')}\n`;
  const failedUnits = () => machine.ask('systemctl --failed --no-legend --plain');
  /** By a program of this folder. */
  const ask = async (program: string, ...words: readonly string[]) => {
    const script = join(projectRoot, 'dist', 'test', 'card', program);
    return (await run(client, [process.execPath, script, ...words], { timeoutSeconds: 60 })).trim();
  };
  const askByKey = (file: string) =>
    soon('an answer to the key', SECONDS, async () => {
      await pause(EVERY_SECONDS);
      const verdict = await ask('keyed-asker.js', CARD_ADDRESS, file, '21');
      return verdict === 'silence' ? undefined : verdict;
    });

  steps.step('a noonmark.conf with a mistake is refused, and it serves with the one before it', async () => {
    const figures = await start();
    const journal = await machine.ask('journalctl -b -o cat -u noonmark-card --no-pager');
    const line = bad.split('\n').length - 1;
    for (const text of [machine.qemu.console, await screen(), journal])
      for (const wanted of [REFUSED, `noonmark.conf:${line}:10: error: `, 'write instead: restrict ADDRESS'])
        assert.ok(text.includes(wanted), `${wanted} is not in\n${text}`);
    assert.is(await inForce(), cardConfigurationOf(card));
    assert.is(await failedUnits(), '');
    return figures;
  });

  steps.step('nobody gets in by SSH, and the screen says so', async () => {
    assert.is((await run(client, [process.execPath, '-e', KNOCK])).trim(), 'ECONNREFUSED');
    const { exitCode, lines } = await machine.run('pidof sshd');
    assert.is(exitCode, 1, lines.join('\n'));
    assert.is(await machine.ask('ls -A /etc/ssh/keys'), '');
    assert.not.match(await machine.ask('systemctl list-sockets --all --no-legend'), /ssh/);
    // Of all that takes connections nothing is for others.
    const listening = (await machine.ask('ss -ltnH')).split('\n');
    for (const text of listening) assert.match(text, /^LISTEN +\d+ +\d+ +127\.0\.0\.\d+\S*:53 /);
    const shown = await screen();
    for (const wanted of [`${NAME}.local`, 'There is no SSH', 'noonmark client-config'])
      assert.ok(shown.includes(wanted), shown);
    assert.not.match(machine.qemu.console, /over SSH|ssh root@/);
    return {};
  });

  steps.step('its name is answered on the LAN, with its address', async () => {
    const seen = () => machine.ask('journalctl -b -u systemd-resolved --no-pager; resolvectl status');
    const answer = await ask('name-asker.js', `${NAME}.local`, client.ipv4);
    assert.is(answer, JSON.stringify([CARD_ADDRESS]), await seen());
    return {};
  });

  steps.step('a client that has the key it was made with gets answers with that key', async () => {
    await machine.until('keys', 'systemctl is-active noonmark-keys', (text) => text === 'active', SECONDS);
    const keysSeconds = machine.seconds;
    const other = scene.files.write('other.keys', newJoinKeys(randomBytes(16)));
    await soon('a daemon that has read them', SECONDS, async () =>
      (await askByKey(joinKey)) === 'authentic' ? true : undefined,
    );
    assert.is(await askByKey(other), 'refused');
    own = await machine.ask(OWN_FILES);
    return { keysSeconds };
  });

  steps.step(
    'noonmark.conf without the mistake is taken over; a damaged state partition is repaired',
    async () => {
      await machine.powerCut();
      putConfiguration(scene.disk, good);
      spoilSuperblock(scene.disk);
      const figures = await start();
      assert.is(await inForce(), good);
      assert.not.match(machine.qemu.console, /refused/);
      for (const text of [machine.qemu.console, await screen()])
        assert.match(text, /was damaged, and is repaired/);
      assert.match(await machine.ask('findmnt -n -o SOURCE,FSTYPE /state'), /^\/dev\/vda3 +ext4$/);
      assert.is(await machine.ask(OWN_FILES), own);
      assert.is(await askByKey(joinKey), 'authentic');
      assert.is(await failedUnits(), '');
      return figures;
    },
  );

  steps.step('without a state partition it says so, and serves from memory', async () => {
    await machine.powerCut();
    dropStatePartition(scene.disk);
    const figures = await start();
    for (const text of [machine.qemu.console, await screen()])
      assert.match(text, /there is no state partition \/dev\/vda3/);
    assert.is(await machine.ask('findmnt -n -o FSTYPE /state'), 'tmpfs');
    assert.is(await inForce(), good);
    assert.is(await failedUnits(), '');
    return figures;
  });

  test.after(() => scene.close());
}

test.run();
