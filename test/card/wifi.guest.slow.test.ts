/**
 * A card made with --wifi, started: without a radio it serves all the same; once there is one it joins the network it was
 * made for, takes an address and answers there. The radios are the kernel's own simulated ones (mac80211_hwsim), the access
 * point is wpa_supplicant's, with a DHCP server beside it in a namespace of the card.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyCard } from '../appliance/machine.js';
import { configurationFor, Scene } from '../appliance/scene.js';
import { Steps, soon } from '../appliance/steps.js';
import { buildTestCard } from '../support/card.js';
import { assert, has, test } from '../support/suite.js';

const SSID = 'A net, näher';
const PASSWORD = 'correct horse "battery"';
const COUNTRY = 'DE';
/** Of one thing on a slow machine, s. */
const SECONDS = 500;

const hex = (text: string) => Buffer.from(text).toString('hex');
/** The access point's configuration, by wpa_supplicant's own rules: a network's name in hex, a password in quotes. */
const ACCESS_POINT = [
  ...[`country=${COUNTRY}`, 'network={', `ssid=${hex(SSID)}`, 'mode=2', 'frequency=2412', 'proto=RSN'],
  ...['pairwise=CCMP', 'key_mgmt=WPA-PSK', `psk="${PASSWORD}"`, '}'],
];
const DHCP = ['start 10.77.0.50', 'end 10.77.0.60', 'interface wlan1', 'lease_file /run/leases'];
/** Asks the address for the time, and prints how long the answer is. */
const ASK = [
  "const s = require('dgram').createSocket('udp4');",
  "s.on('message', (reply) => { console.log('answered', reply.length); s.close(); });",
  "s.send(Buffer.alloc(48, '23', 'hex').fill(0, 1), 123, process.argv[1]);",
  'setTimeout(() => process.exit(1), 5000).unref();',
].join(' ');
const inFile = (path: string, lines: readonly string[]) =>
  `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > ${path}`;

if (has('Wi-Fi of the card', 'root', 'card')) {
  const scene = new Scene();
  const password = join(scene.folder, 'password');
  writeFileSync(password, `${PASSWORD}\n`);
  const wifi = ['--wifi', SSID, '--wifi-country', COUNTRY, '--wifi-password-file', password];
  const made = join(scene.folder, 'made');
  const card = await buildTestCard(made, wifi);
  copyCard(card, scene.disk, configurationFor(card, scene.lan));
  rmSync(card.image);
  const machine = scene.power(card);
  const steps = new Steps('Wi-Fi');

  steps.step('without a radio the card serves, and nothing waits for one', async () => {
    await machine.boot();
    await machine.until('noonmarkd', 'systemctl is-active noonmarkd', (text) => text === 'active', SECONDS);
    const readySeconds = machine.seconds;
    await soon('an answer', SECONDS, () => scene.looks.last());
    assert.not.match(await machine.ask('systemctl list-jobs --no-legend'), /wlan0/);
    assert.is(await machine.ask('systemctl --failed --no-legend --plain'), '');
    return { readySeconds };
  });

  steps.step('with one it joins its network by itself, takes an address, and answers there', async () => {
    const came = machine.seconds;
    await machine.ask('modprobe mac80211_hwsim radios=2');
    const radio = 'test -e /sys/class/net/wlan1 && echo yes';
    await machine.until('radios', radio, (text) => text === 'yes', SECONDS);
    await machine.ask('ip netns add point && iw phy phy1 set netns name point');
    const inside = 'ip netns exec point';
    const commands = [
      inFile('/run/point.conf', ACCESS_POINT),
      inFile('/run/dhcp.conf', DHCP),
      'touch /run/leases',
      `${inside} ip addr add 10.77.0.1/24 dev wlan1`,
      `${inside} wpa_supplicant -B -i wlan1 -c /run/point.conf`,
      `${inside} busybox udhcpd -S /run/dhcp.conf`,
    ];
    await machine.ask(commands.join(' && '), SECONDS);
    const shown = 'ip -4 -o addr show wlan0';
    const text = await machine.until('an address', shown, (seen) => /inet 10\.77\./.test(seen), SECONDS);
    const joinSeconds = machine.seconds - came;
    const address = /inet ([\d.]+)/.exec(text)?.[1] ?? '';
    const ask = `${inside} node -e "${ASK}" ${address}`;
    await machine.until('an answer', ask, (said) => said === 'answered 48', SECONDS);
    assert.match(await machine.ask('iw dev wlan0 link'), /^Connected to/);
    assert.match(await machine.ask('iw dev wlan0 get power_save'), /off/);
    assert.match(await machine.ask('iw reg get'), new RegExp(`^country ${COUNTRY}`, 'm'));
    assert.is(await machine.ask('stat -c %a /etc/wpa_supplicant/wpa_supplicant-wlan0.conf'), '600');
    assert.is(await machine.ask('systemctl --failed --no-legend --plain'), '');
    return { joinSeconds };
  });

  test.after(() => scene.close());
}

test.run();
