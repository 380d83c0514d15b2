/**
 * The card as an appliance, from power to a LAN that trusts it: it knows nothing, locks, serves clients that prove who it
 * is, loses pulses, receiver and its own daemon, and goes on. Real: kernel, root file system, units, pps-gpio, clock_adjtime,
 * network and clients. Emulated: board, receiver. A second in which this machine was late is left out.
 */
import { execFileSync } from 'node:child_process';
import { testCard } from '../support/card.js';
import { hostWasLate } from '../support/pulses.js';
import { assert, has, test } from '../support/suite.js';
import { armhfDaemon, armhfDisk } from './armhf.js';
import { fetchMaterial, followed, selected, startAutokeyClient, startChronyd } from './clients.js';
import { DaemonKill, RESTART_SECONDS, SERVE_AGAIN_SECONDS } from './daemon-kill.js';
import { errorOf, inGoodSeconds, isSynchronised, type Look, quickest, secondOf } from './looks.js';
import { copyCard } from './machine.js';
import { configurationFor, Scene } from './scene.js';
import { Sky } from './sky.js';
import { Ssh } from './ssh.js';
import { pause, Steps, soon } from './steps.js';
import { TimeScale } from './time-scale.js';

/** How far off the card's clock is set, s, and how fast its oscillator is. */
const WRONG_SECONDS = 0.3;
const FAST = 50e-6;
/** The clock forgets the late pulses of busy minutes in so long at most, by what was served in the newest of it ... */
const FORGET_SECONDS = 240;
const NEWEST_SECONDS = 20;
/** ... and is then looked at. */
const SETTLE_SECONDS = 45;
const ms = (seconds: number) => (seconds * 1e3).toFixed(2);
/** Good seconds that are enough to say something, and how much longer they are waited for, s. */
const ENOUGH = 10;
const PATIENCE_SECONDS = 240;
const ERROR_LIMIT = 0.02;
/** The kernel's frequency may be so far off, ppm: the median of its newest values. */
const FREQUENCY_PPM = 5;
const FREQUENCIES = 15;
/** What was saved while the card was busy may be so far off, ppm. */
const DRIFT_PPM = 40;
const SILENT = /nothing comes from the receiver/;

if (has('the card as an appliance', 'root', 'card', 'qemu', 'peers')) {
  const card = await testCard();
  const scene = new Scene();
  const scale = new TimeScale(FAST);
  const configuration = configurationFor(card, scene.lan);
  copyCard(card, scene.disk, configuration);
  const machine = scene.power(card, {
    processors: 2,
    options: armhfDisk(scene.folder),
  });
  const sky = new Sky(machine, scale);
  const steps = new Steps('appliance');

  const state = () => machine.ask('systemctl show -P StatusText noonmarkd');
  const journal = () => machine.ask('journalctl -b -o short-monotonic -u noonmarkd -n 40 --no-pager');
  /** All that a person would look at. */
  const seen = async () => {
    const { lines } = await machine.run('noonmark status; busybox adjtimex', 120);
    const looks = scene.looks.all().slice(-30);
    const errors = looks.map((look) =>
      look === undefined ? '-' : `${ms(errorOf(look, scale))} (delay ${ms(look.delaySeconds)})`,
    );
    return [`errors, ms: ${errors.join(' ')}`, await state(), ...lines, await journal()].join('\n');
  };
  const said = async (what: string, pattern: RegExp, seconds: number) =>
    soon(
      what,
      seconds,
      async () => (pattern.test(await state()) ? true : undefined),
      async () => `${await state()}\n${await journal()}`,
    );
  const now = () => BigInt(Date.now()) * 1_000_000n;
  /** Looks since then, of seconds in which the host was in time, and how many seconds those were. */
  const good = (fromNs: bigint) => {
    const looks = inGoodSeconds(scene.looks.since(fromNs), sky.records, scale);
    return { looks, seconds: new Set(looks.map((look) => secondOf(look, scale))).size };
  };
  /** `-f` of adjtimex, fractional, with what the tick adds. */
  const kernelClock = async () => {
    const text = await machine.ask('busybox adjtimex');
    const field = (name: string) => Number(new RegExp(`${name}: +(-?\\d+)`).exec(text)?.[1]);
    const tick = Number(/tick: +(\d+) us/.exec(text)?.[1]);
    return {
      frequency: field('freq.adjust') / 65_536e6 + (tick - 10_000) / 10_000,
      isSynchronised: !/UNSYNC/.test(text),
    };
  };

  steps.step('from power to an answer: not synchronised, and it says so', async () => {
    await machine.boot();
    await machine.until('noonmarkd', 'systemctl is-active noonmarkd', (text) => text === 'active', 300);
    const readySeconds = machine.seconds;
    const first = await soon('an answer', 60, () => scene.looks.last(), journal);
    assert.is(first.leap, 3);
    assert.not.equal(first.stratum, 1);
    assert.match(await state(), /not synchronised/);
    assert.is(await machine.ask('systemctl --failed --no-legend --plain'), '');
    assert.is(await machine.ask('cat /sys/class/pps/pps0/name; readlink /dev/pps-gps'), 'pps.-1\npps0');
    assert.is(
      `${await machine.ask('cat /etc/noonmark/ntp.conf')}\n`,
      configuration,
      'noonmark.conf is taken over',
    );
    assert.not.ok((await kernelClock()).isSynchronised);
    await machine.ask('systemctl start --no-block noonmark-wait-synced');
    return { shellSeconds: machine.shellSeconds, readySeconds };
  });

  steps.step(`its clock is ${WRONG_SECONDS * 1e3} ms wrong`, async () => {
    let seen: readonly number[] = [];
    // What it takes until the command has set it.
    let lead = 0;
    const set = async () => {
      const from = now();
      const target = Number(scale.trueNs(process.hrtime.bigint())) / 1e9 + WRONG_SECONDS + lead;
      await machine.ask(`date -u -s @${target.toFixed(3)}`);
      await pause(1.5);
      seen = scene.looks.since(from).map((look) => errorOf(look, scale));
      const last = seen.at(-1);
      if (last !== undefined && Math.abs(last - WRONG_SECONDS) < 0.1) return last;
      lead += last === undefined ? 0 : WRONG_SECONDS - last;
      return undefined;
    };
    const error = await soon('a clock that is wrong', 60, set, () => `it was wrong by ${seen} s`);
    for (const look of scene.looks.all())
      assert.not.ok(isSynchronised(look), 'nothing was served as right so far');
    return { errorMs: error * 1e3 };
  });

  steps.step('satellites and pulses come: it sets its clock, and is a stratum 1', async () => {
    const reached = () => machine.ask('systemctl show -P ActiveState time-sync.target noonmark-wait-synced');
    assert.match(await reached(), /^inactive\s+activating$/, 'what waits for the time still waits');
    sky.hasFix = true;
    sky.startPulses();
    const from = now();
    // Messages alone may set it a second before the first pulse that has a number.
    const locked = (look: Look | undefined) => isSynchronised(look) && look?.refid === 'PPS';
    const first = await soon('stratum 1', 180, () => scene.looks.since(from).find(locked), journal);
    const lockSeconds = Number(first.atNs - from) / 1e9;
    assert.is(first.stratum, 1);
    const steppedMs = Number(/stepped by (-?[\d.]+) ms/.exec(await journal())?.[1]);
    assert.ok(Math.abs(steppedMs + WRONG_SECONDS * 1e3) < 150, `stepped by ${steppedMs} ms`);
    await soon('time-sync.target', 60, async () =>
      /^active\s+active$/.test(await reached()) ? true : undefined,
    );
    return { lockSeconds, steppedMs };
  });

  steps.step('keys are made meanwhile, and the daemon goes on without a new start', async () => {
    await machine.until('keys', 'systemctl is-active noonmark-keys', (text) => text === 'active', 300);
    const madeSeconds = machine.seconds;
    assert.is(
      await machine.ask('find /etc/noonmark/keys /etc/noonmark/authentication.conf -type f ! -perm 600'),
      '',
    );
    assert.is(await machine.ask('systemctl show -P NRestarts noonmarkd'), '0');
    return { madeSeconds };
  });

  steps.step('ntpd 4.2.8p15 and noonmark follow it by Autokey, chronyd by AES-CMAC', async () => {
    const material = await fetchMaterial(machine);
    const { files } = scene;
    const hosts = ['p15', 'noonmark', 'chrony'].map((name) => scene.lab.host(name));
    const [p15, second] = [
      await startAutokeyClient('p15', hosts[0]!, files, material),
      await startAutokeyClient('noonmark', hosts[1]!, files, material),
    ];
    const chronyd = startChronyd(hosts[2]!, files, material);
    const started = process.hrtime.bigint();
    const taken = async (work: Promise<unknown>) => {
      await work;
      return Number(process.hrtime.bigint() - started) / 1e9;
    };
    const [p15Seconds, noonmarkSeconds, chronySeconds] = await Promise.all([
      taken(followed(p15, 240)),
      taken(followed(second, 240)),
      taken(selected(chronyd, 240)),
    ]);
    await Promise.all([p15, second, chronyd].map(({ program }) => program.stop()));
    return { p15Seconds, noonmarkSeconds, chronySeconds };
  });

  steps.step(
    'SSH with the key that the card was made with; the host key is the one on the screen',
    async () => {
      const ssh = new Ssh(scene.lan, scene.files, card.sshKey);
      const text = await ssh.run('noonmark status');
      await ssh.close();
      assert.match(text, /stratum 1/);
      const known = execFileSync('ssh-keygen', ['-l', '-f', ssh.knownHosts], { encoding: 'utf8' });
      const fingerprint = known.split(' ')[1] ?? 'none';
      const screen = machine.qemu.console;
      for (const text of [fingerprint, 'noonmark client-config', 'noonmark time server: noonmark.local'])
        assert.ok(screen.includes(text), `${text} is not on\n${screen}`);
      return {};
    },
  );

  steps.step('its clock is right, by the kernel’s own frequency; doctor finds nothing to mend', async () => {
    // It is taken at leisure, and an emulated board at work keeps its pulses waiting.
    await machine.until(
      'a startup snapshot',
      'systemctl is-active noonmark-snapshot',
      (text) => text === 'active',
      240,
    );
    const snapshotSeconds = machine.seconds;
    const { exitCode, lines } = await machine.run('noonmark doctor', 120);
    assert.is(exitCode, 0, lines.join('\n'));
    machine.qemu.hurry();
    const busyUntil = machine.seconds;
    const medianError = (looks: readonly Look[]) => {
      const errors = quickest(looks).map((look) => Math.abs(errorOf(look, scale)));
      errors.sort((a, b) => a - b);
      return errors[errors.length >> 1] ?? Number.NaN;
    };
    await pause(NEWEST_SECONDS);
    const newest = () => medianError(scene.looks.since(now() - BigInt(NEWEST_SECONDS) * 1_000_000_000n));
    await soon(
      'a clock that has forgotten',
      FORGET_SECONDS,
      () => newest() < ERROR_LIMIT / 2 || undefined,
      async () => `it is wrong by ${newest()} s\n${await seen()}`,
    );
    const forgetSeconds = machine.seconds - busyUntil;
    const from = now();
    const frequencies: number[] = [];
    const waited = () => Number(now() - from) / 1e9;
    const frequency = () => {
      const newest = frequencies.slice(-FREQUENCIES).sort((a, b) => a - b);
      return newest[newest.length >> 1] ?? Number.NaN;
    };
    // While a late pulse is being forgotten, the phase is slewed as well.
    const isRight = () => Math.abs(frequency() + FAST) < FREQUENCY_PPM * 1e-6;
    const isEnough = () => good(from).seconds >= ENOUGH && isRight();
    while (waited() < SETTLE_SECONDS || (!isEnough() && waited() < SETTLE_SECONDS + PATIENCE_SECONDS)) {
      await pause(3);
      frequencies.push((await kernelClock()).frequency);
    }
    machine.qemu.calm();
    const { looks, seconds } = good(from);
    assert.ok(seconds >= ENOUGH, `INCONCLUSIVE: this machine was in time in ${seconds} seconds only`);
    const median = medianError(looks);
    const delays = looks.map(({ delaySeconds }) => delaySeconds).sort((a, b) => a - b);
    assert.ok(median < ERROR_LIMIT, `${median} s\n${await seen()}`);
    assert.ok((await kernelClock()).isSynchronised, 'the kernel is told that its clock is right');
    assert.ok(isRight(), `${frequency() * 1e6} ppm\n${await seen()}`);
    return {
      snapshotSeconds,
      forgetSeconds,
      medianErrorMs: median * 1e3,
      medianDelayMs: (delays[delays.length >> 1] ?? 0) * 1e3,
      frequencyPpm: frequency() * 1e6,
      goodSeconds: seconds,
      pulses: sky.records.length,
      late: sky.records.filter(hostWasLate).length,
    };
  });

  steps.step('the daemon of the 32-bit package passes its self-test on this kernel, and serves', async () => {
    const { architecture, log } = await armhfDaemon(machine);
    assert.is(architecture, 'arm');
    assert.not.match(log, /^\S+ error /m, log);
    return {};
  });

  steps.step('the receiver’s line is cut, and pulses go on: it says so, and serves on', async () => {
    assert.not.match(await machine.ask('noonmark status'), SILENT);
    sky.line = false;
    const from = now();
    const silentSeconds = await soon('a word on the receiver', 60, async () =>
      SILENT.test(await machine.ask('noonmark status')) ? Number(now() - from) / 1e9 : undefined,
    );
    await pause(5);
    const looks = scene.looks.since(from);
    assert.ok(looks.length > 15 && looks.every(isSynchronised), `${looks.length} looks`);
    return { silentSeconds };
  });

  steps.step('pulses stop as well: it serves on, and its dispersion grows', async () => {
    sky.stopPulses();
    await said('holdover', /holdover|coast/, 60);
    // The bound of the last pulses gives way to that of the coast.
    await pause(3);
    const from = now();
    await pause(20);
    const looks = scene.looks.since(from);
    assert.ok(looks.length > 20 && looks.every(isSynchronised), `${looks.length} looks`);
    const dispersions = looks.map(({ rootDispersionSeconds }) => rootDispersionSeconds);
    const [first = 0, last = 0] = [dispersions[0], dispersions.at(-1)];
    assert.ok(last > first, `${first} .. ${last} s`);
    for (const [i, value] of dispersions.entries())
      assert.ok(value >= (dispersions[i - 1] ?? 0) - 2 ** -16, `${dispersions.join(' ')}`);
    return { dispersionMs: last * 1e3, growthPerSecondUs: ((last - first) / 20) * 1e6 };
  });

  steps.step('line and pulses are back: it locks again', async () => {
    sky.line = true;
    sky.startPulses();
    await said('a lock', /PPS locked/, 120);
    const from = now();
    await soon('a small dispersion', 60, () =>
      scene.looks.since(from).some((look) => isSynchronised(look) && look.rootDispersionSeconds < 0.02)
        ? true
        : undefined,
    );
    return {};
  });

  const kill = () => DaemonKill.now(machine, scene.looks, journal);

  steps.step(
    `kill -9 at work: a new daemon within ${RESTART_SECONDS} s serves within ${SERVE_AGAIN_SECONDS} s, and locks`,
    async () => {
      const killed = await kill();
      const serveSeconds = await killed.serveSeconds();
      const lockSeconds = await killed.lockSeconds();
      const restartSeconds = await killed.restartSeconds(1);
      const pid = await machine.ask('systemctl show -P MainPID noonmarkd');
      assert.match(await machine.ask(`tr '\\0' ' ' < /proc/${pid}/cmdline; echo`), / --snapshot-blob /);
      return { restartSeconds, serveSeconds, lockSeconds };
    },
  );

  steps.step('kill -9 without receiver: the new daemon begins with the drift of before', async () => {
    await soon('a drift file', 120, async () =>
      (await machine.run('test -s /var/lib/noonmark/drift')).exitCode === 0 ? true : undefined,
    );
    // Nothing but the file tells the new daemon how fast the clock is.
    sky.line = false;
    sky.stopPulses();
    const saved = Number((await machine.ask('cat /var/lib/noonmark/drift')).split(' ')[0]) * 1e-6;
    const killed = await kill();
    const serveSeconds = await killed.serveSeconds();
    const restartSeconds = await killed.restartSeconds(2);
    const { frequency } = await kernelClock();
    // Late pulses of a card at work look like frequency.
    assert.ok(Math.abs(saved + FAST) < DRIFT_PPM * 1e-6, `${saved} in the drift file`);
    assert.ok(Math.abs(frequency - saved) < 0.1e-6, `${saved} was saved, ${frequency} is in force`);
    return { restartSeconds, serveSeconds, savedPpm: saved * 1e6, driftPpm: frequency * 1e6 };
  });

  test.after(async () => {
    sky.close();
    await scene.close();
  });
}

test.run();
